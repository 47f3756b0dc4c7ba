use std::fs;

use serde_json::{Value, json};

use super::*;

/// A throw-away key (4646…46) under the password `password`.
fn keystore() -> Value {
    json!({
        "address": "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f",
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "f4bb0222d0db0bc9be3de7a32493d612" },
            "ciphertext": "ce7905cb687fe29f86a9a970d8078ceaa8178da409ec2f2ed2889b1714106f45",
            "kdf": "pbkdf2",
            "kdfparams": { "c": 10, "dklen": 32, "prf": "hmac-sha256", "salt": "f46e13bad95f689fd01e25905a4aa45e" },
            "mac": "732b28d8c47e636c797cdda8d1e89c6aa16bd7bec7981dec1545c69f8ef93431"
        },
        "version": 3
    })
}

fn open_text(text: impl AsRef<[u8]>, password: &str) -> Result<Wallet, KeystoreError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    Wallet::open(file.path(), password)
}

/// The keystore with the member at a JSON pointer's place set, or taken out.
fn with(place: &str, value: Option<Value>) -> String {
    let mut whole = keystore();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent = whole.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.into(), value),
        None => parent.remove(name),
    };
    whole.to_string()
}

#[test]
fn a_keystore_opens_as_people_write_it() {
    let account = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
    let mut capital = keystore();
    let crypto = capital.as_object_mut().unwrap().remove("crypto").unwrap();
    capital["Crypto"] = crypto;
    for text in [
        keystore().to_string(),
        with("/address", None),
        with("/address", Some(json!(""))),
        with("/address", Some(json!(account))),
        with("/id", Some(json!("any text"))),
        with("/crypto/cipherparams/iv", Some(json!("0xF4BB0222D0DB0BC9BE3DE7A32493D612"))),
        capital.to_string(),
    ] {
        let wallet = open_text(&text, "password").unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(wallet.address().to_string(), account);
    }
}

#[test]
fn hostile_keystores_are_refused_with_what_is_wrong() {
    let scrypt = |n: u64, r: u64, p: u64| {
        let mut whole = keystore();
        whole["crypto"]["kdf"] = json!("scrypt");
        whole["crypto"]["kdfparams"] = json!({ "dklen": 32, "n": n, "r": r, "p": p, "salt": "00" });
        whole.to_string()
    };
    for (text, what) in [
        (String::new(), "EOF"),
        ("[]".into(), "invalid"),
        ("null".into(), "invalid"),
        ("{}".into(), "missing field"),
        ("[".repeat(60_000), "invalid"),
        (with("/crypto", Some(json!(3))), "invalid type"),
        (with("/crypto/kdfparams", Some(json!([]))), "kdfparams"),
        (with("/version", Some(json!(1))), "version is 1"),
        (with("/version", Some(json!("3"))), "invalid type"),
        (with("/crypto/cipher", Some(json!("aes-128-cbc"))), "aes-128-cbc"),
        (with("/crypto/cipherparams/iv", Some(json!(""))), "iv has 0 bytes"),
        (with("/crypto/cipherparams/iv", Some(json!("f4bb0222d0db0bc9be3de7a32493d6"))), "iv has 15 bytes"),
        (with("/crypto/cipherparams/iv", Some(json!("zz"))), "iv"),
        (with("/crypto/ciphertext", Some(json!("ce79"))), "ciphertext has 2 bytes"),
        (with("/crypto/ciphertext", Some(json!("00".repeat(33)))), "ciphertext has 33 bytes"),
        (with("/crypto/mac", Some(json!("00"))), "mac has 1 bytes"),
        (with("/crypto/kdf", Some(json!("argon2"))), "argon2"),
        (with("/crypto/kdf", Some(json!("scrypt"))), "kdfparams"),
        (with("/crypto/kdfparams/dklen", Some(json!(8))), "dklen is 8"),
        (with("/crypto/kdfparams/dklen", Some(json!(16))), "dklen is 16"),
        (with("/crypto/kdfparams/dklen", Some(json!(256))), "dklen is 256"),
        (with("/crypto/kdfparams/dklen", Some(json!(-1))), "kdfparams"),
        (with("/crypto/kdfparams/c", Some(json!(0))), "c is 0"),
        (with("/crypto/kdfparams/c", Some(json!(10_000_001))), "c is 10000001"),
        (with("/crypto/kdfparams/prf", Some(json!("hmac-sha1"))), "hmac-sha1"),
        (with("/crypto/kdfparams/salt", Some(json!("0"))), "salt"),
        (scrypt(0, 8, 1), "n is 0"),
        (scrypt(1, 8, 1), "n is 1"),
        (scrypt(3, 8, 1), "n is 3"),
        (scrypt(2, 0, 1), "r or p"),
        (scrypt(2, 1, 0), "r or p"),
        (scrypt(1 << 21, 8, 1), "1 GiB"),
        (scrypt(1 << 63, u64::MAX, 1), "1 GiB"),
        (scrypt(2, 1, u64::MAX), "minutes"),
        (scrypt(1 << 18, 8, 64), "minutes"),
        (scrypt(1 << 16, 1, 1), "too large for r"),
        (with("/address", Some(json!("9d8a"))), "address has 2 bytes"),
        (
            with("/address", Some(json!("19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"))),
            "holds the key of 0x9d8A",
        ),
    ] {
        match open_text(&text, "password") {
            Err(KeystoreError::Invalid { what: told, .. }) => assert!(told.contains(what), "{what}: {told}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_text_no_file_or_too_large_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    for error in [
        open_text([0xff, 0xfe], "password"),
        open_text(" ".repeat(65 * 1024), "password"),
        Wallet::open(folder.path(), "password"),
        Wallet::open(&folder.path().join("none"), "password"),
    ] {
        assert!(matches!(error, Err(KeystoreError::Unreadable { .. })), "{error:?}");
    }
}

#[test]
fn a_wrong_password_says_where_passwords_come_from() {
    let error = open_text(keystore().to_string(), "guess").unwrap_err();
    assert!(matches!(error, KeystoreError::WrongPassword { .. }), "{error:?}");
    let told = error.to_string();
    assert!(
        told.contains("--password-file") && told.contains("PASSWORD") && !told.contains("guess"),
        "{told}"
    );
}

#[test]
fn the_key_does_not_print() {
    let wallet = open_text(keystore().to_string(), "password").unwrap();
    let printed = format!("{wallet:?}");
    assert!(printed.contains("0x9d8A") && !printed.contains("4646"), "{printed}");
}
