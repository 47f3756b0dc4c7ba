//! Which texts can name artifacts on the node. They come from strangers and end up in a request's path.

/// Base58 text of 1 to 99 characters (an IPFS hash), or 64 hex digits that are not all zero (a SHA-256).
pub(super) fn names_artifacts(uri: &str) -> bool {
    is_base58(uri) || is_sha256(uri)
}

fn is_base58(uri: &str) -> bool {
    let in_alphabet = |b: u8| b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l');
    (1..100).contains(&uri.len()) && uri.bytes().all(in_alphabet)
}

fn is_sha256(uri: &str) -> bool {
    uri.len() == 64 && uri.bytes().all(|b| b.is_ascii_hexdigit()) && uri.bytes().any(|b| b != b'0')
}

#[cfg(test)]
mod tests {
    use super::names_artifacts;

    #[test]
    fn nothing_else_than_letters_and_digits_passes() {
        for bad in ["", "../etc/passwd", "a/b", "a?b", "a%2fb", "a b", "é", "0x12"] {
            assert!(!names_artifacts(bad), "{bad}");
        }
        assert!(!names_artifacts(&"0".repeat(64)));
        assert!(!names_artifacts(&"z".repeat(100)));
        assert!(names_artifacts(&"z".repeat(99)));
        assert!(names_artifacts(&"0F".repeat(32)));
    }
}
