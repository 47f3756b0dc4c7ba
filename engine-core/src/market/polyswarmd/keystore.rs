//! The key that signs, and the keystore file that it comes from.

mod check;

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256, Signature};
use alloy_signer::SignerSync;
use alloy_signer_local::{LocalSignerError, PrivateKeySigner};

/// The largest keystore file that is read; usual ones have 500 bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A key and its account. The key never prints, and leaves only as signatures.
#[derive(Clone)]
pub struct Wallet {
    signer: PrivateKeySigner,
}

impl Wallet {
    /// Decrypts a version 3 keystore file (scrypt or pbkdf2, aes-128-ctr).
    ///
    /// Slow on purpose: the key derivation computes for about a second and may take up to 1 GiB of memory, so call it
    /// on a thread that may block. The file is checked first, and is refused if it asks for more.
    ///
    /// # Errors
    /// [`KeystoreError`], each kind with what to do next. Hostile files are errors too; none panics.
    pub fn open(path: &Path, password: &str) -> Result<Self, KeystoreError> {
        let text = read(path).map_err(|source| KeystoreError::Unreadable { path: path.into(), source })?;
        let invalid = |what| KeystoreError::Invalid { path: path.into(), what };
        let checked = check::check(&text).map_err(invalid)?;
        // The library takes a path. What it gets is not the file, which may have changed, but the checked copy.
        let copy = checked_copy(&checked.json).map_err(|source| KeystoreError::Copy { source })?;
        let signer =
            PrivateKeySigner::decrypt_keystore(copy.path(), password).map_err(|error| match error {
                LocalSignerError::EcdsaError(_) => invalid("what it decrypts to is no key".into()),
                error => KeystoreError::WrongPassword { path: path.into(), source: error.into() },
            })?;
        let wallet = Self { signer };
        match checked.address {
            Some(address) if address != wallet.address() => Err(invalid(format!(
                "it names the account {address}, but holds the key of {}",
                wallet.address()
            ))),
            _ => Ok(wallet),
        }
    }

    /// A key that is known already: for tests. `None` for a number that is no key of the curve: zero, or too large.
    pub fn from_key(key: &B256) -> Option<Self> {
        Some(Self { signer: PrivateKeySigner::from_bytes(key).ok()? })
    }

    /// The account; it prints with its checksum.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Signs a hash: only for what was verified.
    pub(super) fn sign_hash(&self, hash: &B256) -> Result<Signature, alloy_signer::Error> {
        self.signer.sign_hash_sync(hash)
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({})", self.address())
    }
}

fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = String::new();
    if file.take(MAX_BYTES + 1).read_to_string(&mut text)? as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("over {MAX_BYTES} bytes: this is no keystore")));
    }
    Ok(text)
}

/// A file that only we can read, gone when the value is dropped. The key in it is as encrypted as in the original.
fn checked_copy(json: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut copy = tempfile::NamedTempFile::new()?;
    copy.write_all(json.as_bytes())?;
    copy.flush()?;
    Ok(copy)
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The file is not there, cannot be read, is no regular file, or is far too large.
    #[error("cannot read the keystore {}: set --keyfile to a version 3 keystore file that this user may read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no keystore, or one that we do not open.
    #[error("{} is no keystore that can be opened: {what}; export the key again as a version 3 keystore", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The key does not come out right.
    #[error("wrong password for the keystore {} (or it is damaged): check --password-file or PASSWORD", path.display())]
    WrongPassword {
        /// Which file.
        path: PathBuf,
        /// How it was noticed.
        source: crate::BoxError,
    },
    /// There is no place for the checked copy that is decrypted.
    #[error(
        "cannot write a temporary copy of the keystore: set TMPDIR to a folder that this user may write to"
    )]
    Copy {
        /// Why.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests;
