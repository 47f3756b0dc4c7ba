//! Takes over from the journal what an earlier run staked and has not brought to its end.

use super::{
    journal::{Journal, JournalError},
    uncharged::Uncharged,
};
use crate::{
    bounty::{Step, book::Book, machine::Stage},
    fail_points::is_broken,
    units::Chain,
};

/// Puts what is owed on these chains into the book; what is owed on others is told, and stays owed.
pub(super) async fn restore(
    journal: &Journal,
    chains: &[Chain],
    book: &mut Book,
    uncharged: &mut Uncharged,
) -> Result<(), JournalError> {
    if is_broken("taken over at a restart") || is_broken("staked on once") {
        return Ok(());
    }
    for record in journal.open_records().await? {
        let (id, expiration, stage) = (record.bounty.id, record.bounty.expiration, record.stage);
        if !chains.contains(&id.chain) {
            let chain = id.chain;
            tracing::error!(bounty = %id, %expiration, ?stage, "owed on a chain that this engine does not work on: add --chains {chain}");
            continue;
        }
        tracing::info!(bounty = %id, %expiration, ?stage, "owed from before");
        if stage == Stage::Signed(Step::Assert) {
            uncharged.add(id, &record.assertion.bids);
        }
        book.restore(record.bounty, stage, record.index);
    }
    Ok(())
}
