//! A signature's name: what it says of the malware, and whether it is a verdict at all.

use engine_core::{Confidence, ErrorKind, Finding, ScanError, ScanResult, Verdict};

/// What a signature of a database that ClamAV's makers did not sign has at its end.
const UNOFFICIAL: &str = ".UNOFFICIAL";

/// First parts of a name that say on what, or from whom, but not which.
const PREFIXES: [&str; 46] = [
    "andr",
    "archive",
    "asp",
    "clean",
    "com",
    "csc",
    "doc",
    "docx",
    "dos",
    "email",
    "emf",
    "gif",
    "heuristics",
    "html",
    "hwp",
    "img",
    "ios",
    "java",
    "js",
    "legacy",
    "linux",
    "lnk",
    "mail",
    "mp4",
    "multios",
    "ole2",
    "osx",
    "pdf",
    "php",
    "ppt",
    "pua",
    "py",
    "rat",
    "rtf",
    "sanesecurity",
    "securiteinfo",
    "swf",
    "test",
    "tiff",
    "txt",
    "unix",
    "vbs",
    "win",
    "xls",
    "xml",
    "yara",
];

/// Second parts of a name: the sort of malware.
const CATEGORIES: [&str; 34] = [
    "adware",
    "backdoor",
    "coinminer",
    "countermeasure",
    "downloader",
    "dropper",
    "exploit",
    "file",
    "filetype",
    "infostealer",
    "ircbot",
    "joke",
    "keylogger",
    "loader",
    "macro",
    "malware",
    "packed",
    "packer",
    "phish",
    "phishing",
    "proxy",
    "ransomware",
    "revoked",
    "rootkit",
    "script",
    "spyware",
    "stealer",
    "tool",
    "tojan",
    "trojan",
    "virtool",
    "virus",
    "webshell",
    "worm",
];

/// A signature's name as ClamAV's makers write it: `Win.Trojan.Emotet-123-0`, without `.UNOFFICIAL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
}

impl Signature {
    /// Takes a name as a scanner reported it.
    pub fn new(reported: &str) -> Self {
        Self { name: reported.strip_suffix(UNOFFICIAL).unwrap_or(reported).to_owned() }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it stands for a potentially unwanted application: often legitimate, so not a sure sign of malice.
    pub fn is_pua(&self) -> bool {
        self.name.starts_with("PUA.")
    }

    /// The malware family, if the name holds one: `Emotet` of `Win.Trojan.Emotet-123-0`.
    ///
    /// The first part that is neither a platform, nor a sort of malware, nor a number, without the numbers at its end. If all
    /// parts are of these sorts, the last sort of malware is all that is known.
    pub fn family(&self) -> Option<String> {
        if self.name.to_ascii_lowercase().contains("eicar") {
            return Some("Eicar".to_owned());
        }
        // Names such as `{HEX}php.cmdshell.unclassed.344` say in braces how the signature works.
        let name = match self.name.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((_, name)) => name,
            None => &self.name,
        };
        let words: Vec<&str> = name
            .split('.')
            .map(without_numbers)
            .filter(|word| word.chars().any(char::is_alphabetic))
            .collect();
        let known = |list: &[&str], word: &str| list.contains(&word.to_ascii_lowercase().as_str());
        let telling = words.iter().find(|word| !known(&PREFIXES, word) && !known(&CATEGORIES, word));
        telling.or_else(|| words.iter().rfind(|word| known(&CATEGORIES, word))).map(|word| (*word).to_owned())
    }

    /// What a scan came to in which this signature fired.
    ///
    /// # Errors
    ///
    /// Two sorts of names are no verdicts but remarks that ClamAV could not look into the artifact:
    /// `Heuristics.Limits.Exceeded.…` is `limit_exceeded`, `Heuristics.Encrypted.…` is `encrypted`.
    pub fn verdict(&self) -> Result<ScanResult, ScanError> {
        let name = &self.name;
        if name.starts_with("Heuristics.Limits.Exceeded") {
            let message = format!(
                "ClamAV stopped at a limit ({name}); raise the limit, or unpack it and scan the parts"
            );
            return Err(ScanError::new(ErrorKind::LimitExceeded, message));
        }
        if name.starts_with("Heuristics.Encrypted") {
            let message =
                format!("something in it is encrypted ({name}); decrypt it and scan what comes out");
            return Err(ScanError::new(ErrorKind::Encrypted, message));
        }
        let confidence = if self.is_pua() { Confidence::percent(60) } else { Confidence::ONE };
        let mut result = ScanResult::new(Verdict::Malicious, confidence);
        result.family = self.family();
        result.findings = vec![Finding::new(name)];
        Ok(result)
    }
}

/// The word without `-123-0`, `_1` and the like at its end.
fn without_numbers(word: &str) -> &str {
    let mut word = word;
    while let Some((rest, tail)) = word.rsplit_once(['-', '_']) {
        if tail.is_empty() || !tail.bytes().all(|byte| byte.is_ascii_digit()) || rest.is_empty() {
            break;
        }
        // `CVE_2021_44228` is a name, not a name with numbers behind it.
        if rest.to_ascii_uppercase().starts_with("CVE") && !word.contains('-') {
            break;
        }
        word = rest;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families() {
        for (name, family) in [
            ("Win.Trojan.Emotet-123-0", Some("Emotet")),
            ("Win.Trojan.Marzipan-42-0.UNOFFICIAL", Some("Marzipan")),
            ("Win.Ransomware.7ev3n-1", Some("7ev3n")),
            ("Win.Malware.Foo-Bar-1-0", Some("Foo-Bar")),
            ("Win.Trojan.Agent.Gen-1", Some("Agent")),
            ("Unix.Trojan.Mirai-7669677-0", Some("Mirai")),
            ("Html.Exploit.CVE_2021_44228-1", Some("CVE_2021_44228")),
            ("Doc.Downloader.Emotet-7580152-0", Some("Emotet")),
            ("PUA.Win.Packer.Upx-4", Some("Upx")),
            ("PUA.Win.Trojan-1", Some("Trojan")),
            ("Test.Eicar.Body-1", Some("Eicar")),
            ("Eicar-Signature", Some("Eicar")),
            ("Eicar-Test-Signature", Some("Eicar")),
            ("Win.Test.EICAR_HDB-1", Some("Eicar")),
            ("{HEX}EICAR.TEST.3.UNOFFICIAL", Some("Eicar")),
            ("{HEX}php.cmdshell.unclassed.344", Some("cmdshell")),
            ("YARA.Mirai_Botnet.UNOFFICIAL", Some("Mirai_Botnet")),
            ("Heuristics.Phishing.Email.SpoofedDomain", Some("SpoofedDomain")),
            ("Heuristics.Phishing.Email", Some("Phishing")),
            ("Sanesecurity.Malware.12345.JsHeur", Some("JsHeur")),
            ("Test.Synthetic.B", Some("Synthetic")),
            ("Win.Trojan.12345-1", Some("Trojan")),
            ("W32-Foo", Some("W32-Foo")),
            ("123", None),
            ("...", None),
            ("{", None),
            ("{HEX}", None),
            ("-1", None),
        ] {
            assert_eq!(Signature::new(name).family().as_deref(), family, "{name}");
        }
    }

    #[test]
    fn limits_and_encryption_are_no_verdicts() {
        for (name, kind) in [
            ("Heuristics.Limits.Exceeded.MaxFileSize", ErrorKind::LimitExceeded),
            ("Heuristics.Limits.Exceeded.MaxRecursion.UNOFFICIAL", ErrorKind::LimitExceeded),
            ("Heuristics.Encrypted.Zip", ErrorKind::Encrypted),
            ("Heuristics.Encrypted.PDF", ErrorKind::Encrypted),
        ] {
            assert_eq!(Signature::new(name).verdict().map_err(|error| error.kind), Err(kind), "{name}");
        }
    }

    #[test]
    fn unwanted_applications_are_less_sure() {
        let sure = |name| Signature::new(name).verdict().unwrap();
        assert_eq!(sure("PUA.Win.Tool.X-1").confidence, Confidence::percent(60));
        let found = sure("Win.Trojan.Emotet-123-0.UNOFFICIAL");
        assert_eq!((found.verdict, found.confidence), (Verdict::Malicious, Confidence::ONE));
        assert_eq!(found.findings, [Finding::new("Win.Trojan.Emotet-123-0")]);
        assert_eq!(sure("Heuristics.Phishing.Email.SpoofedDomain").verdict, Verdict::Malicious);
    }
}
