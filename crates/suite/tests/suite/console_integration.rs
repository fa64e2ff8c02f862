//! *Integration*: each step by what is set and what really happened.

use super::browser::{Browser, text};
use super::house::{House, Options};
use super::part::query;
use app::integration::{Step, checklist};
use kernel::Env;
use outbound::recorded::{answer, refused};
use serde_json::json;
use std::time::Duration;

const PAGE: &str = "/console/dev/integration";

async fn done(house: &House, env: Env) -> Vec<Step> {
    let list = checklist(&house.app, env).await.unwrap();
    list.items.into_iter().filter(|item| item.done).map(|item| item.step).collect()
}

#[tokio::test]
async fn each_step_is_done_by_what_happens() {
    let mut house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let env = house.env();
    assert_eq!(done(&house, env).await, [Step::Key], "init makes a key");

    house
        .set(env, |settings| {
            settings.support_address = Some("help@acme.test".into());
            settings.webhook.url = Some("https://app.acme.test/webhook".parse().unwrap());
            settings.onboarding_url = Some("https://app.acme.test/onboarding".parse().unwrap());
            settings.success_url = Some("https://app.acme.test/home".parse().unwrap());
        })
        .await;
    let set =
        [Step::Brand, Step::WebhookUrl, Step::OnboardingUrl, Step::SuccessUrl, Step::Waitlist, Step::Key];
    assert_eq!(done(&house, env).await, set);

    let (run, _) = house.waiting("ada").await;
    let now = done(&house, env).await;
    assert!(now.contains(&Step::FirstRun) && now.contains(&Step::WebhookTaken), "{now:?}");
    assert!(!now.contains(&Step::FirstAck), "{now:?}");
    house.ack(&run, Some("t-1")).await;
    house.digest().await;
    let now = done(&house, env).await;
    assert!(now.contains(&Step::FirstAck), "{now:?}");
    assert!(!now.contains(&Step::Telemetry), "our own events are none: {now:?}");
    assert!(!now.contains(&Step::FirstExchange), "{now:?}");

    let (_, link) = house.trigger("ada").await;
    let onboarding = house.browse(&link).await.location();
    assert!(!done(&house, env).await.contains(&Step::FirstExchange), "arriving is not enough");
    let code = query(&onboarding, "authOTP").unwrap();
    assert_eq!(house.get(&format!("/v1/ValidateAuthOTP?authOTP={code}")).await.status, 200);
    assert!(done(&house, env).await.contains(&Step::FirstExchange));

    let item = json!([{"event_name": "note_created", "user_id": "ada", "properties": {}}]);
    assert_eq!(house.post("/api/track", &item).await.status, 200);
    house.digest().await;
    assert!(done(&house, env).await.contains(&Step::Telemetry));
    let other = Env::vouched(house.start.environments.production);
    assert_eq!(done(&house, other).await, [], "of another environment");
}

#[tokio::test]
async fn the_page_says_what_is_left_and_leads_to_it() {
    let mut house = House::with(Options { without_urls: true, ..Options::default() }).await;
    let mut browser = Browser::signed_in(&house).await;
    let home = text(&browser.get(&house, "/console/dev").await);
    assert!(home.contains(&format!("href=\"{PAGE}\"")) && home.contains("1 of 13 steps done"), "{home}");
    let page = text(&browser.get(&house, PAGE).await);
    for part in [
        "7 %",
        "/console/dev/settings#webhook",
        "/console/dev/webhooks/integrate",
        "/trigger",
        "/api/identify",
        "/v1/ValidateAuthOTP",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Send test"), "there is nowhere to send it to");

    house
        .set(house.env(), |settings| {
            settings.webhook.url = Some("https://app.acme.test/webhook".parse().unwrap());
        })
        .await;
    house.net.queue(Err(refused()));
    browser.post(&house, "/console/dev/webhooks/test", &[]).await;
    let page = text(&browser.get(&house, PAGE).await);
    assert!(page.contains("Send test") && page.contains("Nothing listens at app.acme.test"), "{page}");
    house.clock.advance(Duration::from_secs(1));
    house.net.queue(Ok(answer(500, "")));
    browser.post(&house, "/console/dev/webhooks/test", &[]).await;
    let page = text(&browser.get(&house, PAGE).await);
    assert!(page.contains("It was answered 500 Internal Server Error"), "{page}");
    house.clock.advance(Duration::from_secs(1));
    house.net.queue(Ok(answer(204, "")));
    browser.post(&house, "/console/dev/webhooks/test", &[]).await;
    let page = text(&browser.get(&house, PAGE).await);
    assert!(!page.contains("The last one was not accepted"), "{page}");
    assert!(done(&house, house.env()).await.contains(&Step::WebhookTaken));
    house.clock.advance(Duration::from_secs(1));
    house.net.queue(Ok(answer(500, "")));
    browser.post(&house, "/console/dev/webhooks/test", &[]).await;
    let page = text(&browser.get(&house, PAGE).await);
    assert!(page.contains("The last one was not accepted"), "{page}");
    assert!(!done(&house, house.env()).await.contains(&Step::WebhookTaken), "what fails now is not done");
    house.settle().await;
}
