//! Engines that are broken on purpose, each in one place, where one invariant of the life cycle is kept. A simulation that does not
//! find all of them out is none.
//!
//! The places are fail points in `engine-core` (its feature `failpoints`), named after what is no longer so. Chosen are the mistakes
//! that cost money and that a test of one case at a time can miss: what is on disk before what is on the wire (1 to 3), what a lost
//! answer must not lead to (4, 5), what a reveal needs (6 to 8), and what the market's clock and windows say (9, 10). A point stays set
//! for the whole process.

/// A way to break the engine.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    /// The fail point: the invariant that is not kept.
    pub invariant: &'static str,
    /// What the engine does instead.
    pub instead: &'static str,
}

/// All ways.
pub const ALL: [Broken; 10] = [
    Broken { invariant: "sealed before sent", instead: "sends assertions that are not in the journal" },
    Broken {
        invariant: "staked on once",
        instead: "takes a bounty again after a restart, with a new secret, as an engine without a journal does",
    },
    Broken { invariant: "taken over at a restart", instead: "forgets at a restart what it owes" },
    Broken { invariant: "the same bytes again", instead: "signs anew after a lost answer" },
    Broken { invariant: "no gap in the nonces", instead: "goes on counting nonces that the node has lost" },
    Broken { invariant: "revealed with its own secret", instead: "opens commitments with another secret" },
    Broken {
        invariant: "revealed while its window is open",
        instead: "waits for the end of the window with its reveal",
    },
    Broken { invariant: "settled once", instead: "settles again what is settled" },
    Broken { invariant: "windows are the market's", instead: "does not hear of new lengths of the windows" },
    Broken {
        invariant: "absence counts after its window",
        instead: "takes an assertion for missed that may still be mined",
    },
];

/// Breaks this process's engines.
///
/// # Errors
/// When there is no such way, with all that there are.
pub fn set(invariant: &str) -> anyhow::Result<()> {
    if !ALL.iter().any(|broken| broken.invariant == invariant) {
        let all = ALL.map(|broken| format!("\n  {:36}{}", broken.invariant, broken.instead)).concat();
        anyhow::bail!("`{invariant}` is none of the ways to break an engine:{all}");
    }
    fail::cfg(invariant, "return").map_err(|error| anyhow::anyhow!("fail point `{invariant}`: {error}"))
}
