//! What a word of a name is: a family everybody knows, a word that may be one, a vulnerability, or no name at all.

use super::{
    cve::cve,
    tables::{alias, is_generic},
};

/// Shorter words say too little to be a name.
const SHORTEST: usize = 3;
/// A digest, or the beginning of one, has so many hexadecimal digits or more.
const DIGEST: usize = 6;
/// What the numbers of actors follow: `APT28`, `FIN7`, `TA505`, `UNC2452`. They name no family, but somebody.
const ACTORS: [&str; 4] = ["apt", "fin", "ta", "unc"];

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It stands for the family of this common name.
    Known(&'static str),
    /// Nobody knows it, so it may be a family's name.
    Name,
    /// A vulnerability: `CVE-2017-11882`.
    Cve(String),
    /// Sort, platform, tool, number, date, version or digest.
    Nothing,
}

impl Word {
    /// Looks at the beginning of these words of letters and digits; how many of them it takes up.
    ///
    /// Some write in two words what others write in one: `Cobalt Strike`.
    pub(super) fn first_of(words: &[&str]) -> (Self, usize) {
        if let Some((cve, used)) = cve(words) {
            return (Self::Cve(cve), used);
        }
        match words {
            [one, other, ..] if let Some(family) = alias(&format!("{one}{other}")) => {
                (Self::Known(family), 2)
            }
            [one, ..] => (Self::of(one), 1),
            [] => (Self::Nothing, 0),
        }
    }

    /// Looks at one word, which is no vulnerability.
    fn of(word: &str) -> Self {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        match alias(word).or_else(|| alias(bare)) {
            Some(family) => Self::Known(family),
            None if is_actor(word, bare) => Self::Name,
            None if is_nothing(word, bare) => Self::Nothing,
            None => Self::Name,
        }
    }
}

/// `bare` is the word without digits at its end.
fn is_actor(word: &str, bare: &str) -> bool {
    bare.len() < word.len() && ACTORS.iter().any(|actor| actor.eq_ignore_ascii_case(bare))
}

/// Whether it is a number (`7669677`), a version (`v10b`), a digest (`ee756db7`), a generic word, perhaps with a number (`gen3`,
/// `Apr17`), or too short.
fn is_nothing(word: &str, bare: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().count() - letters;
    let hex = word.len() >= DIGEST && digits > 0 && word.chars().all(|c| c.is_ascii_hexdigit());
    let version =
        word.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    digits > letters
        || bare.chars().count() < SHORTEST
        || hex
        || version
        || is_generic(word)
        || is_generic(bare.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_or_a_name_or_nothing() {
        for (words, is) in [
            ("Emotet heodo HEODO emotet4", Word::Known("Emotet")),
            ("c99 C99shell", Word::Known("C99")),
            ("Shortbread 7ev3n Turla Sofacy APT28 fin7 TA505 UNC2452 facade decaf deadbeef 3CX", Word::Name),
            // sort, platform, tool
            ("Win Win32 win64 Trojan APT HKTL webshell Microsoft auto for of Http Bank apt", Word::Nothing),
            // dates, counters and versions
            ("Apr17 Jan20 17Apr 2017Jan July gen gen3 js2 sample12 v2 v10 V1x v098b rc4 md5", Word::Nothing),
            // digests and numbers
            ("ee756db7 f40e3759 2f6e81bc abcde1 9914600 0 a A1 x ß", Word::Nothing),
            // a cipher, not the other name of Maze
            ("ChaCha20", Word::Name),
        ] {
            for word in words.split(' ') {
                assert_eq!(Word::of(word), is, "{word}");
            }
        }
        for (words, is) in [
            (&["Cobalt", "strike", "x"][..], (Word::Known("CobaltStrike"), 2)),
            (&["Cobalt", "Group"], (Word::Name, 1)),
            (&["CVE", "2017", "8759", "x"], (Word::Cve("CVE-2017-8759".to_owned()), 3)),
            (&["cve", "8759"], (Word::Nothing, 1)),
            (&[], (Word::Nothing, 0)),
        ] {
            assert_eq!(Word::first_of(words), is, "{words:?}");
        }
    }
}
