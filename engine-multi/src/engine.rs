//! The engine: its panel from its settings.

use std::{ffi::OsString, num::NonZeroUsize, time::Duration};

use engine_clamav::Clamav;
use engine_core::{BoxError, Engine, Scanner};
use engine_yara::Yara;
use futures_util::future::{join, join_all, try_join_all};
use tokio::time;

use crate::{
    Backend, Distill, Exec, Panel, Rule,
    settings::{BuiltIn, Choice, ExternalProgram, Settings},
};

/// The engine of the program `engine-multi`: YARA, ClamAV and any other program as one panel.
#[derive(Clone, Copy, Debug)]
pub struct Multi;

impl Engine for Multi {
    const NAME: &'static str = "engine-multi";
    const ABOUT: &'static str =
        "Scans with several backends at once: YARA rules, ClamAV, and programs of yours";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = (Settings, engine_yara::Settings, engine_clamav::Settings);
    type Scanner = Panel<Rule>;

    /// Starts all backends at once. A built-in one that cannot be made is an error: it was asked for. A program that does not
    /// start is a backend that fails.
    async fn build(
        (multi, yara, clamav): Self::Settings,
        at_once: NonZeroUsize,
    ) -> Result<Panel<Rule>, BoxError> {
        // A rule that cannot work is told before rules and signatures are loaded.
        multi.distill.fits(multi.backends.chosen().len() + multi.backend.len())?;
        let built_in = multi.backends.chosen().iter().map(async |backend| {
            let made = match backend {
                BuiltIn::Yara => Yara::build(yara.clone(), at_once).await.map(Backend::new),
                BuiltIn::Clamav => Clamav::build(clamav.clone(), at_once).await.map(Backend::new),
            };
            let made = made.map_err(|source| StartError::new(*backend, &multi, source))?;
            Ok::<_, StartError>(made.named(backend.as_str()))
        });
        let external = multi.backend.iter().map(|external| start(external, at_once));
        let (built_in, external) = join(try_join_all(built_in), join_all(external)).await;
        let limit = |backend: Backend| {
            let backend = backend.skip_after(multi.skip_after);
            match multi.backend_timeout {
                Some(after) => backend.timeout(after.0),
                None => backend,
            }
        };
        let backends = built_in?.into_iter().chain(external).map(limit).collect();
        let panel = Panel::new(backends, multi.distill)?;
        let required = multi.require.iter().flat_map(|names| names.split(',')).map(str::trim);
        let panel = panel.requiring(required)?;
        Ok(if multi.explain { panel.explaining() } else { panel })
    }

    /// The children of `engine_yara`, which runs in this program.
    fn child(args: Vec<OsString>) -> Result<(), BoxError> {
        engine_yara::child(args)
    }
}

/// How long the start of an engine waits for a program; the program may take longer.
const START_WITHIN: Duration = Duration::from_secs(5);

/// A program as a backend, started now, so that one that cannot work is told of before the first scan.
async fn start(ExternalProgram { name, program }: &ExternalProgram, at_once: NonZeroUsize) -> Backend {
    let program = Exec::new(name.clone(), program.clone(), at_once);
    match time::timeout(START_WITHIN, program.ready()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(backend = name, kind = %error.kind, "does not start, scans go without it: {error}");
        }
        Err(_) => tracing::warn!(backend = name, "takes its time to start, scans go without it until then"),
    }
    Backend::new(program)
}

/// A built-in backend that cannot be made.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("backend {name} cannot start; to go on without it: --backends {others}")]
    OneOfSeveral { name: &'static str, others: Choice, source: BoxError },
    #[error("backend {name} cannot start, and there is no other")]
    TheOnlyOne { name: &'static str, source: BoxError },
}

impl StartError {
    fn new(failed: BuiltIn, asked: &Settings, source: BoxError) -> Self {
        let (name, others) = (failed.as_str(), asked.backends.without(failed));
        if others.chosen().is_empty() && asked.backend.is_empty() {
            Self::TheOnlyOne { name, source }
        } else {
            Self::OneOfSeveral { name, others, source }
        }
    }
}
