//! The accounts that live in the node: an ambassador who posts bounties, and arbiters who know the truth. They
//! obey the
//! same contract as everybody, but need no HTTP and no signatures.

use alloy_primitives::{Address, B256, U256, address, keccak256};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Variant,
    abi::{Call, REGISTRY},
    artifacts::Kind,
    chain::ChainName,
    contract::Offer,
    record::Record,
    token::Token,
    world::World,
};

/// Posts the bounties.
pub(crate) const AMBASSADOR: Address = address!("4B1867c484871926109E3C47668d5C0938CA3527");
/// Vote with the truth. Three, so that two decide.
pub(crate) const ARBITERS: [Address; 3] = [
    address!("A1b17e2000000000000000000000000000000001"),
    address!("A1b17e2000000000000000000000000000000002"),
    address!("A1b17e2000000000000000000000000000000003"),
];

/// Whether an account is played by the node itself.
pub(crate) fn is_ours(account: Address) -> bool {
    account == AMBASSADOR || ARBITERS.contains(&account)
}

/// One NCT in base units.
pub(crate) const ONE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// 1,000,000 NCT.
pub(crate) fn million() -> U256 {
    ONE * U256::from(1_000_000)
}

/// Gives the ambassador enough for any number of bounties.
pub(crate) fn endow(token: &mut Token) {
    token.mint(AMBASSADOR, million() * million());
}

/// What the players do in block `block`.
pub(crate) fn play(world: &mut World, chain: ChainName, block: u64) {
    for order in std::mem::take(&mut world.nets.get_mut(chain).plan.owner) {
        let log = world.nets.get_mut(chain).obey(order);
        world.publish(&[log], hash(block, REGISTRY, Uuid::nil()));
    }
    let net = world.nets.get_mut(chain);
    let (plan, ticks) = (&mut net.plan, net.ticks);
    let mut offers = std::mem::take(&mut plan.commanded);
    if plan.left > 0 && ticks.is_multiple_of(plan.every) {
        plan.left -= 1;
        offers.push((Uuid::new_v4(), Kind::File));
    }
    for (guid, kind) in offers {
        post(world, chain, block, (guid, kind));
    }
    let terms = &world.nets.get(chain).registry.terms;
    let fast = world.nets.get(chain).variant == Variant::Fast;
    let (reveal_window, vote_window) = (terms.reveal_window, terms.vote_window);
    for number in 0..world.records.len() {
        let Some(record) = world.records.get(number).filter(|record| record.chain == chain) else { continue };
        let Some(bounty) = world.nets.get(chain).registry.bounty(record.guid) else { continue };
        let (guid, truth, votes_at) = (bounty.guid, record.truth(), bounty.expiration + reveal_window);
        // Windows can move: what is due is done once, however late.
        let over = votes_at + vote_window;
        let (voted, settled) = (!bounty.votes.is_empty(), bounty.settled.contains(&AMBASSADOR));
        if (votes_at..over).contains(&block) && !voted {
            for arbiter in ARBITERS {
                act(world, block, arbiter, Call::VoteOnBounty { guid, votes: truth, valid_bloom: true });
            }
        }
        // The fast variant pays by itself.
        if (votes_at..over).contains(&block) && !voted && fast {
            let bounty = world.nets.get(chain).registry.bounty(guid);
            let authors = bounty.map(|bounty| bounty.assertions.iter().map(|a| a.author).collect());
            for author in Option::<Vec<_>>::unwrap_or_default(authors) {
                act(world, block, author, Call::SettleBounty { guid });
            }
        }
        if block >= over && !settled {
            for player in [AMBASSADOR].into_iter().chain(ARBITERS) {
                act(world, block, player, Call::SettleBounty { guid });
            }
        }
    }
}

/// Draws artifacts and posts a bounty on them. GUIDs are new in each run, so that an engine's journal never
/// takes a
/// bounty of this run for one of the last.
fn post(world: &mut World, chain: ChainName, block: u64, (guid, kind): (Uuid, Kind)) {
    let net = world.nets.get_mut(chain);
    let deck = match kind {
        Kind::File => &mut world.deck,
        Kind::Url => &mut world.urls,
    };
    let samples = deck.draw(net.plan.per_bounty);
    let metadata: Vec<Value> = samples.iter().map(|sample| sample.metadata(kind)).collect();
    let metadata = world.store.add_text(Value::Array(metadata).to_string());
    let files = samples.iter().map(|sample| (sample.name.clone(), sample.content.clone()));
    let uri = world.store.add_files(files);
    let terms = &net.registry.terms;
    let amount = terms.amount_minimum * U256::from(samples.len());
    net.token.approve(AMBASSADOR, REGISTRY, amount + terms.bounty_fee);
    let offer =
        Offer { guid, kind, amount, uri, artifacts: samples.len(), duration: net.plan.duration, metadata };
    match net.registry.post_bounty(&mut net.token, AMBASSADOR, block, offer) {
        Ok(logs) => {
            world.keep(Record::new(chain, guid, &samples));
            world.publish(&logs, hash(block, AMBASSADOR, guid));
        }
        Err(why) => world.reject("ambassador", None, format!("the bounty could not be posted: {why}")),
    }
}

fn act(world: &mut World, block: u64, player: Address, call: Call) {
    let guid = call.guid().unwrap_or_default();
    let name = call.name();
    if let Err(why) = world.execute(player, call, hash(block, player, guid)) {
        let why = format!("{name} on {guid} reverted at block {block}: {why}");
        world.reject("arbiters and ambassador", None, why);
    }
}

/// A transaction hash for what was never a transaction.
fn hash(block: u64, player: Address, guid: Uuid) -> B256 {
    keccak256(format!("{block} {player} {guid}"))
}
