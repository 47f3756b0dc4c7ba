//! What `scan --help` says below the options: examples, and what the files look like that it reads.

/// The text, with the program's name in the examples.
pub(super) fn text(program: &str) -> String {
    TEXT.replace("PROGRAM", program)
}

const TEXT: &str = "\
Examples:
  PROGRAM scan ~/Downloads
  PROGRAM scan --all --progress always /srv/mail
  PROGRAM scan --format jsonl --threads 4 /srv/mail > results.jsonl
  PROGRAM scan --format sarif --allow allow.toml src > results.sarif
  PROGRAM scan --cache ~/.cache/scan --quiet /srv
  PROGRAM scan --fail-on malicious --max-size 1G --timeout 5m big.iso
  find . -newer mark -print0 | PROGRAM scan --scan-list -
  curl -s https://example.org/file | PROGRAM scan -

Exit codes: 0 everything scanned and nothing malicious, 1 something malicious (even if something failed),
2 nothing malicious but something was not scanned, or only by some of the backends; or it could not start.
--fail-on says what counts: incomplete, as above; malicious, 1 as above and else 0; never, always 0. With each, what
cannot start or is interrupted (also while it starts) before it found anything ends with 2.

--allow reads entries like these. An allowed hit is still printed, as suppressed, and does not count for the exit code.
  [[allow]]
  sha256 = \"64 hex digits\"        # these bytes, whatever fires on them
  reason = \"our own test file\"
  [[allow]]
  rule = \"yara/powershell\"        # or the rule's name alone, of any backend
  path = \"docs/**/*.md\"           # * stays within a folder, ** does not
  reason = \"examples in the manual\"
  expires = 2027-01-31            # its last day; afterwards the hit counts again
Paths are matched as printed, without ./ in front; those with .. match nothing. A file is suppressed only if every rule
that makes it malicious is allowed; a clamd names only one.

--scan-list: a byte order mark in front of the list and a carriage return behind a line may be part of a name or not.
Each reading that is there is scanned; if none is, the line is reported as it was written. A list with NUL bytes is
taken byte for byte. In a list, - is a file's name; a path - beside --scan-list - is an error.

--cache keeps results in a folder of its own (mode 0700, about a kilobyte a file; what nobody asks for in 30 days is
removed), which is new or empty at first. It had better not lie within what is scanned. Results are found again for the
same bytes under the same name while the program, the engine's settings and every backend's version and signatures are
the same; failures are never kept. The engine still starts, to know its signatures. A change that no version tells is
not seen: of a program of yours whose hello stays the same, of a clamd's configuration or of signatures beside its
official ones. Then remove the folder.";
