//! The JSON of a tenant's webhook: the union of the two documented shapes (domain 2.9, decision D8).
//!
//! Receivers of either kind find every key they know. A key is never missing: what is unknown is `null`
//! (numbers, ids) or `""` (texts).

use crate::enrichment::{Enrichment, Place};
use kernel::{RunId, TenantId, WorkflowId};
use serde::Serialize;

/// What a run knows when its tenant is provisioned or joined.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub workflow: WorkflowId,
    pub run: RunId,
    pub tenant: TenantId,
    pub email: &'a str,
    pub enrichment: &'a Enrichment,
}

/// One message about one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantData {
    tenant_provisioning_data: Provisioning,
    enrichment_data: EnrichmentData,
    #[serde(flatten)]
    event: Event,
    /// Only in a test, and always true there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

/// Whom a test speaks of: nobody, at a domain that nobody can have (RFC 2606).
pub const TEST_EMAIL: &str = "test@example.com";
/// The account of a test.
pub const TEST_ACCOUNT: &str = "Test account (not real)";

impl TenantData {
    /// What *Send test* sends: every key of a new account, `"test": true`, and the nil UUID where a run and a tenant would
    /// stand. A receiver verifies it, answers 2xx and provisions nothing.
    pub fn test(workflow: WorkflowId, plan: Option<&str>, role: &str) -> Self {
        let nothing = Enrichment::default();
        let facts = Facts {
            workflow,
            run: RunId::NIL,
            tenant: TenantId::NIL,
            email: TEST_EMAIL,
            enrichment: &nothing,
        };
        Self { test: true, ..Self::created(&facts, plan, role, TEST_ACCOUNT) }
    }

    /// A new account. `plan` is None where the workflow has no plan node (decision D23); `role` by decision
    /// D24.
    pub fn created(facts: &Facts<'_>, plan: Option<&str>, role: &str, account_name: &str) -> Self {
        Self::new(
            facts,
            Event::AccountCreated {
                request: CreateAccountRequest {
                    workflow: facts.workflow,
                    run: facts.run,
                    user_email_id: facts.email.to_owned(),
                    pricing_plan_id: plan.map(str::to_owned),
                    app_role_id: role.to_owned(),
                    account_name: account_name.to_owned(),
                    thrivestack_tenant_id: facts.tenant,
                },
            },
        )
    }

    /// A person who joins accounts that exist, named by the builder's own ids.
    pub fn joined(facts: &Facts<'_>, account_ids: Vec<String>) -> Self {
        Self::new(
            facts,
            Event::AccountAddedUser {
                request: JoinAccountRequest {
                    workflow: facts.workflow,
                    run: facts.run,
                    user_email_id: facts.email.to_owned(),
                    account_ids,
                },
            },
        )
    }

    fn new(facts: &Facts<'_>, event: Event) -> Self {
        Self {
            tenant_provisioning_data: Provisioning {
                ts_tenant_id: facts.tenant,
                // The message is made in the transaction that writes the tenant's row.
                is_ts_provisioning_success: true,
            },
            enrichment_data: facts.enrichment.into(),
            event,
            test: false,
        }
    }

    /// The bytes to sign, to keep and to send.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts, numbers and lists always serialise")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Provisioning {
    ts_tenant_id: TenantId,
    is_ts_provisioning_success: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "eventType", rename_all = "snake_case")]
enum Event {
    AccountCreated {
        #[serde(rename = "createAccountRequest")]
        request: CreateAccountRequest,
    },
    AccountAddedUser {
        #[serde(rename = "joinAccountRequest")]
        request: JoinAccountRequest,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateAccountRequest {
    #[serde(rename = "workflowDesignTimeId")]
    workflow: WorkflowId,
    #[serde(rename = "workflowRuntimeId")]
    run: RunId,
    user_email_id: String,
    pricing_plan_id: Option<String>,
    app_role_id: String,
    account_name: String,
    thrivestack_tenant_id: TenantId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinAccountRequest {
    #[serde(rename = "workflowDesignTimeId")]
    workflow: WorkflowId,
    #[serde(rename = "workflowRuntimeId")]
    run: RunId,
    user_email_id: String,
    account_ids: Vec<String>,
}

/// The first shape's `enrichment_data`, which providers of this kind of data have made common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct EnrichmentData {
    ip: String,
    /// Whether the company was guessed from the address; we never do.
    fuzzy: bool,
    domain: String,
    /// `company` for a company's own domain.
    r#type: String,
    company: Company,
    #[serde(rename = "geoIP")]
    geo_ip: GeoIp,
    /// `very_high`, `high`, `medium` or `low`.
    confidence_score: String,
    role: String,
    seniority: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Company {
    name: String,
    tags: Vec<String>,
    metrics: Metrics,
    domain: String,
    email_provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    alexa_us_rank: Option<u64>,
    alexa_global_rank: Option<u64>,
    employees: Option<u64>,
    employees_range: String,
    raised: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct GeoIp {
    city: String,
    state: String,
    state_code: String,
    country: String,
    country_code: String,
}

impl From<&Enrichment> for EnrichmentData {
    fn from(known: &Enrichment) -> Self {
        let company_domain = known.company_domain().unwrap_or_default();
        Self {
            ip: known.ip.clone(),
            fuzzy: false,
            domain: known.domain.clone(),
            r#type: if company_domain.is_empty() { "" } else { "company" }.to_owned(),
            company: Company {
                name: known.company_name().unwrap_or_default(),
                tags: Vec::new(),
                metrics: Metrics::default(),
                domain: company_domain.to_owned(),
                email_provider: known.email_provider.clone(),
            },
            geo_ip: (&known.place).into(),
            confidence_score: if known.domain.is_empty() { "" } else { known.confidence() }.to_owned(),
            role: String::new(),
            seniority: String::new(),
        }
    }
}

impl From<&Place> for GeoIp {
    fn from(place: &Place) -> Self {
        Self {
            city: place.city.clone(),
            state: place.state.clone(),
            state_code: place.state_code.clone(),
            country: place.country.clone(),
            country_code: place.country_code.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const UUID: &str = "018f2b7e-7f0a-7cc3-98c4-dc0c0c07398f";

    /// Every key that the contract's `webhook_tenant_data` names, as JSON pointers.
    const TENANT_DATA_KEYS: &[&str] = &[
        "/tenant_provisioning_data/ts_tenant_id",
        "/tenant_provisioning_data/is_ts_provisioning_success",
        "/eventType",
        "/createAccountRequest/workflowDesignTimeId",
        "/createAccountRequest/workflowRuntimeId",
        "/createAccountRequest/userEmailId",
        "/createAccountRequest/pricingPlanId",
        "/createAccountRequest/appRoleId",
        "/createAccountRequest/accountName",
        "/createAccountRequest/thrivestackTenantId",
        "/enrichment_data/ip",
        "/enrichment_data/fuzzy",
        "/enrichment_data/domain",
        "/enrichment_data/type",
        "/enrichment_data/company/name",
        "/enrichment_data/company/tags",
        "/enrichment_data/company/metrics/employees",
        "/enrichment_data/company/metrics/employeesRange",
        "/enrichment_data/company/metrics/alexaUsRank",
        "/enrichment_data/company/metrics/alexaGlobalRank",
        "/enrichment_data/company/metrics/raised",
        "/enrichment_data/geoIP/city",
        "/enrichment_data/geoIP/state",
        "/enrichment_data/geoIP/stateCode",
        "/enrichment_data/geoIP/country",
        "/enrichment_data/geoIP/countryCode",
        "/enrichment_data/confidenceScore",
        "/enrichment_data/role",
        "/enrichment_data/seniority",
    ];

    const JOIN_KEYS: &[&str] = &[
        "/tenant_provisioning_data/ts_tenant_id",
        "/tenant_provisioning_data/is_ts_provisioning_success",
        "/eventType",
        "/joinAccountRequest/workflowDesignTimeId",
        "/joinAccountRequest/workflowRuntimeId",
        "/joinAccountRequest/userEmailId",
        "/joinAccountRequest/accountIds",
        "/enrichment_data/company/name",
    ];

    fn facts(enrichment: &Enrichment) -> Facts<'_> {
        Facts {
            workflow: UUID.parse().unwrap(),
            run: UUID.parse().unwrap(),
            tenant: UUID.parse().unwrap(),
            email: "ada@acme.example",
            enrichment,
        }
    }

    fn json_of(data: &TenantData) -> Value {
        serde_json::from_str(&data.to_json()).unwrap()
    }

    #[test]
    fn every_key_is_there_even_when_nothing_is_known() {
        let nothing = Enrichment::default();
        let created = json_of(&TenantData::created(&facts(&nothing), None, "", ""));
        for key in TENANT_DATA_KEYS {
            assert!(created.pointer(key).is_some(), "{key} is missing in {created}");
        }
        let joined = json_of(&TenantData::joined(&facts(&nothing), Vec::new()));
        for key in JOIN_KEYS {
            assert!(joined.pointer(key).is_some(), "{key} is missing in {joined}");
        }
        assert!(joined.get("createAccountRequest").is_none());
        assert!(created.get("joinAccountRequest").is_none());
    }

    #[test]
    fn a_new_account_in_full() {
        let place = Place { country: "Germany".into(), country_code: "DE".into(), ..Place::default() };
        let enrichment = Enrichment::of_email("ada@acme.com").at("203.0.113.7".into(), place);
        let data = TenantData::created(&facts(&enrichment), Some("free"), "admin", "Acme");
        assert_eq!(
            json_of(&data),
            json!({
                "tenant_provisioning_data": {"ts_tenant_id": UUID, "is_ts_provisioning_success": true},
                "enrichment_data": {
                    "ip": "203.0.113.7", "fuzzy": false, "domain": "acme.com", "type": "company",
                    "company": {
                        "name": "Acme", "tags": [],
                        "metrics": {"alexaUsRank": null, "alexaGlobalRank": null, "employees": null,
                                    "employeesRange": "", "raised": null},
                        "domain": "acme.com", "emailProvider": "custom domain",
                    },
                    "geoIP": {"city": "", "state": "", "stateCode": "", "country": "Germany", "countryCode": "DE"},
                    "confidenceScore": "medium", "role": "", "seniority": "",
                },
                "eventType": "account_created",
                "createAccountRequest": {
                    "workflowDesignTimeId": UUID, "workflowRuntimeId": UUID, "userEmailId": "ada@acme.example",
                    "pricingPlanId": "free", "appRoleId": "admin", "accountName": "Acme",
                    "thrivestackTenantId": UUID,
                },
            })
        );
    }

    #[test]
    fn a_joining_person_names_the_builders_accounts() {
        let nothing = Enrichment::default();
        let data = TenantData::joined(&facts(&nothing), vec!["acme-1".into(), "acme-2".into()]);
        assert_eq!(json_of(&data)["eventType"], "account_added_user");
        assert_eq!(json_of(&data)["joinAccountRequest"]["accountIds"], json!(["acme-1", "acme-2"]));
    }

    #[test]
    fn a_test_has_every_key_and_says_what_it_is() {
        let test = json_of(&TenantData::test(UUID.parse().unwrap(), Some("free"), "admin"));
        for key in TENANT_DATA_KEYS {
            assert!(test.pointer(key).is_some(), "{key} is missing in {test}");
        }
        assert_eq!(test["test"], true);
        assert_eq!(test["createAccountRequest"]["workflowRuntimeId"], "00000000-0000-0000-0000-000000000000");
        let real = json_of(&TenantData::created(&facts(&Enrichment::default()), None, "", ""));
        assert_eq!(real.get("test"), None);
    }

    #[test]
    fn free_mail_is_nobodys_company() {
        let enrichment = Enrichment::of_email("ada@gmail.com");
        let data = json_of(&TenantData::created(&facts(&enrichment), None, "", ""))["enrichment_data"].take();
        assert_eq!(data["domain"], "gmail.com");
        assert_eq!(data["type"], "");
        assert_eq!(data["company"]["name"], "");
        assert_eq!(data["confidenceScore"], "low");
    }
}
