//! What every route may use.

use app::App;
use std::sync::Arc;
use webkit::CallerSource;

/// Cheap to clone: handles alone.
#[derive(Clone)]
pub struct ApiState {
    pub app: App,
    pub callers: Arc<dyn CallerSource>,
}
