//! What the contract promises and we do not serve yet. The run prints it; an entry goes when its part is built.

const ENRICHMENT: &str = "reading enrichment comes with the enrichment rooms";
const GRAPHQL: &str = "the growth-intelligence API comes with the analytics rooms";
const INVITATION: &str = "invitations are a workflow of their own, which comes later";
const JOIN: &str = "no template joins an existing account yet";
const MANAGEMENT_TOKEN: &str = "the default management token comes with the browser SDK";
const MCP: &str = "the MCP server comes with the analytics rooms";
const REVENUE: &str = "the revenue APIs come with the monetization rooms";
const SCRIPT: &str = "the browser script comes with the SDKs";
const USERS: &str = "user management comes with the account rooms";

/// Cases by name, each with why.
pub(super) const CASES: &[(&str, &str)] = &[
    ("webhook_join", JOIN),
    ("ack_sample_app_join", JOIN),
    ("default_management_token", MANAGEMENT_TOKEN),
    ("get_enrichment_data", ENRICHMENT),
    ("trigger_invitation", INVITATION),
    ("trigger_invitation_old_names", INVITATION),
    ("user_list", USERS),
    ("user_list_capitalised_filters", USERS),
    ("role_list", USERS),
    ("user_roles_alias", USERS),
    ("role_update", USERS),
    ("team_update", USERS),
    ("user_list_wrong_scope", USERS),
    ("subscription_create", REVENUE),
    ("subscription_update", REVENUE),
    ("subscription_update_unknown", REVENUE),
    ("subscription_no_scope", REVENUE),
    ("subscription_item_create", REVENUE),
    ("invoice_create", REVENUE),
    ("invoice_delete", REVENUE),
    ("transaction_create", REVENUE),
    ("transaction_update_date_field", REVENUE),
    ("gql_get_accounts", GRAPHQL),
    ("gql_get_accounts_bad_key", GRAPHQL),
    ("gql_get_account_by_id", GRAPHQL),
    ("gql_get_users", GRAPHQL),
    ("gql_get_user_by_id", GRAPHQL),
    ("gql_account_enrichment", GRAPHQL),
    ("mcp_ping", MCP),
    ("sdk_script", SCRIPT),
];

/// Cases that are run but for one part.
pub(super) const PARTS: &[(&str, &str, &str)] = &[(
    "redirect_to_home",
    "cookies",
    "with bring-your-own authentication the builder's app sets its own; ours come with hosted sign-in",
)];

pub(super) fn reason(name: &str) -> Option<&'static str> {
    CASES.iter().find(|(known, _)| *known == name).map(|(_, reason)| *reason)
}

pub(super) fn has(name: &str, part: &str) -> bool {
    PARTS.iter().any(|(known, listed, _)| (*known, *listed) == (name, part))
}
