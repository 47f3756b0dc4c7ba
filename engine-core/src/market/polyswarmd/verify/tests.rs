use alloy_primitives::address;

use super::*;
use crate::{
    bounty::{
        Assertion,
        commitment::{Commitment, Secret},
    },
    units::{Guid, Nct},
};

const TOKEN: Address = address!("2A2cEDE7598F91240068714fD83E449b19853Cb9");
const REGISTRY: Address = address!("21262bF29FF08691C8A72bc6f22F791996E1891F");
const THIEF: Address = address!("d143eD6591c0F11c3b9e279bC4A5932958caaC08");
/// No version 4 UUID: every one of its 128 bits counts.
const GUID: Guid = Guid(uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
const FEE: Nct = Nct(5);

fn assertion() -> Assertion {
    let secret: Secret = "7".parse().unwrap();
    let verdicts = vec![true, false, false];
    Assertion {
        mask: vec![true, false, true],
        bids: vec![Nct(10), Nct(20)],
        commitment: Commitment::new(Address::ZERO, &verdicts, secret).unwrap(),
        verdicts,
        secret,
        metadata: "[]".into(),
    }
}

fn unsigned(to: Address, call: Call) -> Unsigned {
    Unsigned {
        chain_id: 1338,
        data: call.encode().into(),
        gas: 5_000_000,
        gas_price: 0,
        nonce: 0,
        to,
        value: 0,
    }
}

fn honest() -> Vec<Unsigned> {
    let mask = 0b101u8.try_into().unwrap();
    let bids = vec![10u8.try_into().unwrap(), 20u8.try_into().unwrap()];
    let commitment = assertion().commitment.to_int();
    vec![
        unsigned(TOKEN, Call::Approve { spender: REGISTRY, amount: 35u8.try_into().unwrap() }),
        unsigned(REGISTRY, Call::PostAssertion { guid: GUID, bids, mask, commitment }),
    ]
}

fn pins() -> Pins {
    Pins { chain_id: Some(1338), token: Some(TOKEN), registry: Some(REGISTRY) }
}

fn check(transactions: &[Unsigned], pins: &Pins) -> Result<Verified, MarketError> {
    let expected = Expected::assertion(GUID, &assertion(), FEE).unwrap();
    verify(&expected, transactions, pins, &Limits::default())
}

#[test]
fn the_first_assertion_teaches_the_pins_and_the_next_ones_are_held_to_them() {
    let verified = check(&honest(), &Pins::default()).unwrap();
    assert_eq!(verified.pins(), pins());
    assert!(verified.pins().are_complete() && !Pins::default().are_complete());
    assert_eq!(check(&honest(), &verified.pins()).unwrap().transactions(), honest());

    let mut elsewhere = honest();
    elsewhere[0].data = Call::Approve { spender: THIEF, amount: 35u8.try_into().unwrap() }.encode().into();
    elsewhere[1].to = THIEF;
    check(&elsewhere, &Pins::default()).unwrap();
    check(&elsewhere, &verified.pins()).unwrap_err();
}

/// Each single lie, and the word that names it.
#[test]
fn f09_whatever_the_node_changes_is_found_and_named() {
    type Lie = fn(&mut Vec<Unsigned>);
    let lies: &[(&str, Lie)] = &[
        ("number of transactions", |t| drop(t.pop())),
        ("number of transactions", |t| t.clear()),
        ("number of transactions", |t| t.push(t[1].clone())),
        ("contract of the token", |t| t.swap(0, 1)),
        ("contract of the token", |t| t[0].to = THIEF),
        ("contract of the bounties", |t| t[1].to = THIEF),
        ("contract of the bounties", |t| t[1].to = TOKEN),
        ("chain id", |t| t[0].chain_id = 1),
        ("chain id", |t| t[1].chain_id = 1337),
        ("value", |t| t[1].value = 1),
        ("gas: ", |t| t[0].gas = 50_000_001),
        ("gas price", |t| t[0].gas_price = 200_000_000_001),
        ("spender", |t| t[0].data = approve(THIEF, 35)),
        ("amount", |t| t[0].data = approve(REGISTRY, 36)),
        ("method", |t| {
            t[0].data = Call::Transfer { to: REGISTRY, amount: 35u8.try_into().unwrap() }.encode().into()
        }),
        ("call data", |t| t[1].data = [t[1].data.as_ref(), &[0]].concat().into()),
        ("call data", |t| t[1].data = Bytes::new()),
        ("guid", |t| {
            change(&mut t[1], |guid, _, _, _| guid.0 = uuid::Uuid::from_u128(guid.0.as_u128() ^ (1 << 76)))
        }),
        ("number of bids", |t| change(&mut t[1], |_, bids, _, _| bids.truncate(1))),
        ("number of bids", |t| change(&mut t[1], |_, bids, _, _| bids.push(bids[0]))),
        ("bids", |t| change(&mut t[1], |_, bids, _, _| bids.swap(0, 1))),
        ("mask", |t| change(&mut t[1], |_, _, mask, _| mask.set_bit(3, true))),
        ("commitment", |t| {
            change(&mut t[1], |_, _, _, commitment| commitment.set_bit(255, !commitment.bit(255)))
        }),
    ];
    for (i, (word, lie)) in lies.iter().enumerate() {
        let mut transactions = honest();
        lie(&mut transactions);
        let error = check(&transactions, &pins()).expect_err(word);
        assert!(matches!(error, MarketError::Mismatch { .. }), "{error}");
        assert!(error.to_string().contains(word), "lie {i}, {word}: {error}");
    }
}

fn approve(spender: Address, amount: u8) -> Bytes {
    Call::Approve { spender, amount: amount.try_into().unwrap() }.encode().into()
}

/// Changes an argument of an assertion.
fn change(
    transaction: &mut Unsigned,
    how: impl FnOnce(
        &mut Guid,
        &mut Vec<alloy_primitives::U256>,
        &mut alloy_primitives::U256,
        &mut alloy_primitives::U256,
    ),
) {
    let Ok(Call::PostAssertion { mut guid, mut bids, mut mask, mut commitment }) =
        Call::decode(&transaction.data)
    else {
        panic!("no assertion");
    };
    how(&mut guid, &mut bids, &mut mask, &mut commitment);
    transaction.data = Call::PostAssertion { guid, bids, mask, commitment }.encode().into();
}

#[test]
fn an_approval_of_a_contract_that_nobody_knows_is_refused() {
    let expected = Expected::approval(Nct(35));
    let approval = &honest()[..1];
    let unknown = Pins { registry: None, ..pins() };
    assert!(verify(&expected, approval, &unknown, &Limits::default()).is_err());
    verify(&expected, approval, &pins(), &Limits::default()).unwrap();
}

#[test]
fn token_and_registry_are_two_contracts() {
    let mut transactions = honest();
    transactions[0].data = approve(TOKEN, 35);
    transactions[1].to = TOKEN;
    assert!(check(&transactions, &Pins::default()).is_err());
}

#[test]
fn reveal_and_settlement_are_compared_too() {
    let limits = Limits::default();
    let reveal = |metadata: &str| Expected::reveal(GUID, &assertion(), 3, metadata).unwrap();
    let call = |index, metadata: &str| Call::RevealAssertion {
        guid: GUID,
        index,
        nonce: 7u8.try_into().unwrap(),
        verdicts: 1u8.try_into().unwrap(),
        metadata: metadata.into(),
    };
    let built = unsigned(REGISTRY, call(3, "QmX"));
    assert_eq!(
        verify(&reveal("QmX"), std::slice::from_ref(&built), &pins(), &limits).unwrap().pins(),
        pins()
    );
    assert!(verify(&reveal("QmY"), &[built], &pins(), &limits).is_err());
    assert!(verify(&reveal("QmX"), &[unsigned(REGISTRY, call(2, "QmX"))], &pins(), &limits).is_err());

    let settle = unsigned(REGISTRY, Call::SettleBounty { guid: GUID });
    verify(&Expected::settle(GUID), std::slice::from_ref(&settle), &pins(), &limits).unwrap();
    let other = Guid(uuid::Uuid::from_u128(1));
    assert!(verify(&Expected::settle(other), &[settle], &pins(), &limits).is_err());
}

#[test]
fn what_cannot_be_asked_for_is_refused_before_the_node_is_asked() {
    let refused = |change: fn(&mut Assertion)| {
        let mut assertion = assertion();
        change(&mut assertion);
        Expected::assertion(GUID, &assertion, FEE).is_err()
    };
    assert!(!refused(|_| ()));
    assert!(refused(|a| a.bids.truncate(1)));
    assert!(refused(|a| a.bids[0] = Nct(u128::MAX)));
    assert!(refused(|a| a.mask.resize(257, false)));
}

#[test]
fn the_wires_json_is_read_and_a_missing_member_is_an_error() {
    let json = serde_json::json!({
        "chainId": 1338, "data": "0x5592d687", "gas": 5_000_000, "gasPrice": 0, "nonce": 9,
        "to": "0x21262bF29FF08691C8A72bc6f22F791996E1891F", "value": 0, "accessList": [],
    });
    let read: Unsigned = serde_json::from_value(json.clone()).unwrap();
    assert_eq!((read.to, read.data.len(), read.nonce), (REGISTRY, 4, 9));
    for member in ["chainId", "data", "gas", "gasPrice", "to", "value"] {
        let mut without = json.clone();
        without.as_object_mut().unwrap().remove(member);
        assert!(serde_json::from_value::<Unsigned>(without).is_err(), "{member}");
    }
}
