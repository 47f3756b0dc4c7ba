//! Which malware family several backends mean, when each has a spelling of its own: pure, by two tables of words.
//!
//! A name such as `Ransom:Win32/WannaCrypt.A!rsm` or `Win.Ransomware.Wanna-9769986-0` is cut into words. Words that say on what, of
//! which sort or how something was found are dropped (`family/generic.txt`), and of families with many names each becomes one
//! (`family/aliases.txt`): both are `WannaCry`. What remains is a family of the table, a word that nobody knows, or a vulnerability.

mod cve;
mod meaning;
mod tables;
mod word;

use engine_core::ScanResult;
use serde_json::{Value, json};

use self::meaning::Meaning;

/// What of a longer name is looked at, and told, in characters.
const LONGEST: usize = 120;

/// A family, and who names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Family<'a> {
    pub(super) name: String,
    /// The backends that name it, in the order of the panel.
    by: Vec<&'a str>,
}

impl<'a> Family<'a> {
    /// What two of these backends or more name: a family of the table before an unknown word, a word before a vulnerability; of
    /// equals what most name. Else what one of them names, the best by the same order. Of equals always the first. If no name tells
    /// more than `Agent`, it is the first name as it is.
    pub(super) fn of(answers: &[(&'a str, &ScanResult)]) -> Option<Self> {
        let named = |(backend, result): &(&'a str, &ScanResult)| {
            let family = result.family.as_deref().filter(|family| !family.is_empty())?;
            let family: String = family.chars().take(LONGEST).collect();
            let meanings = Meaning::all_of(&family);
            Some((*backend, family, meanings))
        };
        let named: Vec<_> = answers.iter().filter_map(named).collect();
        let mut best: Option<(_, Self)> = None;
        for meaning in named.iter().flat_map(|(_, _, meanings)| meanings) {
            let agree =
                named.iter().filter(|(_, _, meanings)| meanings.iter().any(|other| other.same(meaning)));
            let by: Vec<_> = agree.map(|(backend, _, _)| *backend).collect();
            let worth = (by.len() > 1, meaning.rank, by.len());
            if best.as_ref().is_none_or(|(most, _)| worth > *most) {
                best = Some((worth, Self { name: meaning.text.clone(), by }));
            }
        }
        best.map(|(_, family)| family).or_else(|| {
            let (backend, family, _) = named.into_iter().next()?;
            Some(Self { name: family, by: vec![backend] })
        })
    }

    /// `{"basis": "agreed", "by": ["yara", "clamav"]}`
    pub(super) fn told(&self) -> Value {
        json!({ "basis": if self.by.len() > 1 { "agreed" } else { "single source" }, "by": self.by })
    }
}

#[cfg(test)]
mod tests {
    use engine_core::{Confidence, Verdict};

    use super::*;

    fn said(family: &str) -> ScanResult {
        let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
        result.family = Some(family.to_owned());
        result
    }

    /// Backends `a`, `b`, … with these families; an empty one has none. The family, and who names it.
    fn family(families: &[&str]) -> Option<(String, String)> {
        let results: Vec<_> = families.iter().map(|family| said(family)).collect();
        let answers: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().zip(&results).collect();
        let Family { name, by } = Family::of(&answers)?;
        Some((name, by.join("")))
    }

    #[test]
    fn agreed_or_of_a_single_source() {
        for (families, name, by) in [
            // the same in several spellings
            (&["Emotet", "emotet"][..], "Emotet", "ab"),
            (&["Emotet", "Heodo"], "Emotet", "ab"),
            (&["Ransom:Win32/WannaCrypt.A!rsm", "Win.Ransomware.Wanna-9769986-0"], "WannaCry", "ab"),
            (&["Cobalt Strike", "Win.Tool.CobaltStrike-1"], "CobaltStrike", "ab"),
            (&["EICAR_Test_File", "Eicar", "Eicar-Signature"], "Eicar", "abc"),
            (&["Mirai_Botnet", "Unix.Trojan.Mirai-7669677-0"], "Mirai", "ab"),
            (&["shortbread", "SHORTBREAD.B"], "shortbread", "ab"),
            // most of them, not the first
            (&["Zbot", "Emotet", "TrickBot", "emotet"], "Emotet", "bd"),
            (&["Zbot", "Emotet", "emotet", "Zeus"], "Zbot", "ad"),
            // one only, or each another
            (&["Emotet"], "Emotet", "a"),
            (&["", "Win.Trojan.Shortbread-123-0"], "Shortbread", "b"),
            (&["Zbot", "Emotet"], "Zbot", "a"),
            (&["Foo-Bar"], "Foo-Bar", "a"),
            (&["Win.Malware.Foo-Bar-1-0"], "Foo-Bar", "a"),
            (&["Win.Ransomware.7ev3n-1"], "7ev3n", "a"),
            // a word of sort is no name, so the other's counts, and two do not agree by it
            (&["Trojan.Generic", "Shortbread"], "Shortbread", "b"),
            (&["Trojan.Agent", "Win.Trojan.Agent-1"], "Trojan.Agent", "a"),
            (&["Trojan.Zbot", "Trojan.Emotet"], "Zbot", "a"),
            (&["12345"], "12345", "a"),
            (&["..."], "...", "a"),
        ] {
            assert_eq!(family(families), Some((name.to_owned(), by.to_owned())), "{families:?}");
        }
        assert_eq!(family(&[]), None);
        assert_eq!(family(&["", ""]), None);
    }

    /// What an only source's name comes to.
    #[test]
    fn alone() {
        for (name, family) in [
            // as ClamAV names them
            ("Win.Trojan.Shortbread-123-0", "Shortbread"),
            ("Eicar-Test-Signature", "Eicar"),
            ("Win.Test.EICAR_HDB-1", "Eicar"),
            ("Win.Ransomware.WannaCry-6313787-0", "WannaCry"),
            ("Win.Packed.Zusy-9765432-0", "Zusy"),
            ("Unix.Trojan.Mirai-123", "Mirai"),
            ("Doc.Dropper.Agent-1", "Doc.Dropper.Agent-1"),
            ("Win.Exploit.CVE_2017_11882-6398283-0", "CVE-2017-11882"),
            ("Java.Exploit.CVE_2021_44228-9914600-1", "CVE-2021-44228"),
            ("{HEX}php.cmdshell.c99.344", "C99"),
            // as other vendors do
            ("Ransom:Win32/WannaCrypt.A!rsm", "WannaCry"),
            ("HEUR:Trojan-Ransom.Win32.Shortbread.gen", "Shortbread"),
            ("Exploit.MSOffice.CVE-2017-11882.gen", "CVE-2017-11882"),
            ("a variant of Win32/Shortbread.B", "Shortbread"),
            ("Gen:Variant.Shortbread.12", "Shortbread"),
            ("W32-Shortbread", "Shortbread"),
            // as YARA rules are named
            ("EICAR_Test_File", "Eicar"),
            ("Win_Trojan_Shortbread", "Shortbread"),
            ("MALW_Shortbread", "Shortbread"),
            ("win_donut_auto", "donut"),
            ("win_formbook_auto", "FormBook"),
            ("APT_Lazarus_Keylogger", "Lazarus"),
            ("APT28_Keylogger", "APT28"),
            ("APT_Cobalt_Group", "Cobalt"),
            ("HKTL_Cobalt_Strike_Beacon", "CobaltStrike"),
            ("hacktool_windows_mimikatz_modules", "Mimikatz"),
            ("Windows_Trojan_Donut_f40e3759", "Donut"),
            ("Shortbread_Apr17_2", "Shortbread"),
            ("MALW_Shortbread_Gen2", "Shortbread"),
            ("APT_Big_Sugar_Loaf_v10", "Sugar_Loaf"),
            ("CVE_2017_11882_Emotet", "Emotet"),
            ("CVE_2015_1701_Taihou", "Taihou"),
            ("rtf_cve2017_11882_ole", "CVE-2017-11882"),
            ("exploit_cve", "exploit_cve"),
        ] {
            assert_eq!(Family::of(&[("a", &said(name))]).unwrap().name, family, "{name}");
        }
    }

    /// Words that name no family do not make two names agree, nor hide that they do.
    #[test]
    fn only_families_agree() {
        for (families, name, by) in [
            (&["APT_Turla", "Win.Trojan.Turla-1", "APT_Lazarus"][..], "Turla", "ab"),
            (&["win_donut_auto", "win_formbook_auto"], "FormBook", "b"),
            (&["Emotet_Jan20", "Shortbread_Jan20"], "Emotet", "a"),
            (&["Shortbread_Jan20", "Gingerbread_Jan20"], "Shortbread", "a"),
            (
                &["Windows_Trojan_CobaltStrike_ee756db7", "Windows_Trojan_Metasploit_ee756db7"],
                "CobaltStrike",
                "a",
            ),
            (&["Html.Phishing.Bank-12", "Bank_of_x"], "Html.Phishing.Bank-12", "a"),
            (&["Mal_Http_EXE", "Html.Http.Foo-1"], "Foo", "b"),
            (&["Microsoft_Office_Macro", "Doc.Macro.Microsoft-1"], "Microsoft_Office_Macro", "a"),
            (&["APT_Cobalt_Group", "Win.Trojan.CobaltStrike-1"], "CobaltStrike", "b"),
            (&["Petya_GoldenEye", "NotPetya"], "Petya", "a"),
            // a family of the table is all that a name with one means
            (&["Emotet_Sugar", "TrickBot_Sugar"], "Emotet", "a"),
            (&["Sugar_Emotet", "Sugar", "Heodo"], "Emotet", "ac"),
            // and stands before a word that more agree on, but not alone
            (&["Sugar", "Emotet", "Sugar.B", "Heodo", "Sugar.C"], "Emotet", "bd"),
            (&["Emotet", "Sugar", "Sugar.B"], "Sugar", "bc"),
            // words that are joined stay so if all agree on them
            (&["Sugar_Loaf", "Win.Trojan.Sugar-Loaf-1-0"], "Sugar_Loaf", "ab"),
            (&["Sugar_Loaf", "Trojan.SugarLoaf"], "Sugar_Loaf", "ab"),
            (&["Sugar_Loaf", "Win.Trojan.Loaf-1"], "Loaf", "ab"),
        ] {
            assert_eq!(family(families), Some((name.to_owned(), by.to_owned())), "{families:?}");
        }
    }

    #[test]
    fn a_vulnerability_agrees_with_the_same_only_and_stands_behind_a_family() {
        for (families, name, by) in [
            (
                &["Exploit_CVE_2021_44228", "Java.Exploit.CVE_2021_44228-9914600-1"][..],
                "CVE-2021-44228",
                "ab",
            ),
            (&["Win.Exploit.CVE_2017_11882-6398283-0", "CVE_2017_8759"], "CVE-2017-11882", "a"),
            (&["CVE_2017_11882_Emotet", "Win.Exploit.CVE_2017_8759-1", "Emotet"], "Emotet", "ac"),
            (&["CVE_2017_11882_Emotet", "Win.Exploit.CVE_2017_11882-1"], "Emotet", "a"),
            (&["CVE_2017_11882_Sugar", "Win.Exploit.CVE_2017_11882-1", "Sugar"], "Sugar", "ac"),
            (&["CVE_2017_11882_Sugar", "Win.Exploit.CVE_2017_11882-1"], "CVE-2017-11882", "ab"),
            (&["CVE_2017_11882", "Sugar"], "Sugar", "b"),
        ] {
            assert_eq!(family(families), Some((name.to_owned(), by.to_owned())), "{families:?}");
        }
    }

    #[test]
    fn long_and_odd_names_are_names() {
        for name in ["a".repeat(100_000), "x.".repeat(50_000), "\u{1F9A0}".repeat(1000), "ß/Ω-1".to_owned()]
        {
            assert!(family(&[&name, &name]).is_some());
        }
    }
}
