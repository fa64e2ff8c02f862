//! What a team gets wrong while it integrates: real requests that are refused, for the room *Refused requests*.

use crate::client::{Client, ClientFault};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// A key that was never one of ours, such as another product's.
    WrongKey,
    /// The key of the web site, where the backend's is needed.
    PublicKey,
    /// What was typed into a form, sent on unchecked.
    BadField,
    /// A field that an event must have.
    NoName,
    /// A browser goes back to a page whose one-time code was used.
    OldCode,
    /// The id of a run of somebody's test data.
    WrongRun,
}

impl Slip {
    /// Sends it; `code` is a one-time code that was used. A refusal is what is meant to come.
    pub(super) async fn make(self, client: &Client, code: Option<&str>) -> Result<(), ClientFault> {
        let Some(request) = self.request(client, code).await? else { return Ok(()) };
        match client.send("slip", request).await {
            Ok(_) | Err(ClientFault::Refused { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Nothing while there is no used code.
    async fn request(
        self,
        client: &Client,
        code: Option<&str>,
    ) -> Result<Option<RequestBuilder>, ClientFault> {
        let connection = client.connection();
        let post = |path: &str| client.request(Method::POST, path);
        let project = |request: RequestBuilder| request.header("x-api-key", &connection.project_key);
        let used = json!([{ "event_name": "feature_used", "user_id": "u_4711", "properties": {} }]);
        let trigger = |email: &str| json!({ "user_id": "u_4711", "email_id": email, "workflow_id": connection.workflow_id });
        Ok(Some(match self {
            Self::WrongKey => {
                post("/api/track").header("x-api-key", "pk_live_4eC39HqLyjWDarjtT1zdp7dc").json(&used)
            }
            Self::PublicKey => project(post("/trigger")).json(&trigger("robin@northwind-studio.example")),
            Self::NoName => {
                project(post("/api/track")).json(&json!([{ "user_id": "u_4711", "properties": {} }]))
            }
            Self::BadField => post("/trigger")
                .bearer_auth(client.token().await?)
                .json(&trigger("robin at northwind-studio")),
            Self::OldCode => {
                let Some(code) = code else { return Ok(None) };
                client.request(Method::GET, "/v1/ValidateAuthOTP").query(&[("authOTP", code)])
            }
            Self::WrongRun => post("/api/workflow").bearer_auth(client.token().await?).json(&json!({
                "workflowDesignTimeId": connection.workflow_id,
                "workflowRuntimeId": "6f1c2b1e-5f0a-4a9e-9d51-3a2b6b1f0c77",
                "tenantId": "ws_test", "tenantName": "Test", "userEmailId": "robin@northwind-studio.example",
                "thrivestackTenantId": "0b6f7c1a-2f83-4f0e-8a57-6d2e1c4b9a10",
            })),
        }))
    }
}
