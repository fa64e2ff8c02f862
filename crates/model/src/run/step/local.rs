//! What each kind of node does when its turn comes: everything but the waits happens here and now.

use super::{DISABLED, Effect, Walk};
use crate::run::{BuilderTenant, IncidentReason, RunKind, WaitingFor};
use crate::workflow::{Kind, Node};
use serde_json::{Map, json};

/// How a node's turn ended.
pub(super) enum Local {
    /// With a few words for the timeline.
    Done(String),
    /// The wait is over before it began.
    Acked(BuilderTenant),
    Wait(WaitingFor, String),
    Stop(IncidentReason, String),
}

impl Walk<'_> {
    pub(super) fn run_local(&mut self, node: &Node) -> Local {
        match node.kind {
            Kind::Trigger => self.trigger(node),
            Kind::EnrichUser => self.enrich_user(node),
            Kind::EnrichCompany => self.enrich_company(node),
            Kind::WaitlistUser => self.waitlist(node),
            Kind::AssociateRole => self.role(),
            Kind::AssociatePlan => self.plan(),
            Kind::ProvisionTenant => self.provision(),
            Kind::AwaitAck => self.await_ack(),
            Kind::OnboardingRedirect | Kind::SuccessRedirect => Local::Done(String::new()),
            Kind::StoreLead => {
                self.step.effects.push(Effect::StoreLead);
                Local::Done("in the built-in CRM".to_owned())
            }
            Kind::WelcomeMail => {
                self.step.effects.push(Effect::WriteWelcomeMail);
                Local::Done(format!("to {}", self.step.run.email))
            }
            Kind::SignIn => {
                self.emit(&node.id, "signed_in", true, Map::new());
                Local::Done(String::new())
            }
        }
    }

    /// An ack that is there already ends the wait the moment it begins, whatever became of the endpoint.
    fn await_ack(&self) -> Local {
        match (&self.facts.early_ack, self.facts.settings.webhook.disabled_at) {
            (Some(tenant), _) => Local::Acked(tenant.clone()),
            (None, Some(_)) => Local::Stop(IncidentReason::EndpointDisabled, DISABLED.to_owned()),
            (None, None) => Local::Wait(WaitingFor::Ack, String::new()),
        }
    }

    fn trigger(&mut self, node: &Node) -> Local {
        if self.step.run.kind == RunKind::Signup {
            self.emit(&node.id, "signed_up", false, Map::new());
        }
        let role = self.step.run.role.as_ref().map(|role| format!(", role {}", role.name));
        Local::Done(format!("{}{}", self.step.run.email, role.unwrap_or_default()))
    }

    fn enrich_user(&mut self, node: &Node) -> Local {
        let traits = self.step.run.enrichment.user_traits();
        self.emit(&node.id, "user_enriched", false, traits);
        let enrichment = &self.step.run.enrichment;
        let place = &enrichment.place.country;
        let mut note = enrichment.email_provider.clone();
        if !place.is_empty() {
            note = format!("{note}, {place}");
        }
        Local::Done(if enrichment.disposable { format!("{note}, disposable address") } else { note })
    }

    fn enrich_company(&mut self, node: &Node) -> Local {
        let traits = self.step.run.enrichment.group_traits();
        self.emit(&node.id, "group_enriched", false, traits);
        Local::Done(match self.step.run.enrichment.company_name() {
            Some(name) => format!("{name} · built-in provider"),
            None => "no company behind a free mail address".to_owned(),
        })
    }

    fn waitlist(&mut self, node: &Node) -> Local {
        let Some(limit) = self.facts.settings.waitlist_limit else {
            self.step.effects.push(Effect::AdmitUser);
            return Local::Done("no limit set".to_owned());
        };
        if self.facts.has_place {
            return Local::Done("has a place already".to_owned());
        }
        if self.facts.admitted < limit {
            self.step.effects.push(Effect::AdmitUser);
            return Local::Done(format!("{} of {limit} places taken", self.facts.admitted + 1));
        }
        let mut properties = Map::new();
        properties.insert("email".to_owned(), json!(self.step.run.email.as_str()));
        properties.insert("id".to_owned(), json!(self.step.run.user_id.as_str()));
        self.emit(&node.id, "user_waitlisted", false, properties);
        Local::Wait(WaitingFor::Waitlist, format!("all {limit} places are taken"))
    }

    fn role(&mut self) -> Local {
        let run = &mut self.step.run;
        let asked = run.role.clone().filter(|role| !role.id.is_empty());
        let role = asked.unwrap_or_else(|| self.facts.settings.role.clone());
        let note = role.name.clone();
        run.applied_role = Some(role);
        Local::Done(note)
    }

    fn plan(&mut self) -> Local {
        let plan = self.facts.settings.plan.clone();
        let note = plan.name.clone();
        self.step.run.plan = Some(plan);
        Local::Done(note)
    }

    fn provision(&mut self) -> Local {
        self.step.effects.push(Effect::CreateTenant);
        // Nothing is sent for a run that is acknowledged already.
        if self.facts.early_ack.is_none() {
            self.step.effects.push(Effect::SendWebhook);
        }
        Local::Done(self.step.run.account_name.clone())
    }
}
