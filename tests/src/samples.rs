//! Things to scan, made at run time: none of them may lie in the repository or in a program, where a virus scanner would find it.

use std::{
    fs,
    io::{self, Cursor, Write},
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use zip::{CompressionMethod, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// The EICAR test file, 68 bytes: harmless, and called malicious by every scanner.
pub fn eicar() -> Vec<u8> {
    let backwards = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X";
    std::hint::black_box(backwards).iter().rev().copied().collect()
}

/// Our own made-up malware, which only [`database`] knows, as `Win.Trojan.Marzipan-42-0`.
pub fn marzipan() -> Vec<u8> {
    b"xx MARZIPAN-SYNTHETIC-BODY yy".to_vec()
}

/// Nothing to find.
pub fn clean() -> Vec<u8> {
    b"nothing to see here\n".to_vec()
}

/// Bytes that look like nothing in particular and do not compress.
pub fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut noise: Vec<u8> = std::iter::repeat_with(&mut next).take(size.div_ceil(8)).flatten().collect();
    noise.truncate(size);
    noise
}

/// A zip archive with one file in it, not compressed.
pub fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let write = || -> ZipResult<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
        Ok(writer.finish()?.into_inner())
    };
    // Writing to memory does not fail.
    write().unwrap_or_default()
}

/// Bytes in a zip in a zip and so on.
pub fn nested_zip(bytes: &[u8], depth: usize) -> Vec<u8> {
    (0..depth).fold(bytes.to_vec(), |inner, _| zip("inner.zip", &inner))
}

/// A zip archive with a text under a password (made with Debian's zip, traditional encryption).
pub fn encrypted_zip() -> Vec<u8> {
    let base64 = "UEsDBAoACQAAABqXeF0HENLPIgAAABYAAAAFAAAAYS50eHSdRrdDNWmJ+4zQGU6pxm7U2bTLa/nHXTiXukLEdcEBYrHnUEsHCAcQ0s8i\
                  AAAAFgAAAFBLAQIeAwoACQAAABqXeF0HENLPIgAAABYAAAAFAAAAAAAAAAEAAACkgQAAAABhLnR4dFBLBQYAAAAAAQABADMAAABVAAAA\
                  AAA=";
    BASE64_STANDARD.decode(base64).unwrap_or_default()
}

/// Writes a ClamAV database of our own into a folder: EICAR as `Test.Eicar.Body-1`, [`marzipan`] as `Win.Trojan.Marzipan-42-0`.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn database(folder: &Path) -> io::Result<()> {
    // At the beginning of a file only, as EICAR is defined; so it is not seen from outside an archive that does not compress it.
    let eicar = format!("Test.Eicar.Body-1:0:0:{}\n", hex::encode(eicar()));
    fs::write(folder.join("own.ndb"), eicar + &marzipan_signature())
}

/// The same without EICAR, for scanners that have to be given a self-test file.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn database_without_eicar(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("own.ndb"), marzipan_signature())
}

fn marzipan_signature() -> String {
    format!("Win.Trojan.Marzipan-42-0:0:*:{}\n", hex::encode("MARZIPAN-SYNTHETIC-BODY"))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn eicar_is_eicar() {
        let sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
        assert_eq!(hex::encode(Sha256::digest(eicar())), sha256);
    }

    #[test]
    fn samples_are_what_they_say() {
        assert!(zip("a", b"x").starts_with(b"PK\x03\x04"));
        assert!(encrypted_zip().starts_with(b"PK\x03\x04"));
        assert_eq!(noise(13).len(), 13);
        assert_eq!(noise(1 << 20), noise(1 << 20));
        assert!(nested_zip(&eicar(), 3).windows(68).any(|part| part == eicar()), "stored, so still readable");
    }
}
