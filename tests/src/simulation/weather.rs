//! What the node and the disk are like at this time: good for most of it, and then one trouble after the other.

use std::time::Duration;

use super::dice::Dice;

/// What is wrong with the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// Answers get lost, requests are refused or hang; events come twice, late, in another order, or not at all.
    Flaky,
    /// Nothing gets through in either direction.
    Away,
    /// The same, and its pool is gone: it was restarted.
    Restarted,
    /// It tells blocks of a while ago.
    Behind(u64),
    /// It wants something else signed than was asked for.
    Lying,
    /// Gas costs so many times what it cost before.
    Dear(u64),
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// It is not carried out, and there is no answer.
    LostBefore,
    /// It is carried out, and there is no answer.
    LostAfter,
    /// Only a part of it is carried out, and there is no answer.
    LostBetween,
    /// Asked to wait.
    Busy(Duration),
    Refused,
    /// What the node built is not what was asked for.
    Mismatch,
}

/// The weather of one life.
#[derive(Debug)]
pub(super) struct Weather {
    pub(super) trouble: Trouble,
    /// Until this block.
    until: u64,
    /// Whether the disk takes nothing.
    pub(super) is_full: bool,
    full_until: u64,
    /// How many blocks in a thousand begin a trouble.
    storms: u32,
}

impl Weather {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let storms = dice.one_of(&[0, 20, 60, 150]).copied().unwrap_or(0);
        Self { trouble: Trouble::None, until: 0, is_full: false, full_until: 0, storms }
    }

    /// Good from now on.
    pub(super) fn clear_up(&mut self) {
        (self.trouble, self.is_full, self.storms) = (Trouble::None, false, 0);
    }

    /// A new block; true when the node's trouble is another than before.
    pub(super) fn turn(&mut self, block: u64, dice: &mut Dice) -> bool {
        let before = self.trouble;
        if block >= self.until {
            self.trouble = Trouble::None;
            if dice.in_thousand(self.storms) {
                self.until =
                    block + if dice.in_thousand(100) { dice.number(20..=80) } else { dice.number(1..=12) };
                let behind = Trouble::Behind(dice.number(1..=40));
                let dear = Trouble::Dear(dice.number(2..=20));
                let all = [
                    Trouble::Flaky,
                    Trouble::Flaky,
                    Trouble::Flaky,
                    Trouble::Away,
                    Trouble::Restarted,
                    behind,
                    Trouble::Lying,
                    dear,
                ];
                self.trouble = dice.one_of(&all).copied().unwrap_or(Trouble::None);
            }
        }
        if block >= self.full_until {
            self.is_full = false;
            if dice.in_thousand(self.storms / 8) {
                self.is_full = true;
                self.full_until = block + dice.number(2..=40);
            }
        }
        before != self.trouble
    }

    /// Whether the socket is gone.
    pub(super) fn is_away(&self) -> bool {
        matches!(self.trouble, Trouble::Away | Trouble::Restarted)
    }

    /// How many times as dear as usual gas is.
    pub(super) fn dearness(&self) -> u64 {
        if let Trouble::Dear(times) = self.trouble { times } else { 1 }
    }

    /// How far the node's clock is behind.
    pub(super) fn behind(&self) -> u64 {
        if let Trouble::Behind(blocks) = self.trouble { blocks } else { 0 }
    }

    /// By how many blocks the state is old that a look-up sees: a flaky node has replicas that are not at the last block.
    pub(super) fn lag(&self, dice: &mut Dice) -> u64 {
        match self.trouble {
            Trouble::Flaky => dice.number(0..=2),
            Trouble::Behind(blocks) => blocks,
            _ => 0,
        }
    }

    /// What happens to a request, and how long it takes each way.
    pub(super) fn request(&self, is_draft: bool, dice: &mut Dice) -> (Fault, Duration) {
        let quick = Duration::from_millis(dice.number(0..=30));
        match self.trouble {
            Trouble::None | Trouble::Behind(_) | Trouble::Dear(_) => (Fault::None, quick),
            Trouble::Away | Trouble::Restarted => (Fault::LostBefore, quick),
            Trouble::Lying if is_draft => (Fault::Mismatch, quick),
            Trouble::Lying => (Fault::None, quick),
            Trouble::Flaky => {
                let slow = Duration::from_millis(dice.number(0..=12_000));
                // A node that wants to be left alone for longer is not reachable.
                let busy = Fault::Busy(Duration::from_millis(dice.number(100..=900)));
                let fault = match dice.number(0..=99) {
                    0..=54 => Fault::None,
                    55..=67 => Fault::LostBefore,
                    68..=80 => Fault::LostAfter,
                    81..=86 => Fault::LostBetween,
                    87..=91 => busy,
                    92..=95 => Fault::Refused,
                    _ => return (Fault::None, slow),
                };
                (fault, if dice.in_thousand(100) { slow } else { quick })
            }
        }
    }
}
