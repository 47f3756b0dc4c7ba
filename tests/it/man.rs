//! The manual pages of each engine, as the programs that read manual pages see them.

use std::{fs, path::Path, process::Command};

use crate::help::{ENGINES, commands, installed, prints, run};

/// The pages of an engine, written by itself.
fn pages(engine: &str, folder: &Path) -> Vec<String> {
    prints(engine, &["man", "--out", folder.to_str().unwrap()]);
    let mut pages: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    let mut wanted: Vec<_> = commands(engine).iter().map(|command| format!("{engine}-{command}.1")).collect();
    wanted.push(format!("{engine}.1"));
    wanted.sort();
    assert_eq!(pages, wanted);
    pages
}

#[test]
fn pages_are_sound_and_have_all_sections() {
    for engine in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        for page in pages(engine, folder.path()) {
            let path = folder.path().join(&page);
            let text = fs::read_to_string(&path).unwrap();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "\"EXIT STATUS\"", "\"SEE ALSO\""]
            {
                assert!(text.lines().any(|line| line == format!(".SH {section}")), "{page} has no {section}");
            }
            if installed("mandoc") {
                let output =
                    Command::new("mandoc").args(["-Tlint", "-Wwarning"]).arg(&path).output().unwrap();
                let told = String::from_utf8(output.stdout).unwrap();
                // Pages have no date, so that they are the same whenever they are made.
                let wrong: Vec<_> = told.lines().filter(|line| !line.contains("missing date")).collect();
                assert!(wrong.is_empty(), "{page}: {wrong:?}");
            }
            if installed("lexgrog") {
                let output = Command::new("lexgrog").arg(&path).output().unwrap();
                let told = String::from_utf8(output.stdout).unwrap();
                let name = page.strip_suffix(".1").unwrap();
                assert!(output.status.success() && told.contains(&format!("\"{name} - ")), "{page}: {told}");
            }
        }
    }
}

#[test]
fn one_page_is_printed_and_an_unknown_one_is_refused() {
    let of_scan = prints("engine-yara", &["man", "scan"]);
    assert!(of_scan.contains(".TH \"ENGINE-YARA-SCAN\" \"1\""), "{of_scan}");
    // What is indented below the options stays as it is, line by line.
    assert!(of_scan.contains("\n.nf\n[[allow]]\nsha256 = "), "{of_scan}");
    assert_eq!(of_scan.matches(".SH NOTES").count(), 1, "{of_scan}");
    assert!(prints("engine-yara", &["man"]).contains(".TH \"ENGINE-YARA\" \"1\""));
    let output = run("engine-yara", &["man", "scna"], &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(told.contains("no command `scna`") && told.contains("check"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = run("engine-yara", &["man", "--out", file.to_str().unwrap()], &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(told.contains(file.to_str().unwrap()), "{told}");
}
