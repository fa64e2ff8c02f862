use super::*;
use crate::setting::{Choice, Settings};
use kernel::Timestamp;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn definition() -> Definition {
    Definition::prosumer(WorkflowId::from_uuid(Default::default()))
}

fn subject(email: &str) -> Subject {
    Subject {
        user_id: UserId::new("u-1").unwrap(),
        email: email.parse().unwrap(),
        role: None,
        end_user: EndUserId::from_uuid(Default::default()),
        tenant: TenantId::from_uuid(Default::default()),
        enrichment: Enrichment::of_email(email),
    }
}

fn new_run(kind: RunKind) -> Run {
    begin(&definition(), RunId::from_uuid(Default::default()), kind, subject("ada@acme.com"), NOW)
}

fn facts(settings: &Settings) -> Facts<'_> {
    Facts { now: NOW, settings, admitted: 0, has_place: false, early_ack: None }
}

fn step(run: Run, event: Event, settings: &Settings) -> Step {
    advance(&definition(), run, &event, &facts(settings)).unwrap()
}

fn waiting() -> Run {
    step(new_run(RunKind::Signup), Event::Triggered, &Settings::new("Acme")).run
}

fn names(step: &Step) -> Vec<&'static str> {
    step.events.iter().map(|event| event.name).collect()
}

fn tenant(id: &str) -> BuilderTenant {
    BuilderTenant { id: Some(id.to_owned()), name: None }
}

#[test]
fn a_trigger_runs_every_local_node_in_one_step_and_waits_for_the_ack() {
    let first = step(new_run(RunKind::Signup), Event::Triggered, &Settings::new("Acme"));
    assert_eq!(first.run.state, RunState::Waiting);
    assert_eq!(first.run.waiting_for, Some(WaitingFor::Ack));
    assert_eq!(first.effects, [Effect::AdmitUser, Effect::CreateTenant, Effect::SendWebhook]);
    assert_eq!(names(&first), ["signed_up", "user_enriched", "group_enriched"]);
    assert!(first.events.iter().all(|event| !event.with_group), "no group id before the ack (D26)");
    assert_eq!(first.run.plan.unwrap().id, crate::setting::FREE_TRIAL);
}

#[test]
fn the_ack_stores_lead_and_mail_and_completes_the_run() {
    let done = step(waiting(), Event::Acked(tenant("t-9")), &Settings::new("Acme"));
    assert_eq!(done.run.state, RunState::Completed);
    assert_eq!(
        done.effects,
        [Effect::StopJobs, Effect::BindTenant, Effect::StoreLead, Effect::WriteWelcomeMail]
    );
    assert_eq!(names(&done), ["account_created", "account_added_user"]);
    assert_eq!(done.run.group_id(), "t-9");
    assert!(done.run.is_ready_for_browser());
}

#[test]
fn over_the_limit_the_run_parks_until_somebody_admits_it() {
    let mut settings = Settings::new("Acme");
    settings.waitlist_limit = Some(0);
    let parked = step(new_run(RunKind::Signup), Event::Triggered, &settings);
    assert_eq!(parked.run.waiting_for, Some(WaitingFor::Waitlist));
    assert!(parked.effects.is_empty(), "a parked user takes no place");
    assert_eq!(names(&parked).last(), Some(&"user_waitlisted"));
    let refused = advance(&definition(), parked.run.clone(), &Event::Skip, &facts(&settings));
    assert_eq!(refused, Err(Refusal::NotWaiting));

    let admitted = step(parked.run, Event::Admitted, &settings);
    assert_eq!(admitted.effects, [Effect::AdmitUser, Effect::CreateTenant, Effect::SendWebhook]);
    assert_eq!(admitted.run.waiting_for, Some(WaitingFor::Ack));
}

#[test]
fn an_early_ack_ends_the_wait_as_it_begins() {
    let settings = Settings::new("Acme");
    let early = Facts { early_ack: Some(tenant("t-1")), ..facts(&settings) };
    let through = advance(&definition(), new_run(RunKind::Signup), &Event::Triggered, &early).unwrap();
    assert_eq!(through.run.state, RunState::Completed);
    assert_eq!(through.run.group_id(), "t-1");
    assert!(!through.effects.contains(&Effect::SendWebhook), "nothing is sent for an acknowledged run");

    let mut disabled = Settings::new("Acme");
    disabled.webhook.disabled_at = Some(NOW);
    let early = Facts { early_ack: Some(tenant("t-1")), ..facts(&disabled) };
    let through = advance(&definition(), new_run(RunKind::Signup), &Event::Triggered, &early).unwrap();
    assert_eq!(through.run.state, RunState::Completed, "a dead endpoint does not matter any more");
}

#[test]
fn a_user_who_has_a_place_is_not_parked_again() {
    let mut settings = Settings::new("Acme");
    settings.waitlist_limit = Some(1);
    let full = Facts { admitted: 1, has_place: true, ..facts(&settings) };
    let again = advance(&definition(), new_run(RunKind::Signup), &Event::Triggered, &full).unwrap();
    assert_eq!(again.run.waiting_for, Some(WaitingFor::Ack));
    assert!(!again.effects.contains(&Effect::AdmitUser), "nobody takes two places");
}

#[test]
fn an_ack_after_a_skip_binds_the_builders_tenant_and_says_so() {
    let settings = Settings::new("Acme");
    let skipped = step(waiting(), Event::Skip, &settings);
    let without = step(skipped.run.clone(), Event::Acked(BuilderTenant::default()), &settings);
    assert!(without.events.is_empty(), "no other id than was said");
    let bound = step(skipped.run, Event::Acked(tenant("t-9")), &settings);
    assert_eq!((bound.run.group_id().as_str(), bound.effects), ("t-9", vec![Effect::BindTenant]));
    let [again] = &bound.events[..] else { panic!("one event, with both ids: {:?}", bound.events) };
    let first = &skipped.events[1];
    assert_eq!(
        (again.name, again.with_group, &again.properties["account_id"]),
        (first.name, true, &json!("t-9"))
    );
    let id = |event: &Emitted| (event.node.clone(), event.iteration, event.name);
    assert_eq!(id(again), id(first), "the same message id: counted once");
}

#[test]
fn a_role_without_an_id_is_the_one_that_is_set() {
    for (id, applied) in [("", crate::setting::ADMIN), ("owner", "owner")] {
        let mut run = new_run(RunKind::Signup);
        run.role = Some(Choice { id: id.to_owned(), name: "Owner".to_owned() });
        let step = step(run, Event::Triggered, &Settings::new("Acme"));
        assert_eq!(step.run.applied_role.unwrap().id, applied);
    }
}

#[test]
fn no_ack_is_sent_again_and_then_an_incident_that_a_late_ack_resolves() {
    let settings = Settings::new("Acme");
    let again = step(waiting(), Event::AckOverdue { resends_max: 1 }, &settings);
    assert_eq!(again.effects, [Effect::ResendWebhook]);
    let stopped = step(again.run, Event::AckOverdue { resends_max: 1 }, &settings);
    assert_eq!(stopped.run.state, RunState::Incident);
    assert_eq!(stopped.run.incident.as_ref().unwrap().reason, IncidentReason::NeverAcknowledged);
    let late = step(stopped.run, Event::Acked(tenant("t-1")), &settings);
    assert_eq!(late.run.state, RunState::Completed);
    assert_eq!(late.run.incident, None);
}

#[test]
fn an_operator_retries_skips_or_cancels_an_incident() {
    let settings = Settings::new("Acme");
    let incident = step(waiting(), Event::DeliveryFailed("503".into()), &settings).run;
    let retried = step(incident.clone(), Event::Retry, &settings);
    assert_eq!(retried.run.waiting_for, Some(WaitingFor::Ack));
    assert_eq!(retried.effects, [Effect::StopJobs, Effect::RetryWebhook]);

    let skipped = step(incident.clone(), Event::Skip, &settings);
    assert_eq!(skipped.run.state, RunState::Completed);
    assert_eq!(names(&skipped), ["account_created", "account_added_user"]);
    assert_eq!(skipped.run.group_id(), skipped.run.tenant.to_string(), "ours where none came (D26)");

    let cancelled = step(incident, Event::Cancel, &settings);
    assert_eq!(cancelled.run.state, RunState::Cancelled);
    let late = advance(&definition(), cancelled.run, &Event::Acked(tenant("t")), &facts(&settings));
    assert_eq!(late, Err(Refusal::Cancelled));
}

#[test]
fn a_disabled_endpoint_loses_no_signup() {
    let mut settings = Settings::new("Acme");
    settings.webhook.disabled_at = Some(NOW);
    let stopped = step(new_run(RunKind::Signup), Event::Triggered, &settings);
    assert_eq!(stopped.run.state, RunState::Incident);
    assert_eq!(stopped.run.incident.as_ref().unwrap().reason, IncidentReason::EndpointDisabled);
    settings.webhook.disabled_at = None;
    assert_eq!(step(stopped.run, Event::Retry, &settings).run.state, RunState::Waiting);
}

#[test]
fn a_completed_run_refuses_operators_and_a_second_ack() {
    let settings = Settings::new("Acme");
    let done = step(waiting(), Event::Acked(tenant("t")), &settings).run;
    for event in [Event::Retry, Event::Skip, Event::Acked(tenant("t"))] {
        let refused = advance(&definition(), done.clone(), &event, &facts(&settings));
        assert_eq!(refused, Err(Refusal::NotWaiting), "{event:?}");
    }
    assert_eq!(advance(&definition(), done, &Event::Cancel, &facts(&settings)), Err(Refusal::Finished));
}

#[test]
fn a_login_signs_in_and_sends_no_webhook() {
    let login = step(new_run(RunKind::Login), Event::Triggered, &Settings::new("Acme"));
    assert_eq!(login.run.state, RunState::Completed);
    assert!(login.effects.is_empty());
    assert_eq!(names(&login), ["signed_in"]);
    assert!(login.run.is_ready_for_browser());
}
