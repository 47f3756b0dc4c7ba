//! The bar.

use std::{
    fs::{self, File},
    io::Read,
    process::{Command, Stdio},
};

use rustix::{fs::OFlags, pty};

use super::{command, eicar, folder, run};

#[test]
fn without_a_terminal_it_is_lines_and_only_if_asked_for() {
    let folder = folder(&[("a", b"hello"), ("b", b"world"), ("c", &eicar())]);
    for (when, lines) in [("always", 1), ("auto", 0), ("never", 0)] {
        let ran = run(folder.path(), &["scan", "--quiet", "--progress", when, "a", "b", "c"]);
        assert_eq!(ran.out, "c: malicious (1.00) word\n");
        assert_eq!(ran.err.lines().count(), lines, "{when}: {ran:?}");
        if lines > 0 {
            assert!(ran.err.starts_with("progress: 3 of 3") && ran.err.contains(" files/s, "), "{ran:?}");
            assert!(ran.err.contains(" MB/s"), "{ran:?}");
        }
    }
}

/// Both outputs of a program on one terminal, as the terminal gets them.
fn on_a_terminal(mut command: Command) -> String {
    let master = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&master).unwrap();
    pty::unlockpt(&master).unwrap();
    let name = pty::ptsname(&master, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = File::from(rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty()).unwrap());
    command.stdout(terminal.try_clone().unwrap()).stderr(Stdio::from(terminal));
    let mut child = command.spawn().unwrap();
    // The command holds the terminal open too; without it, the end of the program is the end of what can be read.
    drop(command);
    let mut seen = Vec::new();
    let _ = File::from(master).read_to_end(&mut seen);
    child.wait().unwrap();
    String::from_utf8(seen).unwrap()
}

/// Text without colours and other escapes.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or_default();
    }
    plain + rest
}

#[test]
fn on_a_terminal_lines_are_not_torn_by_the_bar() {
    let folder = folder(&[]);
    for i in 0..200 {
        fs::write(folder.path().join(format!("{i:03}")), eicar()).unwrap();
    }
    let mut scan = command(folder.path(), &["scan", "--threads", "2", "."]);
    scan.env("TERM", "xterm");
    let seen = on_a_terminal(scan).replace("\r\n", "\n");
    assert!(seen.contains("files/s"), "a bar was drawn: {seen:?}");
    // What is left on each line once the bar has been wiped off it.
    let left: Vec<String> = seen
        .lines()
        .map(|line| plain(line.rsplit("\u{1b}[2K").next().unwrap_or(line)))
        .map(|line| line.rsplit('\r').next().unwrap_or(&line).to_owned())
        .collect();
    let wanted: Vec<String> = (0..200).map(|i| format!("./{i:03}: malicious (1.00) word")).collect();
    let (summary, lines) = left.split_last().unwrap();
    assert_eq!(lines, wanted);
    assert!(summary.starts_with("200 files, "), "{summary:?}");

    let mut never = command(folder.path(), &["scan", "--progress", "never", "."]);
    never.env("TERM", "xterm");
    assert!(!on_a_terminal(never).contains("files/s"));
}
