//! Faults at work: the count of each, and the events that are held back.

use alloy_primitives::Address;

use super::{
    Faults, Lie,
    model::{BlockFault, EventFault, Fate, Fault, What},
};
use crate::testnet::{chain::ChainName, event::Frame};

/// The faults of a running net.
#[derive(Debug, Default)]
pub(crate) struct Armed {
    faults: Vec<Counted>,
    /// Sent after the next event of their chain.
    held: Vec<(ChainName, Frame)>,
    /// Sent in a later block of their chain.
    late: Vec<(ChainName, u64, Frame)>,
}

#[derive(Debug)]
struct Counted {
    fault: Fault,
    /// Occurrences so far.
    seen: u64,
    /// How often it was inflicted.
    hits: u64,
}

/// What goes to the sockets of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Frame(Frame),
    Drop,
}

impl Counted {
    /// Counts an occurrence; whether it is one that the fault means.
    fn is_due(&mut self) -> bool {
        self.seen += 1;
        self.seen >= self.fault.nth && self.seen - self.fault.nth < self.fault.times
    }
}

impl Armed {
    /// Adds faults; their count begins now.
    pub(crate) fn add(&mut self, faults: Faults) {
        self.faults.extend(faults.0.into_iter().map(|fault| Counted { fault, seen: 0, hits: 0 }));
    }

    /// How often each fault was inflicted, in their order.
    pub(crate) fn hits(&self) -> Vec<u64> {
        self.faults.iter().map(|counted| counted.hits).collect()
    }

    /// What happens to a request: at most one fate that is no lie, and all lies.
    pub(crate) fn request(
        &mut self,
        chain: ChainName,
        method: &str,
        path: &str,
        account: Option<Address>,
    ) -> (Option<Fate>, Vec<Lie>) {
        let (mut fate, mut lies) = (None, Vec::new());
        for counted in &mut self.faults {
            let What::Request(asked, wanted) = &counted.fault.what else { continue };
            if !counted.fault.is_on(chain) || !asked.matches(method, path, account) {
                continue;
            }
            let wanted = wanted.clone();
            if !counted.is_due() {
                continue;
            }
            match wanted {
                Fate::Lie(lie) => lies.push(lie),
                wanted if fate.is_none() => fate = Some(wanted),
                _ => continue,
            }
            counted.hits += 1;
        }
        (fate, lies)
    }

    /// What happens with the next block of a chain.
    pub(crate) fn block(&mut self, chain: ChainName) -> Vec<BlockFault> {
        let mut due = Vec::new();
        for counted in &mut self.faults {
            let What::Block(what) = counted.fault.what else { continue };
            if counted.fault.is_on(chain) && counted.is_due() {
                counted.hits += 1;
                due.push(what);
            }
        }
        due
    }

    /// What is sent of the events of a block.
    pub(crate) fn pass(&mut self, chain: ChainName, block: u64, frames: Vec<Frame>) -> Vec<Sent> {
        let mut sent = Vec::new();
        for frame in frames {
            match self.event(chain, frame.event) {
                Some(EventFault::Lose) => continue,
                Some(EventFault::Reorder) => {
                    self.held.push((chain, frame));
                    continue;
                }
                Some(EventFault::Delay(blocks)) => {
                    self.late.push((chain, block.saturating_add(blocks), frame));
                    continue;
                }
                Some(EventFault::DropSocket) => sent.push(Sent::Drop),
                Some(EventFault::Duplicate) => sent.extend([Sent::Frame(frame.clone()), Sent::Frame(frame)]),
                None => sent.push(Sent::Frame(frame)),
            }
            let held = self.held.extract_if(.., |(on, _)| *on == chain);
            sent.extend(held.map(|(_, frame)| Sent::Frame(frame)));
        }
        let late = self.late.extract_if(.., |(on, due, _)| *on == chain && *due <= block);
        sent.extend(late.map(|(.., frame)| Sent::Frame(frame)));
        sent
    }

    fn event(&mut self, chain: ChainName, name: &str) -> Option<EventFault> {
        let mut first = None;
        for counted in &mut self.faults {
            let What::Event(wanted, what) = &counted.fault.what else { continue };
            if !counted.fault.is_on(chain) || wanted.as_deref().is_some_and(|wanted| wanted != name) {
                continue;
            }
            let what = *what;
            if counted.is_due() && first.is_none() {
                counted.hits += 1;
                first = Some(what);
            }
        }
        first
    }
}

impl Fault {
    fn is_on(&self, chain: ChainName) -> bool {
        self.chain.is_none_or(|wanted| wanted == chain)
    }
}
