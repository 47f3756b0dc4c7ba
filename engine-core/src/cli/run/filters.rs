//! The options `--filter` and `--confidence`: four words each, and what became of them in older scripts.

use serde::{Deserialize, Deserializer, de};

use crate::{
    BoxError,
    bounty::filter::{BountyFilter, ConfidenceModifier, Filter, FilterError, Filters},
};

/// How many words a filter has.
const WORDS: usize = 4;

/// An option's words that make no filter.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionError {
    #[error("--{option} {} cannot be used", words.join(" "))]
    Filter { option: &'static str, words: Vec<String>, source: FilterError },
    #[error("--{option} {} begins with neither `{yes}` nor `{no}`", words.join(" "))]
    First { option: &'static str, words: Vec<String>, yes: &'static str, no: &'static str },
}

/// Reads arrays of four words into one list of all their words, as clap has it too.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let filters = Vec::<Vec<String>>::deserialize(deserializer)?;
    match filters.iter().find(|words| words.len() != WORDS) {
        Some(words) => {
            let message = format_args!(
                "expected four words, such as reject filesize > 1000000, not `{}`",
                words.join(" ")
            );
            Err(de::Error::custom(message))
        }
        None => Ok(filters.into_iter().flatten().collect()),
    }
}

/// The filters of all four options.
pub(super) fn filters(
    filter: &[String],
    confidence: &[String],
    accept: &[String],
    exclude: &[String],
) -> Result<Filters, BoxError> {
    let (mut accepted, mut rejected) = sorted("filter", ["accept", "reject"], filter)?;
    let (favored, penalized) = sorted("confidence", ["favor", "penalize"], confidence)?;
    accepted.extend(older("accept", accept)?);
    rejected.extend(older("exclude", exclude)?);
    Ok(Filters {
        bounties: BountyFilter::new(accepted, rejected),
        confidence: ConfidenceModifier::new(favored, penalized),
    })
}

/// The filters of one option by their first word.
fn sorted(
    option: &'static str,
    [yes, no]: [&'static str; 2],
    words: &[String],
) -> Result<(Vec<Filter>, Vec<Filter>), OptionError> {
    let (mut yeses, mut noes) = (Vec::new(), Vec::new());
    let (filters, _) = words.as_chunks::<WORDS>();
    for words @ [first, key, comparison, value] in filters {
        let list = match first.as_str() {
            first if first == yes => &mut yeses,
            first if first == no => &mut noes,
            _ => return Err(OptionError::First { option, words: words.to_vec(), yes, no }),
        };
        let filter = Filter::new(key, comparison, value).map_err(|source| OptionError::Filter {
            option,
            words: words.to_vec(),
            source,
        })?;
        if filter.is_vain() {
            tracing::warn!(
                option,
                key,
                comparison,
                value,
                "this filter never matches: its value is no number"
            );
        }
        list.push(filter);
    }
    Ok((yeses, noes))
}

/// The filters of an option of older scripts.
fn older(option: &'static str, texts: &[String]) -> Result<Vec<Filter>, OptionError> {
    if !texts.is_empty() {
        let instead =
            if option == "accept" { "--filter accept KEY == VALUE" } else { "--filter reject KEY == VALUE" };
        tracing::warn!(option, instead, "this option is deprecated");
    }
    let filter = |text: &String| {
        Filter::equal(text).map_err(|source| OptionError::Filter {
            option,
            words: vec![text.clone()],
            source,
        })
    };
    texts.iter().map(filter).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        cli::{exit, run::RunSettings},
        settings::{Sources, Table, add_flags},
    };

    fn read(args: &[&str], file: &str) -> Result<Filters, BoxError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.toml");
        std::fs::write(&path, file).unwrap();
        let tables = [Table::of::<RunSettings>()];
        let command = add_flags(clap::Command::new("test").no_binary_name(true), &tables);
        let matches = command.try_get_matches_from(args).unwrap();
        Sources::load(&tables, &tables, &matches, Some(&path))?.section::<RunSettings>()?.filters()
    }

    #[test]
    fn flags_and_file_say_the_same() {
        let flags = [
            "--filter",
            "accept",
            "filesize",
            "<",
            "100",
            "--filter",
            "reject",
            "filename",
            "regex",
            r"\.txt$",
            "--filter",
            "reject",
            "filename",
            "startswith",
            "-",
            "--exclude",
            "mimetype:a:b",
        ];
        let file = r#"
            [run]
            filter = [["accept", "filesize", "lt", 100], ["reject", "filename", "regex", '\.txt$'], ["reject", "filename", "startswith", "-"]]
            exclude = "mimetype:a:b"
        "#;
        for filters in [read(&flags, ""), read(&[], file)] {
            let filters = filters.unwrap();
            for (metadata, allowed) in [
                (json!({ "filesize": 99 }), true),
                (json!({ "filesize": 100 }), false),
                (json!({ "filesize": 1, "filename": "a.txt" }), false),
                (json!({ "filesize": 1, "filename": "-a" }), false),
                (json!({ "filesize": 1, "mimetype": "a:b" }), false),
                (json!({}), false),
            ] {
                assert_eq!(filters.bounties.is_allowed(metadata.as_object().unwrap()), allowed, "{metadata}");
            }
        }
        let both = read(&["--accept", "a:1", "--confidence", "favor", "a", "==", "1"], "").unwrap();
        let metadata = json!({ "a": 1 });
        let after = both.confidence.modify(crate::Confidence::HALF, metadata.as_object().unwrap());
        assert_eq!(after.get(), 0.6);
    }

    #[test]
    fn words_that_are_no_filter_are_named() {
        for (args, says) in [
            (
                &["--filter", "take", "a", "==", "b"][..],
                "--filter take a == b begins with neither `accept` nor `reject`",
            ),
            (&["--filter", "accept", "a", "=>", "b"], "there is no comparison `=>`"),
            (
                &["--confidence", "favor", "a", "regex", "("],
                "--confidence favor a regex ( cannot be used: `(` is no regular",
            ),
            (&["--accept", "a"], "`a` is not KEY:VALUE"),
        ] {
            let error = exit::chain(read(args, "").unwrap_err().as_ref());
            assert!(error.contains(says), "{error}");
        }
        let error = exit::chain(read(&[], "[run]\nfilter = [['accept', 'a', 'b']]").unwrap_err().as_ref());
        assert!(error.contains("[run] filter") && error.contains("expected four words"), "{error}");
    }
}
