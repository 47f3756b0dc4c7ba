//! What is sent to clamd: bytes out, no I/O.
//!
//! Commands begin with `z`, so that the reply ends with a NUL and not with a newline, which names may hold.

/// Asks for clamd's version and that of its signatures.
pub(super) const VERSION: &[u8] = b"zVERSION\0";
/// Announces an artifact, which follows in [`chunks`].
pub(super) const INSTREAM: &[u8] = b"zINSTREAM\0";

/// A chunk's length has four bytes.
const LONGEST: usize = u32::MAX as usize;

/// An artifact cut for INSTREAM: each piece behind its length, and a length of zero at the end.
///
/// The pieces are as long as they may be: clamd compares a length with its limit before it reads on, so that one which is too
/// large is refused at its first bytes.
pub(super) fn chunks(artifact: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    cut(artifact, LONGEST)
}

fn cut(artifact: &[u8], longest: usize) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let end: &[u8] = &[];
    artifact.chunks(longest).chain([end]).map(|piece| {
        // Never saturates: a piece has at most `LONGEST` bytes.
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        (length.to_be_bytes(), piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(artifact: &[u8], longest: usize) -> Vec<u8> {
        cut(artifact, longest).flat_map(|(length, piece)| [&length, piece].concat()).collect()
    }

    #[test]
    fn pieces_stand_behind_their_lengths() {
        assert_eq!(bytes(b"", 4), b"\0\0\0\0");
        assert_eq!(bytes(b"abcd", 4), b"\0\0\0\x04abcd\0\0\0\0");
        assert_eq!(bytes(b"abcde", 4), b"\0\0\0\x04abcd\0\0\0\x01e\0\0\0\0");
        assert_eq!(chunks(&[0; 9]).next(), Some(([0, 0, 0, 9], &[0; 9][..])));
    }
}
