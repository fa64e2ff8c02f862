//! Where the pages are. Handlers and templates build links from these, never from strings of their own.

use kernel::{DeliveryId, Env, KeyId, MailId, RequestId, RunId};
use model::platform::Stage;
use url::form_urlencoded::Serializer;

pub(crate) use app::path::{CONSOLE, SETUP, settings};

pub(crate) const SIGN_IN: &str = "/console/sign-in";
pub(crate) const SIGN_OUT: &str = "/console/sign-out";
pub(crate) const SIGN_OUT_EVERYWHERE: &str = "/console/sign-out-everywhere";
pub(crate) const ACCOUNT: &str = "/console/account";

/// The guide, for everybody.
pub(crate) const DOCS: &str = "/docs";
pub(crate) const DOCS_SEARCH: &str = "/docs/search";

/// A page of the guide; the first one has no name.
pub(crate) fn guide(name: &str) -> String {
    if name.is_empty() { DOCS.to_owned() } else { format!("{DOCS}/{name}") }
}

pub(crate) fn home(stage: Stage) -> String {
    format!("{CONSOLE}/{}", stage.short())
}

pub(crate) fn integration(stage: Stage) -> String {
    format!("{}/integration", home(stage))
}

/// Where a signup is played.
pub(crate) fn try_out(stage: Stage) -> String {
    format!("{}#try", home(stage))
}

pub(crate) fn runs(stage: Stage) -> String {
    format!("{}/runs", home(stage))
}

pub(crate) fn run(stage: Stage, id: RunId) -> String {
    format!("{}/{id}", runs(stage))
}

pub(crate) fn run_act(stage: Stage, id: RunId, act: &str) -> String {
    format!("{}/{act}", run(stage, id))
}

pub(crate) fn waitlist(stage: Stage) -> String {
    format!("{}/waitlist", home(stage))
}

pub(crate) fn waitlist_admit(stage: Stage) -> String {
    format!("{}/admit", waitlist(stage))
}

/// *Waitlist* after several were admitted there.
pub(crate) fn waitlist_done(stage: Stage, admitted: usize, skipped: usize) -> String {
    with(&waitlist(stage), &[("admitted", &admitted.to_string()), ("skipped", &skipped.to_string())])
}

/// Where it is set how many users pass without waiting.
pub(crate) fn waitlist_setting(stage: Stage) -> String {
    format!("{}#waitlist", settings(stage))
}

pub(crate) fn search(stage: Stage) -> String {
    format!("{}/search", home(stage))
}

pub(crate) fn try_signup(stage: Stage) -> String {
    format!("{}/try", home(stage))
}

pub(crate) fn users(stage: Stage) -> String {
    format!("{}/users", home(stage))
}

/// A person's page. The id is the builder's and may be any text: it stands in the query.
pub(crate) fn user(stage: Stage, user_id: &str) -> String {
    with(&format!("{}/one", users(stage)), &[("id", user_id)])
}

/// Where a person is made new, in Development.
pub(crate) fn user_reset(stage: Stage, user_id: &str) -> String {
    with(&format!("{}/reset", users(stage)), &[("id", user_id)])
}

/// A person's page after that.
pub(crate) fn user_was_reset(stage: Stage, user_id: &str) -> String {
    with(&format!("{}/one", users(stage)), &[("id", user_id), ("reset", "done")])
}

/// What is new in the list of runs.
pub(crate) fn runs_tail(stage: Stage) -> String {
    format!("{}/tail", runs(stage))
}

pub(crate) fn accounts(stage: Stage) -> String {
    format!("{}/accounts", home(stage))
}

/// An account's page, by any of its ids.
pub(crate) fn account(stage: Stage, any_id: &str) -> String {
    with(&format!("{}/one", accounts(stage)), &[("id", any_id)])
}

pub(crate) fn mails(stage: Stage) -> String {
    format!("{}/mails", home(stage))
}

pub(crate) fn mail(stage: Stage, id: MailId) -> String {
    format!("{}/{id}", mails(stage))
}

/// A mail as a file.
pub(crate) fn mail_file(stage: Stage, id: MailId) -> String {
    format!("{}/message.eml", mail(stage, id))
}

/// A mail's HTML alone, for its frame.
pub(crate) fn mail_html(stage: Stage, id: MailId) -> String {
    format!("{}/html", mail(stage, id))
}

pub(crate) fn mail_send(stage: Stage, id: MailId) -> String {
    format!("{}/send", mail(stage, id))
}

pub(crate) fn webhooks(stage: Stage) -> String {
    format!("{}/webhooks", home(stage))
}

pub(crate) fn webhook(stage: Stage, id: DeliveryId) -> String {
    format!("{}/{id}", webhooks(stage))
}

pub(crate) fn webhook_test(stage: Stage) -> String {
    format!("{}/test", webhooks(stage))
}

/// How a receiver is written.
pub(crate) fn webhook_integrate(stage: Stage) -> String {
    format!("{}/integrate", webhooks(stage))
}

/// Where the endpoint is set.
pub(crate) fn webhook_settings(stage: Stage) -> String {
    format!("{}#webhook", settings(stage))
}

/// Where the secret is shown.
pub(crate) fn secret_place(stage: Stage) -> String {
    format!("{}#secret", settings(stage))
}

/// Refused requests.
pub(crate) fn requests(stage: Stage) -> String {
    format!("{}/requests", home(stage))
}

/// What became of a request, by the id that its answer carries.
pub(crate) fn request(stage: Stage, id: RequestId) -> String {
    format!("{}/{id}", requests(stage))
}

pub(crate) fn workflows(stage: Stage) -> String {
    format!("{}/workflows", home(stage))
}

pub(crate) fn keys(stage: Stage) -> String {
    format!("{}/keys", home(stage))
}

/// One key in the list.
pub(crate) fn key(stage: Stage, id: KeyId) -> String {
    format!("{}#key-{id}", keys(stage))
}

pub(crate) fn key_new(stage: Stage) -> String {
    format!("{}/new", keys(stage))
}

pub(crate) fn key_revoke(stage: Stage, id: KeyId) -> String {
    format!("{}/{id}/revoke", keys(stage))
}

/// *Settings* after something was done there.
pub(crate) fn settings_done(stage: Stage, done: &str) -> String {
    with(&settings(stage), &[("done", done)])
}

/// *Settings* with the secret in the open.
pub(crate) fn secret(stage: Stage) -> String {
    with(&settings(stage), &[("secret", "shown")])
}

pub(crate) fn enable(stage: Stage) -> String {
    format!("{}/enable", settings(stage))
}

pub(crate) fn test_mail(stage: Stage) -> String {
    format!("{}/test-mail", settings(stage))
}

/// Hosted pages with what is typed in *Settings*.
pub(crate) fn settings_preview(stage: Stage) -> String {
    format!("{}/preview", settings(stage))
}

/// The words of the hosted pages and mails.
pub(crate) fn wording(stage: Stage) -> String {
    format!("{}/words", settings(stage))
}

pub(crate) fn wording_preview(stage: Stage) -> String {
    format!("{}/preview", wording(stage))
}

pub(crate) fn logo(stage: Stage) -> String {
    format!("{}/logo", settings(stage))
}

pub(crate) fn logo_preview(stage: Stage) -> String {
    format!("{}/preview", logo(stage))
}

/// Where a logo that was removed is shown again.
pub(crate) fn logo_restore(stage: Stage) -> String {
    format!("{}/restore", logo(stage))
}

pub(crate) fn logo_remove(stage: Stage) -> String {
    format!("{}/remove", logo(stage))
}

/// A logo for everybody. Its name is made of its content.
pub(crate) fn logo_file(env: Env, name: &str) -> String {
    format!("/assets/logo/{env}/{name}")
}

/// The part of *Settings* that says how mails leave.
pub(crate) fn settings_mail(stage: Stage) -> String {
    format!("{}#mail", settings(stage))
}

pub(crate) fn rotate(stage: Stage) -> String {
    format!("{}/rotate", settings(stage))
}

/// Sign-in, coming back to `next` afterwards.
pub(crate) fn sign_in(next: &str) -> String {
    with(SIGN_IN, &[("next", next)])
}

/// A path inside the console, or its entrance: a form's `next` may name nothing else.
pub(crate) fn inside(next: &str) -> &str {
    let ours = next == CONSOLE || next.starts_with("/console/") || next.starts_with("/console?");
    let plain = !next.contains(['\\', '\r', '\n', '\t']) && !next.contains("//");
    if ours && plain { next } else { CONSOLE }
}

/// A page with what it is asked for; empty values are left out.
pub(crate) fn with(path: &str, query: &[(&str, &str)]) -> String {
    let mut pairs = Serializer::new(String::new());
    pairs.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    let query = pairs.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
