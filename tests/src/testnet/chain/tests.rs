//! Nonces, the pool and the order of mining.

use alloy_primitives::{Address, B256, Bytes, U256, address};

use super::{Chain, ChainName, Refusal};
use crate::testnet::transaction::Transaction;

const ALICE: Address = address!("00000000000000000000000000000000000000a1");
const BOB: Address = address!("00000000000000000000000000000000000000b0");

fn tx(sender: Address, nonce: u64, hash: u8) -> Transaction {
    Transaction {
        hash: B256::repeat_byte(hash),
        sender,
        nonce,
        to: Address::ZERO,
        value: U256::ZERO,
        gas: 5_000_000,
        gas_price: 0,
        chain_id: Some(1338),
        low_s: true,
        data: Bytes::new(),
    }
}

fn mine(chain: &mut Chain) -> Vec<(Address, u64)> {
    chain.next_block();
    std::iter::from_fn(|| chain.next_transaction()).map(|tx| (tx.sender, tx.nonce)).collect()
}

#[test]
fn a_gap_waits_until_it_is_filled() {
    let mut chain = Chain::new(ChainName::Side, 0);
    chain.submit(tx(ALICE, 0, 1)).unwrap();
    chain.submit(tx(ALICE, 2, 3)).unwrap();
    assert_eq!((chain.nonce(ALICE), chain.pending_nonce(ALICE), chain.pending(ALICE)), (0, 1, vec![0, 2]));
    assert_eq!(mine(&mut chain), [(ALICE, 0)]);
    assert_eq!((chain.nonce(ALICE), chain.pending_nonce(ALICE), chain.pending(ALICE)), (1, 1, vec![2]));
    assert_eq!(mine(&mut chain), []);
    chain.submit(tx(ALICE, 1, 2)).unwrap();
    assert_eq!(chain.pending_nonce(ALICE), 3);
    assert_eq!(mine(&mut chain), [(ALICE, 1), (ALICE, 2)]);
    assert_eq!((chain.nonce(ALICE), chain.head()), (3, 3));
}

#[test]
fn accounts_have_nonces_of_their_own() {
    let mut chain = Chain::new(ChainName::Side, 0);
    chain.submit(tx(ALICE, 1, 2)).unwrap();
    chain.submit(tx(BOB, 0, 3)).unwrap();
    chain.submit(tx(ALICE, 0, 1)).unwrap();
    assert_eq!(mine(&mut chain), [(BOB, 0), (ALICE, 0), (ALICE, 1)], "arrival order, but for nonces");
}

#[test]
fn the_pool_refuses_with_the_chains_words() {
    let mut chain = Chain::new(ChainName::Side, 0);
    chain.submit(tx(ALICE, 0, 1)).unwrap();
    assert_eq!(chain.submit(tx(ALICE, 0, 2)), Err(Refusal::Underpriced));
    let known = chain.submit(tx(ALICE, 0, 1)).unwrap_err();
    assert_eq!(known.to_string(), format!("known transaction: {}", "01".repeat(32)));
    assert!(chain.knows(B256::repeat_byte(1)) && !chain.knows(B256::repeat_byte(2)));
    mine(&mut chain);
    assert_eq!(chain.submit(tx(ALICE, 0, 1)), Err(Refusal::NonceTooLow), "mined is not known any more");
    let mut wrong = [(); 6].map(|()| tx(ALICE, 1, 9));
    wrong[0].chain_id = Some(1337);
    wrong[1].chain_id = None;
    wrong[2].low_s = false;
    wrong[3].gas_price = 1;
    wrong[4].gas = 50_000_001;
    wrong[5].gas = 20_999;
    let refusals = wrong.map(|tx| chain.submit(tx).unwrap_err());
    let sender = Refusal::InvalidSender;
    let rest = [Refusal::Funds, Refusal::GasTooHigh, Refusal::GasTooLow];
    assert_eq!(refusals[..3], [sender.clone(), sender.clone(), sender]);
    assert_eq!(refusals[3..], rest);
    let mut paying = tx(ALICE, 1, 9);
    paying.value = U256::from(1);
    assert_eq!(chain.submit(paying), Err(Refusal::Funds));
}

fn paying(nonce: u64, hash: u8, gas_price: u128) -> Transaction {
    Transaction { gas: 100_000, gas_price, ..tx(ALICE, nonce, hash) }
}

#[test]
fn what_offers_less_than_the_price_waits_until_it_is_replaced_by_a_tenth_more_or_the_price_falls() {
    let mut chain = Chain::new(ChainName::Home, 100);
    let home = |tx: Transaction| Transaction { chain_id: Some(1337), ..tx };
    chain.endow(ALICE, U256::from(100_000_000));
    chain.submit(home(paying(0, 1, 90))).unwrap();
    chain.submit(home(paying(1, 2, 200))).unwrap();
    assert_eq!(mine(&mut chain), [], "the second waits for the first");
    assert_eq!(chain.submit(home(paying(0, 3, 98))), Err(Refusal::Underpriced));
    chain.submit(home(paying(0, 4, 99))).unwrap();
    assert!(!chain.knows(B256::repeat_byte(1)) && chain.pending(ALICE) == [0, 1], "it took the place");
    assert_eq!(mine(&mut chain), []);
    chain.set_gas_price(99);
    assert_eq!(mine(&mut chain), [(ALICE, 0), (ALICE, 1)]);
}

#[test]
fn gas_is_paid_for_and_what_cannot_pay_is_refused() {
    let mut chain = Chain::new(ChainName::Side, 0);
    chain.endow(ALICE, U256::from(3_000_000));
    assert_eq!(chain.submit(paying(0, 1, 31)), Err(Refusal::Funds), "limit times price, not use times price");
    chain.submit(paying(0, 1, 30)).unwrap();
    chain.submit(paying(1, 2, 30)).unwrap();
    chain.next_block();
    let first = chain.next_transaction().unwrap();
    chain.charge(&first, 40_000);
    assert_eq!(chain.ether(ALICE), U256::from(3_000_000 - 30 * 40_000));
    assert_eq!(chain.next_transaction(), None, "the second cannot be paid any more");
    chain.charge(&first, 200_000);
    assert_eq!(chain.ether(ALICE), U256::ZERO, "never more than there is");
}
