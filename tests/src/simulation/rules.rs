//! What must hold in every life, whatever goes wrong in it.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    bounty::{BountyId, Step},
    engine::journal::{Disk, Sealed},
};

use super::chain::Chain;

/// Blocks in a row in which process and node have to be up for a reveal that is promised (`DESIGN.md` §12).
const PROMISE: u64 = 3;

/// The judge.
#[derive(Debug, Default)]
pub(super) struct Rules {
    cases: BTreeMap<BountyId, Case>,
    pub(super) broken: Vec<String>,
}

/// What was seen of a bounty.
#[derive(Debug, Default)]
struct Case {
    commitments: BTreeSet<String>,
    secrets: BTreeSet<String>,
    handed_in: BTreeMap<Step, Vec<Bytes>>,
    /// Good blocks in a row within its reveal window.
    good: u64,
    is_closed: bool,
    is_promised: bool,
}

/// Different signed bytes of a step.
#[derive(Debug)]
struct Bytes {
    raws: Vec<String>,
    nonce: u64,
    is_on_disk: bool,
}

impl Rules {
    fn break_one(&mut self, block: u64, id: BountyId, what: &str) {
        self.broken.push(format!("block {block}, bounty {id}: {what}"));
    }

    /// Signed bytes reached the outside of the process, whether they get to the node or not.
    pub(super) fn handed_in(&mut self, chain: &Chain, disk: &Disk, sealed: &Sealed) {
        let (id, step, block) = (sealed.id(), sealed.step(), chain.number);
        let transactions = &sealed.signed().transactions;
        let raws: Vec<String> = transactions.iter().map(|transaction| transaction.raw.clone()).collect();
        let secret = sealed.assertion().secret.reveal().to_string();
        let on_disk = row(disk, id);
        let is_on_disk =
            on_disk.contains(&secret) && raws.iter().all(|raw| on_disk.contains(&format!("\"{raw}\"")));
        let nonce = transactions.first().map_or(0, |transaction| transaction.nonce);
        let case = self.cases.entry(id).or_default();
        let known = case.handed_in.entry(step).or_default();
        // The same at a higher price: one of the two at most can be mined.
        let is_dearer = known.iter().any(|bytes| bytes.nonce == nonce && bytes.is_on_disk);
        let mut broken = Vec::new();
        if step == Step::Assert {
            if !(is_on_disk || is_dearer && on_disk.contains(&secret)) {
                broken.push("asserted what is not in the journal");
            }
            case.commitments.insert(sealed.assertion().commitment.to_string());
            case.secrets.insert(secret);
            if case.commitments.len() > 1 || case.secrets.len() > 1 {
                broken.push("a second secret for the same bounty");
            }
        }
        if !known.iter().any(|bytes| bytes.raws == raws) {
            for bytes in known.iter() {
                let pending = bytes.raws.iter().any(|raw| chain.is_pending(raw, bytes.nonce));
                let last = bytes.raws.last().and_then(|raw| chain.mined(raw));
                if bytes.nonce == nonce {
                    // Both for the same nonce.
                } else if step == Step::Assert {
                    broken.push("an assertion was signed a second time");
                } else if !bytes.is_on_disk {
                    // What could not be written is forgotten by the next process, which opens it again: no harm.
                } else if pending {
                    broken.push("signed anew while the first bytes wait to be mined");
                } else if last.is_some_and(|mined| mined.outcome.is_ok()) {
                    broken.push("signed anew although the step was done");
                }
            }
            known.push(Bytes { raws, nonce, is_on_disk });
        }
        for what in broken {
            self.break_one(block, id, &format!("{step}: {what}"));
        }
    }

    /// Our transaction was mined.
    pub(super) fn mined(&mut self, block: u64, id: BountyId, outcome: Result<(), &'static str>) {
        if outcome == Err("no money") {
            self.break_one(block, id, "staked more than the account holds");
        }
    }

    /// The lengths of the windows have changed: what was promised within the old ones is no promise within the new ones.
    pub(super) fn windows_changed(&mut self) {
        self.cases.values_mut().for_each(|case| case.good = 0);
    }

    /// A block is over; `good` if process and node were up together for all of it.
    pub(super) fn block_ended(&mut self, chain: &Chain, good: bool) {
        for (id, contract) in &chain.contracts {
            let case = self.cases.entry(*id).or_default();
            // A window that grows again after its end finds the settlement on its way: nothing is promised of it.
            case.is_closed |= chain.number >= contract.expiration + chain.reveal;
            let is_open = chain.number >= contract.expiration && !case.is_closed;
            case.good = if good && is_open && contract.stake.is_some() { case.good + 1 } else { 0 };
            case.is_promised |= case.good >= PROMISE;
        }
    }

    /// The month is over, and everything had time to end in.
    pub(super) fn life_ended(&mut self, chain: &Chain, disk: &Disk) {
        for (id, contract) in &chain.contracts {
            let Some(stake) = &contract.stake else { continue };
            if !stake.is_revealed && self.cases.get(id).is_some_and(|case| case.is_promised) {
                self.break_one(
                    chain.number,
                    *id,
                    "not revealed, though process and node were up in its window",
                );
            }
            if !stake.is_settled {
                self.break_one(chain.number, *id, "asserted and never settled");
            }
        }
        for id in open(disk) {
            self.broken.push(format!("block {}, bounty {id}: the engine never lets go of it", chain.number));
        }
    }
}

/// All that the journal has of a bounty, as one text.
fn row(disk: &Disk, id: BountyId) -> String {
    let sql = "SELECT assertion || asserting || coalesce(revealing, '') || coalesce(settling, '') FROM bounty WHERE guid = ?1";
    disk.sql(|db| db.query_row(sql, [id.guid.to_string()], |row| row.get(0))).unwrap_or_default()
}

/// What the journal says is not over.
pub(super) fn open(disk: &Disk) -> Vec<String> {
    disk.sql(|db| {
        let mut rows = db.prepare("SELECT guid FROM bounty WHERE open = 1 ORDER BY guid")?;
        rows.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
    })
    .unwrap_or_default()
}
