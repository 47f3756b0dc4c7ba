//! Whether a keystore file is one that the decrypting library can be trusted with.
//!
//! The library panics on short vectors and keys, takes any cipher and version, guesses the key derivation from its
//! parameters, and computes whatever it is asked to. So the file is read here, strictly, and written anew from what was
//! checked.

use alloy_primitives::Address;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// scrypt's memory, 128·N·r bytes, is at most 1 GiB.
const MAX_SCRYPT_BLOCKS: u64 = (1 << 30) / 128;
/// scrypt's work, N·r·p, is at most 16 times what wallets ask for.
const MAX_SCRYPT_WORK: u64 = 1 << 25;
/// pbkdf2's rounds, 40 times what wallets ask for.
const MAX_PBKDF2_ROUNDS: u64 = 10_000_000;

/// A keystore that is safe to open.
pub(super) struct Checked {
    /// The same keystore, with what is needed and nothing else.
    pub(super) json: String,
    /// The account that the file names, if it names one.
    pub(super) address: Option<Address>,
}

#[derive(Deserialize)]
struct Keystore {
    version: u64,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
    address: Option<String>,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: Value,
    mac: String,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Deserialize)]
struct Scrypt {
    dklen: u64,
    n: u64,
    r: u64,
    p: u64,
    salt: String,
}

#[derive(Deserialize)]
struct Pbkdf2 {
    dklen: u64,
    c: u64,
    prf: String,
    salt: String,
}

/// Reads a keystore's JSON. The error is what is wrong with it.
pub(super) fn check(text: &str) -> Result<Checked, String> {
    let keystore: Keystore = serde_json::from_str(text).map_err(|e| format!("{:.200}", e.to_string()))?;
    let crypto = &keystore.crypto;
    require(keystore.version == 3, || format!("its version is {}, not 3", keystore.version))?;
    require(crypto.cipher == "aes-128-ctr", || {
        format!("its cipher is {:.40}, not aes-128-ctr", crypto.cipher)
    })?;
    let iv = bytes("iv", &crypto.cipherparams.iv, Some(16))?;
    let ciphertext = bytes("ciphertext", &crypto.ciphertext, Some(32))?;
    let mac = bytes("mac", &crypto.mac, Some(32))?;
    let kdfparams = match crypto.kdf.as_str() {
        "scrypt" => scrypt(&params(&crypto.kdfparams)?)?,
        "pbkdf2" => pbkdf2(&params(&crypto.kdfparams)?)?,
        other => return Err(format!("its key derivation is {other:.40}, neither scrypt nor pbkdf2")),
    };
    let address = keystore.address.as_deref().filter(|text| !text.is_empty()).map(address).transpose()?;
    let json = json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "version": 3,
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": iv },
            "ciphertext": ciphertext,
            "kdf": crypto.kdf,
            "kdfparams": kdfparams,
            "mac": mac,
        },
    });
    Ok(Checked { json: json.to_string(), address })
}

fn scrypt(Scrypt { dklen, n, r, p, salt }: &Scrypt) -> Result<Value, String> {
    check_key_length(*dklen)?;
    require(n.is_power_of_two() && *n > 1, || format!("scrypt's n is {n}, not a power of two over 1"))?;
    require(*r > 0 && *p > 0, || "scrypt's r or p is 0".into())?;
    let blocks = n.checked_mul(*r).filter(|blocks| *blocks <= MAX_SCRYPT_BLOCKS);
    let blocks = blocks.ok_or_else(|| format!("scrypt with n {n} and r {r} takes over 1 GiB"))?;
    let work = blocks.checked_mul(*p).filter(|work| *work <= MAX_SCRYPT_WORK);
    work.ok_or_else(|| format!("scrypt with n {n}, r {r} and p {p} would compute for minutes"))?;
    require(u64::from(n.ilog2()) < r * 16, || format!("scrypt's n is {n}: too large for r {r}"))?;
    Ok(json!({ "dklen": dklen, "n": n, "r": r, "p": p, "salt": bytes("salt", salt, None)? }))
}

fn pbkdf2(Pbkdf2 { dklen, c, prf, salt }: &Pbkdf2) -> Result<Value, String> {
    check_key_length(*dklen)?;
    require(prf == "hmac-sha256", || format!("pbkdf2's prf is {prf:.40}, not hmac-sha256"))?;
    require((1..=MAX_PBKDF2_ROUNDS).contains(c), || {
        format!("pbkdf2's c is {c}, not 1 to {MAX_PBKDF2_ROUNDS}")
    })?;
    Ok(json!({ "dklen": dklen, "c": c, "prf": prf, "salt": bytes("salt", salt, None)? }))
}

/// Its first half encrypts, its second authenticates; the library keeps the length in a byte.
fn check_key_length(dklen: u64) -> Result<(), String> {
    require((32..=255).contains(&dklen), || format!("its dklen is {dklen}, not 32 to 255"))
}

fn params<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|e| format!("its kdfparams: {:.200}", e.to_string()))
}

/// Hex digits of either case, an `0x` before them allowed, as lower case without it.
fn bytes(name: &str, text: &str, length: Option<usize>) -> Result<String, String> {
    let bytes =
        hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|e| format!("its {name}: {e}"))?;
    match length {
        Some(length) if bytes.len() != length => {
            Err(format!("its {name} has {} bytes, not {length}", bytes.len()))
        }
        _ => Ok(hex::encode(bytes)),
    }
}

fn address(text: &str) -> Result<Address, String> {
    let bytes = bytes("address", text, Some(20))?;
    bytes.parse().map_err(|e| format!("its address: {e}"))
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
