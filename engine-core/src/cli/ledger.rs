//! The command `ledger`: what was staked, and what came of it.

mod since;
mod table;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use self::{since::Since, table::Line};
use super::{Exit, journal::Which, print, program::Program};
use crate::{BoxError, Engine, telemetry::Level};

pub(super) const NAME: &str = "ledger";

/// Since when, and how it is told.
#[derive(Clone, Debug, Args)]
struct How {
    /// A time back from now (30d, 12h), a day (2026-11-01) or a moment (2026-11-01T12:00:00Z); days begin at 00:00 UTC
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Since,
    /// How it is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people.
    Text,
    /// Comma-separated values, the first line names the columns.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

pub(super) fn command<E: Engine>() -> Command {
    let command = How::augment_args(Command::new(NAME))
        .about("Tell what was staked, won and lost, in all and for each backend and rule")
        .after_help(format!(
            "Examples:\n  {0} ledger\n  {0} ledger --since 2026-01-01 --format csv > ledger.csv\n\n\
             Amounts are in NCT. won: what came back beyond the bids; lost: what did not come back of them; fees: what the market took\n\
             for assertions (gas is not counted); net: won - lost - fees. missed: not revealed or not settled in time. unknown: settled for\n\
             a payout that nobody told. shadow: what was only watched; right and wrong count its verdicts. A bounty counts whole for each backend and rule that its assertion rests on, so those lines\n\
             overlap.\n\n\
             Exit codes: 0 told, 2 the journal cannot be read",
            E::NAME
        ));
    crate::settings::add_flags(command, &Program::<E>::only_log())
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let How { since, format, which } = How::from_arg_matches(matches)?;
    let program = Program::<E>::start_without_engine(matches, Level::WARNING)?;
    let since = since.moment(std::time::SystemTime::now());
    let ledger = which.open::<E>(&program.sources)?.ledger(since)?;
    let lines = Line::of(&ledger);
    let text = match format {
        Format::Text => table::text(&lines, since),
        Format::Csv => table::csv(&lines)?,
        Format::Jsonl => table::jsonl(&lines)?,
    };
    print(text.as_bytes())?;
    Ok(Exit::Clean)
}
