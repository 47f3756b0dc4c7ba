use alloy_primitives::{Address, U256, keccak256};
use engine_core::bounty::commitment::{Commitment, Secret, bits_to_int, int_to_bits};
use serde::Deserialize;

use crate::vectors::cases;

#[derive(Deserialize)]
struct Committed {
    account: String,
    verdicts: Vec<bool>,
    verdicts_int: String,
    nonce: String,
    nonce_bytes32_hex: String,
    keccak_nonce_hex: String,
    preimage_hex: String,
    commitment: String,
    commitment_hex: String,
    contract_would_accept_nonce: bool,
}

#[test]
fn vectors_commitment_are_equal() {
    for case in cases::<Committed>("commitment.json") {
        let account: Address = case.account.parse().unwrap();
        assert_eq!(bits_to_int(&case.verdicts).unwrap().to_string(), case.verdicts_int);
        let secret = case.nonce.parse::<Secret>();
        // The one secret that the contract refuses is also the one that we do.
        assert_eq!(secret.is_ok(), case.contract_would_accept_nonce, "{}", case.nonce);
        let Ok(secret) = secret else { continue };
        let commitment = Commitment::new(account, &case.verdicts, secret).unwrap();
        assert_eq!(commitment.to_string(), case.commitment);
        assert_eq!(case.commitment.parse(), Ok(commitment));
        assert_eq!(format!("{:064x}", commitment.to_int()), case.commitment_hex);
        // The steps between, so that a wrong one is found by name.
        assert_eq!(format!("{:064x}", secret.reveal()), case.nonce_bytes32_hex);
        let hash = |text: &str| hex::encode(keccak256(hex::decode(text).unwrap()));
        assert_eq!(hash(&case.nonce_bytes32_hex), case.keccak_nonce_hex);
        assert_eq!(hash(&case.preimage_hex), case.commitment_hex);
    }
}

#[derive(Deserialize)]
struct ToInt {
    bools: Vec<bool>,
    int: String,
}

#[test]
fn vectors_bool_list_to_int_are_equal() {
    for case in cases::<ToInt>("bool_list_to_int.json") {
        assert_eq!(bits_to_int(&case.bools).unwrap().to_string(), case.int);
    }
}

#[derive(Deserialize)]
struct ToBits {
    int: String,
    expected_size: usize,
    client_bools: Vec<bool>,
    polyswarmd_bools: Vec<bool>,
}

#[test]
fn vectors_int_to_bool_list_are_equal() {
    for case in cases::<ToBits>("int_to_bool_list.json") {
        let bits = int_to_bits(case.int.parse::<U256>().unwrap(), case.expected_size);
        assert_eq!(bits, case.client_bools, "{}", case.int);
        assert_eq!(bits, case.polyswarmd_bools, "{}", case.int);
    }
}
