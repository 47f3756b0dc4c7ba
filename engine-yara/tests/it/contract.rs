//! The contract suite, on libyara in children and in this process.

use std::num::NonZeroUsize;

use engine_core::testing::Contract;
use engine_yara::{Options, YaraScanner};

use crate::{children::program, demo::demo_rules};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

#[tokio::test(flavor = "multi_thread")]
async fn children_keep_the_contract() {
    let options = Options::new([demo_rules()]);
    Contract::new(YaraScanner::start_with(program(), options, TWO).await.unwrap()).assert().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_this_process() {
    let options = Options::new([demo_rules()]).sandbox(false);
    Contract::new(YaraScanner::start(options, TWO).await.unwrap()).assert().await;
}
