//! `GET /metrics`: counters that the crates record as they go, and gauges that are read when somebody asks.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Upper bounds of every histogram named `…_seconds`, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// What was recorded in this process since it began.
#[derive(Clone)]
pub struct Metrics(Option<PrometheusHandle>);

impl Metrics {
    /// The process's recorder, installed at the first call. Where somebody else has installed one before (a
    /// program that embeds us), nothing is rendered here.
    pub fn installed() -> Self {
        Self(RECORDER.get_or_init(|| install().ok()).clone())
    }

    /// The Prometheus text format 0.0.4.
    pub fn render(&self) -> String {
        self.0.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }

    /// Folds what histograms have collected; without it they grow until somebody asks.
    pub fn keep_up(&self) {
        if let Some(handle) = &self.0 {
            handle.run_upkeep();
        }
    }
}

fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}
