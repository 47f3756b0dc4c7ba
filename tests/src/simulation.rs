//! A simulated life: the real book, machines, driver and journal on a simulated clock, node and disk. One month of bounties a seed,
//! with everything that can go wrong on the way, and a judge who knows what must hold all the same.
//!
//! What is real: all of `engine-core` from the events in to the signed bytes out, with SQLite in memory under the journal. What is
//! simulated: time (tokio's paused clock: a month takes a fraction of a second), the node with its chain (`engine_core::market::Market`),
//! the disk, the scanner, and death: a process dies at any moment at which it touches node or disk, just before or just after, or
//! between two of them. A write of the journal is one transaction, so a torn one has happened as a whole or not at all.
//!
//! Everything is drawn from the seed, on one thread, so that a seed that fails can be looked at as often as one likes.
//!
//! The judge's rules: nothing is asserted that is not in the journal · one secret, one set of signed bytes, one assertion a bounty · no
//! step is signed anew while its bytes may be mined or when it is done · what is asserted is revealed if process and node were up
//! together for three blocks in a row within the window · what is asserted is settled · no more is staked than the account holds · the
//! engine lets go of every bounty, and ends when it is told to.

#[cfg(feature = "failpoints")]
pub mod broken;
mod chain;
mod dice;
mod fuse;
mod life;
mod log;
mod month;
mod node;
mod rules;
mod scanner;
mod weather;
mod world;

pub use self::life::live;

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Life {
    /// The seed.
    pub seed: u64,
    /// Of everything that happened, in order.
    pub hash: String,
    /// Each rule that did not hold, and where.
    pub broken: Vec<String>,
    /// How many processes it took.
    pub processes: u64,
    /// Bounties that we asserted.
    pub staked: usize,
    /// Those of them that we revealed.
    pub revealed: usize,
    /// What happened, line for line, if it was kept.
    pub log: Vec<String>,
}
