//! Settings from flags, file and defaults; those from variables are in `cli`.

use std::{fs, path::PathBuf};

use clap::Command;
use engine_core::settings::{Origin, Section, Settings, SettingsError, Sources, Table, add_flags};
use serde::Deserialize;

/// One of each shape.
#[derive(Debug, PartialEq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shapes {
    #[arg(long, default_value_t = 7)]
    number: u16,
    #[arg(long)]
    maybe: Option<f64>,
    #[arg(long)]
    switch: bool,
    #[arg(long)]
    many: Vec<PathBuf>,
    #[arg(long, value_delimiter = ',', default_value = "a,b")]
    names: Vec<String>,
    #[arg(long, hide_env_values = true)]
    hidden: Option<String>,
    #[arg(long, num_args = 2, value_names = ["FIRST", "SECOND"], allow_hyphen_values = true)]
    #[serde(deserialize_with = "pairs")]
    pair: Vec<String>,
}

/// As clap has them: all words in a row.
fn pairs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let pairs = Vec::<Vec<String>>::deserialize(deserializer)?;
    let all_are_pairs = pairs.iter().all(|pair| pair.len() == 2);
    all_are_pairs.then(|| pairs.concat()).ok_or_else(|| serde::de::Error::custom("not two words"))
}

impl Section for Shapes {
    const TABLE: &'static str = "shapes";
}

#[derive(Debug, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    #[arg(long, default_value = "here")]
    place: String,
}

impl Section for Other {
    const TABLE: &'static str = "other";
}

/// A table that is in the file only.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    side: Inner,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    id: u64,
}

fn load(args: &[&str], file: Option<&str>) -> Result<Sources, SettingsError> {
    let all = [<(Shapes, Other)>::tables(), vec![Table::file_only("nested", "")]].concat();
    let here = Shapes::tables();
    let command = add_flags(Command::new("test").no_binary_name(true), &here);
    let matches = command.try_get_matches_from(args).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    fs::write(&path, file.unwrap_or_default()).unwrap();
    Sources::load(&here, &all, &matches, file.map(|_| path.as_path()))
}

fn origin(sources: &Sources, key: &str) -> Origin {
    sources.list().into_iter().find(|setting| setting.key == key).unwrap().origin
}

#[test]
fn defaults_are_claps() {
    let (shapes, other) = <(Shapes, Other)>::read(&load(&[], None).unwrap()).unwrap();
    let wanted = Shapes {
        number: 7,
        maybe: None,
        switch: false,
        many: Vec::new(),
        names: vec!["a".into(), "b".into()],
        hidden: None,
        pair: Vec::new(),
    };
    assert_eq!((shapes, other.place.as_str()), (wanted, "here"));
}

#[test]
fn every_shape_reads_the_same_from_flags_and_file() {
    let flags =
        ["--number=8", "--maybe=0.5", "--switch", "--many=x", "--many=y z", "--names=c,d", "--hidden=h"];
    let file = "[shapes]\nnumber = 8\nmaybe = 0.5\nswitch = true\nmany = ['x', 'y z']\nnames = ['c', 'd']\nhidden = 'h'";
    let from_flags: Shapes = load(&flags, None).unwrap().section().unwrap();
    let from_file: Shapes = load(&[], Some(file)).unwrap().section().unwrap();
    assert_eq!(from_flags, from_file);
    assert_eq!(from_file.many, [PathBuf::from("x"), PathBuf::from("y z")]);
    // A flag wins over the whole list, and leaves the file its other settings.
    let both: Shapes = load(&["--many=z"], Some(file)).unwrap().section().unwrap();
    assert_eq!((both.many, both.number), (vec![PathBuf::from("z")], 8));
    let one: Shapes = load(&[], Some("[shapes]\nmany = 'x'")).unwrap().section().unwrap();
    assert_eq!(one.many, [PathBuf::from("x")]);
}

#[test]
fn a_value_may_be_several_words() {
    let file = "[shapes]\npair = [['a', 'b c'], ['-d', 5]]";
    let flags = ["--pair", "a", "b c", "--pair", "-d", "5"];
    for sources in [load(&flags, None), load(&[], Some(file))] {
        let sources = sources.unwrap();
        assert_eq!(sources.section::<Shapes>().unwrap().pair, ["a", "b c", "-d", "5"]);
        let shown = sources.list().into_iter().find(|setting| setting.key == "pair").unwrap().value;
        assert_eq!(shown.as_deref(), Some("a 'b c', -d 5"));
    }
    let one = load(&[], Some("[shapes]\npair = ['a', 'b']")).unwrap().section::<Shapes>().unwrap();
    assert_eq!(one.pair, ["a", "b"]);
    for wrong in ["'a b'", "['a']", "[['a', 'b', 'c']]"] {
        let read = load(&[], Some(&format!("[shapes]\npair = {wrong}"))).unwrap().section::<Shapes>();
        assert!(read.unwrap_err().to_string().contains("[shapes] pair"), "{wrong}");
    }
}

#[test]
fn origins_and_masks() {
    let sources =
        load(&["--hidden=secret", "--number=1"], Some("[shapes]\nmaybe = 1.0\nnumber = 2")).unwrap();
    assert_eq!(origin(&sources, "number"), Origin::Flag("--number".into()));
    assert!(matches!(origin(&sources, "maybe"), Origin::File(_)));
    assert_eq!(origin(&sources, "switch"), Origin::Default);
    let shown = format!("{:?}", sources.list());
    assert!(!shown.contains("secret") && shown.contains("********"), "{shown}");
}

#[test]
fn every_value_changes_the_digest_of_its_table_secret_or_not() {
    let digest = |args: &[&str], file| {
        load(args, file)
            .unwrap()
            .digest(&[<(Shapes, Other)>::tables(), vec![Table::file_only("nested", "")]].concat())
    };
    let plain = digest(&[], None);
    assert_eq!((plain.len(), digest(&[], None)), (64, plain.clone()));
    let mut all = vec![plain];
    all.extend(
        ["--hidden=a", "--hidden=b", "--switch", "--many=a, b", "--maybe=0"]
            .map(|flag| digest(&[flag], None)),
    );
    all.push(digest(&["--many=a", "--many=b"], None));
    all.extend(
        ["[nested.side]\nid = 3", "[nested.side]\nid = 4", "[other]\nplace = 'there'"]
            .map(|file| digest(&[], Some(file))),
    );
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    let only = |args: &[&str]| load(args, None).unwrap().digest(&Other::tables());
    assert_eq!(only(&["--switch"]), only(&[]), "another table's");
}

#[test]
fn a_table_without_flags_is_checked_by_its_type() {
    let sources = load(&[], Some("[nested.side]\nid = 3")).unwrap();
    assert_eq!(sources.file_table("nested").unwrap(), Some(Nested { side: Inner { id: 3 } }));
    assert_eq!(load(&[], None).unwrap().file_table::<Nested>("nested").unwrap(), None);
    let wrong =
        load(&[], Some("[nested.side]\nidd = 3")).unwrap().file_table::<Nested>("nested").unwrap_err();
    let told = format!("{wrong}: {}", std::error::Error::source(&wrong).unwrap());
    assert!(told.contains("idd"), "{told}");
}

#[test]
fn a_path_that_is_not_text_is_refused() {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let here = Shapes::tables();
        let command = add_flags(Command::new("test").no_binary_name(true), &here);
        let matches = command.get_matches_from(["--many".into(), std::ffi::OsString::from_vec(vec![0xff])]);
        let error = Sources::load(&here, &here, &matches, None).unwrap_err();
        assert!(error.to_string().contains("`many` (flag --many) is not UTF-8"), "{error}");
    }
}
