//! Who is measured: the reference and our engine, each as its operator would start it, both with one idea of what is malicious.

use std::fs;

use anyhow::Context;
use engine_tests::{
    peers::reference::Reference,
    running::{Engine, Running},
    samples,
    testnet::Sample,
};
use tempfile::TempDir;

/// One of the two.
#[derive(Debug)]
pub(crate) enum Contender {
    Reference(Reference),
    Ours {
        engine: Engine,
        /// The folder that its rule lies in goes with it.
        _rule: TempDir,
    },
}

impl Contender {
    /// The reference with its own scanner for EICAR.
    pub(crate) fn reference() -> anyhow::Result<Self> {
        Reference::install()?.map(Self::Reference).context("there is nothing to compare with")
    }

    /// `engine-yara` with one rule, for EICAR.
    pub(crate) fn ours() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let rule = folder.path().join("eicar.yar");
        let text = hex::encode(samples::eicar());
        fs::write(&rule, format!("rule Eicar {{ strings: $text = {{ {text} }} condition: $text }}\n"))?;
        let engine = Engine::new("engine-yara", ["--rules".into(), rule.into_os_string()])?;
        Ok(Self::Ours { engine, _rule: folder })
    }

    pub(crate) fn start(&self, node: &str) -> anyhow::Result<Running> {
        match self {
            Self::Reference(reference) => reference.run(node),
            Self::Ours { engine, .. } => engine.run(node),
        }
    }

    pub(crate) fn log(&self) -> String {
        match self {
            Self::Reference(reference) => reference.log(),
            Self::Ours { engine, .. } => engine.log(),
        }
    }
}

/// What both scan.
pub(crate) fn artifacts() -> Vec<Sample> {
    let sample =
        |name: &str, truth, content: Vec<u8>| Sample { name: name.into(), truth, content: content.into() };
    let around = [samples::noise(50_000), samples::eicar(), samples::noise(50_000)].concat();
    vec![
        sample("m-eicar", true, samples::eicar()),
        sample("m-around", true, around),
        sample("b-clean", false, samples::clean()),
        sample("b-noise", false, samples::noise(100_000)),
    ]
}
