//! The file of faults, their counts, and what they do to events.

use alloy_primitives::{Address, U256, address};
use uuid::Uuid;

use super::{
    Armed, Faults, FaultsError, Lie, Sent, distort_calls, distort_transactions,
    model::{BlockFault, Fate},
};
use crate::testnet::{
    abi::{Call, REGISTRY},
    chain::ChainName,
    event::{Frame, block_frame},
};

const HOME: ChainName = ChainName::Home;
const SIDE: ChainName = ChainName::Side;
const SOMEBODY: Address = address!("9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");

fn armed(text: &str) -> Armed {
    let mut armed = Armed::default();
    armed.add(text.parse().unwrap());
    armed
}

/// The example of the module's documentation.
fn example() -> String {
    let lines = include_str!("../faults.rs").lines().map_while(|line| line.strip_prefix("//!"));
    let inside = lines.skip_while(|line| *line != " ```toml").skip(1).take_while(|line| *line != " ```");
    inside.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_example_of_the_documentation_is_a_file() {
    let faults: Faults = example().parse().unwrap();
    assert_eq!(faults.len(), example().matches("[[fault]]").count());
    assert_eq!(faults.len(), 10);
    assert!("".parse::<Faults>().unwrap().is_empty());
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    for (text, words) in [
        ("on = 'request'\nwhat = 'sulk'", "sulk"),
        ("on = 'moon'\nwhat = 'drop_sockets'", "moon"),
        ("on = 'block'\nwhat = 'deprecate'\nhow = 1", "how"),
        ("on = 'request'", "fault 1: what or lie is missing"),
        ("on = 'request'\nwhat = '500'\nlie = 'to'", "a request has what or lie"),
        ("on = 'request'\nwhat = '500'\nms = 3", "ms is for delay"),
        ("on = 'request'\nwhat = 'delay'", "a delay of a request has ms"),
        ("on = 'request'\nwhat = 'html'\nstatus = 99", "status is 200 to 599"),
        ("on = 'request'\nwhat = '500'\nnth = 0", "nth and times are 1 or more"),
        ("on = 'event'\nwhat = 'delay'", "a delay of an event has blocks"),
        ("on = 'event'\nwhat = 'lose'\nblocks = 2", "blocks is for delay"),
        ("on = 'block'\nwhat = 'regression'\nby = 2", "by and blocks"),
        ("on = 'block'\nwhat = 'gas_price'", "factor or wei"),
        ("on = 'block'\nwhat = 'window_update'\nreveal = 0\nvote = 2", "1 block or more"),
    ] {
        let why = format!("[[fault]]\n{text}").parse::<Faults>().unwrap_err().to_string();
        assert!(why.contains(words), "{text}: {why}");
    }
    let missing = Faults::load("/no/such/faults".as_ref()).unwrap_err();
    assert!(matches!(missing, FaultsError::Unreadable { .. }), "{missing}");
}

#[test]
fn the_occurrences_that_are_meant_are_counted_apart_for_each_fault() {
    let mut armed = armed(
        "[[fault]]\non = 'request'\nmethod = 'post'\npath = '/bounties/*/assertions'\nnth = 2\ntimes = 2\nwhat = '500'
         [[fault]]\non = 'request'\nchain = 'side'\naccount = '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F'\nwhat = 'lose_answer'
         [[fault]]\non = 'request'\nnth = 2\nlie = 'to'",
    );
    let mut ask = |chain, method, path, account| armed.request(chain, method, path, account);
    assert_eq!(ask(HOME, "GET", "/bounties/1/assertions", None), (None, vec![]));
    assert_eq!(ask(HOME, "POST", "/bounties/1/assertions/", None), (None, vec![Lie::To]), "first and second");
    assert_eq!(ask(HOME, "POST", "/bounties/1/assertions/0/reveal", None), (None, vec![]));
    assert_eq!(ask(HOME, "POST", "/bounties/2/assertions", Some(SOMEBODY)), (Some(Fate::Broken), vec![]));
    assert_eq!(ask(SIDE, "POST", "/bounties/2/assertions", Some(SOMEBODY)).0, Some(Fate::Broken));
    assert_eq!(
        ask(SIDE, "POST", "/bounties/2/assertions", Some(SOMEBODY)),
        (None, vec![]),
        "each had its turn"
    );
    assert_eq!(armed.hits(), [2, 0, 1], "the second was due once, when the first was inflicted");
}

#[test]
fn blocks_are_counted_on_each_chain_together_or_on_one() {
    let mut armed =
        armed("[[fault]]\non = 'block'\nchain = 'home'\nnth = 2\nwhat = 'gas_price'\nfactor = 20");
    assert_eq!(armed.block(HOME), []);
    assert_eq!(armed.block(SIDE), []);
    assert_eq!(armed.block(HOME), [BlockFault::GasFactor { factor: 20, blocks: None }]);
    assert_eq!(armed.block(HOME), []);
}

fn frame(event: &'static str) -> Frame {
    Frame { event, text: event.into() }
}

/// The names of what is sent, a dash for the drop of the sockets.
fn pass(armed: &mut Armed, chain: ChainName, block: u64, events: &[&'static str]) -> Vec<String> {
    let frames = events.iter().map(|event| frame(event)).collect();
    let text = |sent| match sent {
        Sent::Frame(frame) => frame.text,
        Sent::Drop => "-".into(),
    };
    armed.pass(chain, block, frames).into_iter().map(text).collect()
}

#[test]
fn events_are_dropped_doubled_swapped_and_held_back() {
    let fault =
        |event: &str, what: &str| format!("[[fault]]\non = 'event'\nevent = '{event}'\nwhat = {what}\n");
    let mut one = armed(&fault("bounty", "'drop_socket'"));
    assert_eq!(pass(&mut one, SIDE, 1, &["block", "bounty", "vote"]), ["block", "-", "vote"]);
    let mut one = armed(&fault("bounty", "'duplicate'\nnth = 2"));
    assert_eq!(pass(&mut one, SIDE, 1, &["bounty", "bounty", "bounty"]), ["bounty"; 4]);
    let mut one = armed(&fault("bounty", "'lose'"));
    assert_eq!(pass(&mut one, SIDE, 1, &["block", "bounty"]), ["block"]);
    let mut one = armed(&fault("block", "'reorder'"));
    assert_eq!(pass(&mut one, SIDE, 1, &["block", "bounty", "vote"]), ["bounty", "block", "vote"]);
    let mut one = armed(&fault("bounty", "'reorder'"));
    assert_eq!(pass(&mut one, SIDE, 1, &["block", "bounty"]), ["block"]);
    assert_eq!(pass(&mut one, HOME, 1, &["block"]), ["block"], "another chain");
    assert_eq!(pass(&mut one, SIDE, 2, &["block"]), ["block", "bounty"], "the next may be another block's");
    let mut one = armed(&fault("bounty", "'delay'\nblocks = 2"));
    assert_eq!(pass(&mut one, SIDE, 1, &["block", "bounty"]), ["block"]);
    assert_eq!(pass(&mut one, SIDE, 2, &["block"]), ["block"]);
    assert_eq!(pass(&mut one, HOME, 9, &["block"]), ["block"]);
    assert_eq!(pass(&mut one, SIDE, 3, &["block", "bounty"]), ["block", "bounty", "bounty"]);
    assert_eq!(Armed::default().pass(SIDE, 1, vec![block_frame(1)]), [Sent::Frame(block_frame(1))]);
}

#[test]
fn every_lie_changes_what_is_built_and_only_where_it_belongs() {
    let guid = Uuid::from_u128(7);
    let (one, word) = (U256::from(1), String::from("Qm"));
    let assert = vec![
        Call::Approve { spender: REGISTRY, amount: one },
        Call::PostAssertion { guid, bid: vec![one], mask: one, commitment: one },
    ];
    let reveal = vec![Call::RevealAssertion { guid, index: one, nonce: one, verdicts: one, metadata: word }];
    let settle = vec![Call::SettleBounty { guid }];
    let build = |lies: &[Lie], calls: &[Call]| {
        let mut calls = calls.to_vec();
        distort_calls(lies, &mut calls);
        let shown = |call: &Call| {
            serde_json::json!({ "data": format!("0x{}", hex::encode(call.encode())), "gas": 5, "gasPrice": 0,
                "chainId": 1338, "nonce": 0, "to": call.to(), "value": 0 })
        };
        let mut transactions: Vec<_> = calls.iter().map(shown).collect();
        distort_transactions(lies, SIDE, &mut transactions);
        transactions
    };
    use Lie::*;
    let everywhere =
        [To, Guid, ChainId, Gas, LowGas, GasPrice, Value, DataTrailing, Method, Count, Missing, Nonce];
    for (calls, more) in [
        (&assert, &[Spender, Amount, Bid, Mask, Commitment][..]),
        (&reveal, &[Secret, Metadata, Verdicts, Index]),
        (&settle, &[]),
    ] {
        let honest = build(&[], calls);
        for lie in everywhere.iter().chain(more) {
            assert_ne!(build(&[*lie], calls), honest, "{lie:?}");
        }
        for lie in [Spender, Amount, Bid, Mask, Commitment, Secret, Metadata, Verdicts, Index] {
            assert!(more.contains(&lie) || build(&[lie], calls) == honest, "{lie:?}");
        }
    }
}
