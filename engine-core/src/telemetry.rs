//! Logs: lines for people or JSON lines for programs, on standard error. Nothing else is written there while they run.

mod fields;

use std::{io, str::FromStr};

use serde::{Deserialize, Deserializer, de};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::fields::OneLineFields;
use crate::settings::Section;

/// The table `[log]`.
#[derive(Clone, Debug, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
#[command(next_help_heading = "Log options")]
#[group(skip)]
pub struct LogSettings {
    /// How much to log: debug, info, warning, error or off [default: warning; run: info]
    #[arg(long, env = "LOG_LEVEL", value_name = "LEVEL")]
    pub log: Option<Level>,
    /// How log lines look, on standard error
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl Section for LogSettings {
    const TABLE: &'static str = "log";
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object with `timestamp` (RFC 3339, UTC), `level`, `target`, `message` and the event's fields.
    Json,
}

/// How much is logged: a name of Rust's or of Python's levels, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(LevelFilter);

impl Level {
    /// What went wrong, and what a backend says of its trouble: the default of most commands.
    pub const WARNING: Self = Self(LevelFilter::WARN);
    /// Each step of a bounty: the default of `run`.
    pub const INFO: Self = Self(LevelFilter::INFO);
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.to_ascii_lowercase().as_str() {
            "off" => LevelFilter::OFF,
            "error" | "critical" | "fatal" => LevelFilter::ERROR,
            "warn" | "warning" => LevelFilter::WARN,
            "info" => LevelFilter::INFO,
            "debug" => LevelFilter::DEBUG,
            "trace" | "notset" => LevelFilter::TRACE,
            _ => {
                return Err(format!(
                    "expected trace, debug, info, warning, error, critical or off, got `{text}`"
                ));
            }
        }))
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Starts logging for the rest of the process; a second call changes nothing.
///
/// `default` is the level where the settings name none, `engine` the engine's crate. The engines' own lines follow the level,
/// those of other crates too, but never below warnings.
pub fn start(settings: &LogSettings, default: Level, engine: &str) {
    let Level(level) = settings.log.unwrap_or(default);
    let wanted = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("engine_", level)
        .with_target(engine, level);
    let lines = fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let layer = match settings.log_format {
        LogFormat::Text => lines
            .fmt_fields(OneLineFields)
            .with_target(false)
            .with_ansi(anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never)
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // The only error is that logging has been started before.
    let _ = tracing_subscriber::registry().with(layer.with_filter(wanted)).try_init();
}

/// Starts logging in a child that scans for an engine: bare lines, which the engine logs under the child's name.
pub(crate) fn start_in_child() {
    let lines =
        fmt::layer().with_writer(io::stderr).log_internal_errors(false).without_time().with_target(false);
    let layer = lines.fmt_fields(OneLineFields).with_ansi(false).with_filter(LevelFilter::WARN);
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_pythons_and_rusts_names() {
        for (text, level) in [
            ("WARNING", LevelFilter::WARN),
            ("warn", LevelFilter::WARN),
            ("Critical", LevelFilter::ERROR),
            ("DEBUG", LevelFilter::DEBUG),
            ("off", LevelFilter::OFF),
        ] {
            assert_eq!(text.parse(), Ok(Level(level)), "{text}");
        }
        assert!("loud".parse::<Level>().is_err());
    }
}
