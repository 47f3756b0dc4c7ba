//! The numbers of vulnerabilities in names: `CVE_2017_11882`, `CVE-2021-44228`, `cve2017_8759`.

/// How many digits the year has.
const YEAR: usize = 4;
/// How many digits the number within the year has, at least and at most.
const NUMBER: std::ops::RangeInclusive<usize> = 4..=7;

/// The vulnerability that these words of a name begin with, as `CVE-2017-11882`, and how many of the words that takes.
pub(super) fn cve(words: &[&str]) -> Option<(String, usize)> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = words.split_first()?;
    let (cve, glued) = first.split_at_checked(3)?;
    if !cve.eq_ignore_ascii_case("cve") {
        return None;
    }
    let mut parts = Some(glued).into_iter().chain(rest.iter().copied()).filter(|part| !part.is_empty());
    let year = parts.next()?;
    // Glued together, or in the next word.
    let (year, number, used) = match year.split_at_checked(YEAR)? {
        (year, "") => (year, parts.next()?, if glued.is_empty() { 3 } else { 2 }),
        (year, number) => (year, number, if glued.is_empty() { 2 } else { 1 }),
    };
    let sound = digits(year) && digits(number) && NUMBER.contains(&number.len());
    sound.then(|| (format!("CVE-{year}-{number}"), used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_or_not_at_all() {
        let of = |name: &str| cve(&name.split('_').collect::<Vec<_>>());
        for (name, used) in [
            ("CVE_2017_11882", 3),
            ("cve_2017_11882_Emotet", 3),
            ("CVE2017_11882", 2),
            ("cve_201711882", 2),
            ("CVE201711882_x", 1),
        ] {
            assert_eq!(of(name), Some(("CVE-2017-11882".to_owned(), used)), "{name}");
        }
        for name in [
            "CVE",
            "CVE_2017",
            "CVE_2017_x",
            "CVE_2017_Emotet",
            "CVE_2017_123",
            "CVE_20_1234",
            "cves_2017_1234",
            "CVE_2017_12345678",
            "",
            "ß",
            "ßß",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
