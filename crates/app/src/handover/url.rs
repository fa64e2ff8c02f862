//! Addresses of hosted pages and of the builder's pages (domain 4.1, 4.5).

use super::HostedPage;
use crate::App;
use kernel::{RunId, WorkflowId};
use model::platform::Environment;
use model::run::Run;
use url::Url;

/// The address of a hosted page of a run. Clients rely on it containing a `?` (C24).
pub fn page_url(
    app: &App,
    environment: &Environment,
    workflow: WorkflowId,
    run: RunId,
    page: HostedPage,
    token: &str,
) -> Url {
    let mut url = app.options.public_url.clone();
    url.set_path(&format!("/{}/{}/{workflow}/{}/{token}", environment.product, environment.id, page.name()));
    url.set_fragment(None);
    url.set_query(None);
    ids(&mut url, environment, workflow, run);
    url
}

fn ids(url: &mut Url, environment: &Environment, workflow: WorkflowId, run: RunId) {
    url.query_pairs_mut()
        .append_pair("productId", &environment.product.to_string())
        .append_pair("environment", environment.stage.short())
        .append_pair("environmentId", &environment.id.to_string())
        .append_pair("runtimeId", &run.to_string())
        .append_pair("workflowId", &workflow.to_string());
}

/// The builder's onboarding page with everything that its readers know (decision D9): whatever query it had stays.
pub(super) fn onboarding(base: &Url, environment: &Environment, run: &Run, back: &Url, code: &str) -> Url {
    let mut url = base.clone();
    ids(&mut url, environment, run.workflow, run.id);
    url.query_pairs_mut()
        .append_pair("userEmail", run.email.as_str())
        .append_pair("userId", run.user_id.as_str())
        .append_pair("authOTP", code)
        .append_pair("returnUrl", back.as_str())
        .append_pair("redirect_url", back.as_str());
    url
}

/// The builder's home page, with a code where one is due.
pub(super) fn success(base: &Url, run: &Run, code: Option<&str>) -> Url {
    let mut url = base.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(code) = code {
            query.append_pair("authOTP", code);
        }
        query.append_pair("runtimeId", &run.id.to_string());
    }
    url
}
