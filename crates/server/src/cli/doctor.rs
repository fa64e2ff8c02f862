//! `thrivestack doctor`: see `crate::doctor`.

use super::{CliFault, Common, out};
use crate::{
    doctor::{self, Finding, Grade},
    log,
    wiring::Outside,
};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

/// Columns before the message.
const TOPIC_WIDTH: usize = 15;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the server listens, if that is not configured
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The address under which browsers and backends reach the server, if that is not configured
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Exit code 1 where something fails; what is merely odd is no failure.
pub(super) async fn run(common: &Common, options: Options) -> Result<ExitCode, CliFault> {
    let own = [("listen", options.listen.as_ref()), ("public_url", options.public_url.as_ref())];
    let found = match common.load(&own) {
        Ok((config, layers)) => {
            log::start(config.log_format, "off");
            doctor::examine(&config, &layers, &Outside::real()).await
        }
        Err(faults) => doctor::misconfigured(&faults),
    };
    let worst = found.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
    if options.json {
        let findings: Vec<_> = found.iter().map(Finding::json).collect();
        let all = json!({ "grade": worst.name(), "findings": findings });
        out::show(&format!("{all:#}\n"))?;
    } else {
        out::show(&told(&found))?;
    }
    Ok(if worst == Grade::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn told(found: &[Finding]) -> String {
    let mut text = String::new();
    for finding in found {
        let Finding { topic, grade, message, advice } = finding;
        text.push_str(&format!("{:<5} {topic:<TOPIC_WIDTH$} {message}\n", grade.name()));
        if let Some(advice) = advice {
            text.push_str(&format!("{:<5} {:<TOPIC_WIDTH$} → {advice}\n", "", ""));
        }
    }
    let count = |grade| found.iter().filter(|finding| finding.grade == grade).count();
    let end = match (count(Grade::Fail), count(Grade::Warn)) {
        (0, 0) => "Everything is well.".to_owned(),
        (0, odd) => format!("Everything works; look at {odd} of {}.", found.len()),
        (wrong, 0) => format!("{wrong} of {} to mend.", found.len()),
        (wrong, odd) => format!("{wrong} of {} to mend, {odd} to look at.", found.len()),
    };
    text + "\n" + &end + "\n"
}
