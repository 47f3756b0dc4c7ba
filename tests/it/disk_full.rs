//! The journal's disk is full, really: nothing new is staked, what is owed is revealed and settled, and with room again it goes on.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use engine_tests::{
    running::{Engine, workspace},
    samples,
    testnet::{Sample, Settings, Testnet},
};
use tempfile::TempDir;

/// A small disk in memory.
struct Disk(TempDir);

impl Disk {
    /// `None` where this process may not mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        for block in [4096, 1] {
            while file.write_all(&vec![0; block]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_full_disk_nothing_is_staked_and_what_is_owed_is_revealed() {
    let Some(disk) = Disk::mount() else {
        eprintln!("SKIPPED: a small disk cannot be mounted here (that needs root)");
        return;
    };
    let rules = workspace("deploy/rules/demo");
    let engine = Engine::new("engine-yara", ["--rules".into(), rules.into_os_string()]).unwrap();
    let engine = engine.journal_at(disk.path().join("journal.db"));
    let eicar = Sample::new("m", true, samples::eicar());
    let settings = Settings {
        samples: vec![eicar],
        expiration_blocks: 30,
        reveal_blocks: 20,
        vote_blocks: 4,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let story = async {
        let mut running = engine.run(&net.url()).unwrap();
        running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
        let owed = net.post_bounty().to_string();
        net.until(|report| report.bounties.iter().any(|b| b.guid == owed && b.asserted)).await;
        // What comes of it is noted, and then there is no room for anything.
        while !engine.log().contains("done bounty=") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let filler = disk.fill();
        let refused = net.post_bounty().to_string();
        while !engine.log().contains("not taken: nothing is staked that cannot be sealed") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        net.until(|report| report.bounties.iter().any(|b| b.guid == owed && b.settled)).await;
        std::fs::remove_file(filler).unwrap();
        let later = net.post_bounty().to_string();
        net.until(|report| report.bounties.iter().any(|b| b.guid == later && b.asserted)).await;
        assert!(running.stop().await.unwrap().success());
        let report = net.report();
        let of = |guid: &str| report.bounties.iter().find(|b| b.guid == guid).unwrap();
        assert!(of(&owed).correct && (of(&owed).assertions, of(&owed).reveals) == (1, 1), "{report:#?}");
        assert_eq!(of(&refused).assertions, 0);
    };
    let told = net.mine_while(Duration::from_millis(150), story);
    let ended = tokio::time::timeout(Duration::from_secs(120), told).await;
    assert!(ended.is_ok(), "{}", engine.log());
}
