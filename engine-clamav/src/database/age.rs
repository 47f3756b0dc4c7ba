//! How old a database is: from what clamd says of it, or from its files. No clock in here; now is an argument.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use engine_core::scanner::About;

/// What a signed database file begins with: a header of 512 bytes, fields between colons.
const MAGIC: &[u8] = b"ClamAV-VDB:";
const HEADER: u64 = 512;
/// Which field of the header is the database's number, and which the time it was built, in seconds since 1970.
const NUMBER: usize = 2;
const BUILT: usize = 8;
const DAY: Duration = Duration::from_secs(86_400);

/// What is known of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// What it consists of, in words: `27000`, or `daily.cvd 27000, main.cvd 62, own.ndb`.
    pub(crate) what: String,
    /// When its daily part was built, or else the newest of its parts; of one without a date in it, when its newest file was changed.
    pub(crate) made: Option<SystemTime>,
}

impl Release {
    /// Reads what clamd says of its database: `27000/Tue Sep  8 07:23:06 2026`, in the daemon's local time, which is taken for UTC.
    pub(crate) fn told(signatures: &str) -> Self {
        let (what, date) = signatures.split_once('/').unwrap_or((signatures, ""));
        Self { what: what.to_owned(), made: httpdate::parse_http_date(date.trim()).ok() }
    }

    /// Looks at the files of a database folder.
    ///
    /// # Errors
    ///
    /// When the folder or a file in it cannot be read.
    pub(crate) fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for path in super::files(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, header(&path)?, fs::metadata(&path)?.modified()?));
        }
        // What others add to the folder may be of today while what ClamAV renews every day is not.
        let daily = |name: &str| name == "daily.cvd" || name == "daily.cld";
        let built =
            files.iter().filter_map(|(name, header, _)| header.map(|(_, built)| (daily(name), built)));
        let built = built.max().map(|(_, built)| built);
        let changed = || files.iter().map(|(_, _, changed)| *changed).max();
        let shown = files.iter().map(|(name, header, _)| match header {
            Some((number, _)) => format!("{name} {number}"),
            None => name.clone(),
        });
        Ok(Self { what: shown.collect::<Vec<_>>().join(", "), made: built.or_else(changed) })
    }

    /// Adds what is known to a description, and a warning if the database is older than `limit`; a limit of zero is none.
    pub(crate) fn tell(&self, about: About, now: SystemTime, limit: Duration) -> About {
        let about = about.fact("signatures", &self.what);
        let Some(made) = self.made else {
            return about.fact("age", "not known, no official database is loaded");
        };
        // A clock may be behind.
        let age = now.duration_since(made).unwrap_or_default();
        let about = about.fact("date", httpdate::fmt_http_date(made)).fact("age", days(age));
        if limit.is_zero() || age <= limit {
            return about;
        }
        let (age, limit) = (days(age), days(limit));
        about.warning(format!(
            "the signatures are {age} old, over {limit}: run freshclam (--database-max-age sets when this is said)"
        ))
    }
}

/// The number and the time of a database file that has a header.
fn header(path: &Path) -> io::Result<Option<(u64, SystemTime)>> {
    let mut header = Vec::new();
    File::open(path)?.take(HEADER).read_to_end(&mut header)?;
    if !header.starts_with(MAGIC) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&header);
    let field = |place| text.split(':').nth(place).and_then(|field: &str| field.trim().parse::<u64>().ok());
    let built = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    Ok(field(NUMBER).zip(field(BUILT).and_then(built)))
}

fn days(age: Duration) -> String {
    match age.as_secs() / DAY.as_secs() {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn what_clamd_says() {
        for (told, what, made) in [
            ("27000/Tue Sep  8 07:23:06 2026", "27000", Some(at(1_788_852_186))),
            ("25912/Fri Aug 28 13:19:15 2020", "25912", Some(at(1_598_620_755))),
            ("unversioned", "unversioned", None),
            ("1/today", "1", None),
            ("", "", None),
            ("/", "", None),
        ] {
            assert_eq!(Release::told(told), Release { what: what.to_owned(), made }, "{told}");
        }
    }

    #[test]
    fn what_the_files_say() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(Release::of_folder(folder.path()).unwrap(), Release::default());
        write("own.ndb", "x");
        let own = Release::of_folder(folder.path()).unwrap();
        assert!(own.what == "own.ndb" && own.made.is_some(), "{own:?}");

        let header = |number: u64, built: u64| {
            format!("ClamAV-VDB:16 Sep 2021 08-32 -0400:{number}:1933820:90:a:b:raynman:{built:<400}")
        };
        write("daily.cld", &header(26295, 1_631_795_562));
        write("main.cvd", &header(62, 1_631_795_000));
        // Newer, and not what counts.
        write("added.cvd", &header(1, 1_731_795_000));
        // Cut, and nonsense: files like any other.
        write("cut.cvd", "ClamAV-VDB:16 Sep 2021");
        write("odd.cvd", "ClamAV-VDB:a:b:c:d:e:f:g:18446744073709551615");
        fs::create_dir(folder.path().join("tmp")).unwrap();
        let made = Some(at(1_631_795_562));
        let what = "added.cvd 1, cut.cvd, daily.cld 26295, main.cvd 62, odd.cvd, own.ndb".to_owned();
        assert_eq!(Release::of_folder(folder.path()).unwrap(), Release { what, made });
        assert!(Release::of_folder(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn old_is_told_and_the_future_is_not() {
        let tell = |made, days: u64, limit: u64| {
            let release = Release { what: "1".to_owned(), made: Some(at(made)) };
            let about = release.tell(
                About::new("x"),
                at(made) + DAY * u32::try_from(days).unwrap(),
                DAY * limit as u32,
            );
            (about.facts[2].1.clone(), about.warnings)
        };
        assert_eq!(tell(0, 0, 7), ("less than a day".to_owned(), vec![]));
        assert_eq!(tell(0, 7, 7), ("7 days".to_owned(), vec![]));
        let (age, warnings) = tell(0, 8, 7);
        assert_eq!(age, "8 days");
        assert!(warnings[0].contains("8 days old, over 7 days: run freshclam"), "{warnings:?}");
        assert_eq!(tell(0, 1000, 0).1, Vec::<String>::new(), "no limit");
        let tomorrow = Release { what: String::new(), made: Some(at(86_400)) };
        assert!(tomorrow.tell(About::new("x"), at(0), DAY).warnings.is_empty());
        let unknown = Release::told("unversioned").tell(About::new("x"), at(0), DAY);
        assert_eq!((unknown.facts.len(), unknown.warnings.len()), (2, 0));
    }
}
