//! `cargo xtask torture`: the tests of `cargo xtask test`, with more kills and more inputs than there is time for
//! before each commit.

use crate::{
    Outcome,
    test::{self, Run},
};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often the program is killed, at least
    #[arg(long, default_value_t = 300)]
    kills: u32,
    /// How many inputs a property is tried with that names no number of its own
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
    /// Repeat the run that printed this seed
    #[arg(long)]
    seed: Option<u64>,
    /// Run only the tests whose name contains this
    filter: Option<String>,
}

/// The tests read `THRIVESTACK_TEST_KILLS` and `THRIVESTACK_TEST_SEED`, the properties `PROPTEST_CASES`.
pub(crate) fn run(options: &Options) -> Outcome {
    let mut variables = vec![
        ("THRIVESTACK_TEST_KILLS", options.kills.to_string()),
        ("PROPTEST_CASES", options.cases.to_string()),
    ];
    variables.extend(options.seed.map(|seed| ("THRIVESTACK_TEST_SEED", seed.to_string())));
    test::run_as(Run { filter: options.filter.as_deref(), profile: Some("torture"), variables })
}
