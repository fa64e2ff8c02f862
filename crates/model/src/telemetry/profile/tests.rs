use super::*;
use crate::event::MessageId;
use kernel::Env;
use proptest::prelude::*;
use serde_json::json;

fn event(call: Call, name: &str, at: i64, attributes: Value) -> Event {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    Event {
        env: Env::vouched("0194f1f0-0000-7000-8000-00000000000a".parse().unwrap()),
        message_id: MessageId(1),
        call,
        name: name.to_owned(),
        user_id: Some("u".to_owned()),
        group_id: Some("g".to_owned()),
        tenant_id: None,
        device_id: None,
        session_id: None,
        source: None,
        occurred_at: Timestamp::from_seconds(at),
        received_at: Timestamp::from_seconds(1_000),
        attributes,
        context: Map::new(),
    }
}

fn merged(events: &[(Event, u64)]) -> Facts {
    let mut all = Facts::default();
    for (event, seq) in events {
        let told = facts(Origin::Request, event, *seq);
        match (&mut all.person, told.person) {
            (Some(known), Some(told)) => known.merge(told),
            (known, told) => *known = told,
        }
        match (&mut all.account, told.account) {
            (Some(known), Some(told)) => known.merge(told),
            (known, told) => *known = told,
        }
        match (&mut all.membership, told.membership) {
            (Some(known), Some(told)) => known.merge(told),
            (None, told) => all.membership = told,
            (Some(_), None) => {}
        }
    }
    all
}

#[test]
fn created_at_is_the_earliest_identify_unless_a_trait_says_otherwise() {
    let late = event(Call::Identify, "identify", 50, json!({"plan": "free"}));
    let early = event(Call::Identify, "identify", 20, json!({}));
    let tracked = event(Call::Track, "clicked", 5, json!({}));
    let person = merged(&[(tracked, 1), (late, 2), (early, 3)]).person.unwrap();
    assert_eq!(person.known.created_at(), Some(Timestamp::from_seconds(20)));
    assert_eq!(person.known.first_seen_at, Timestamp::from_seconds(5));
    let said = event(Call::Identify, "identify", 60, json!({"created_at": "20-11-23T22:28:55.111Z"}));
    let mut person = person;
    person.merge(facts(Origin::Request, &said, 4).person.unwrap());
    assert_eq!(person.known.created_at(), Some("2020-11-23T22:28:55.111Z".parse().unwrap()));
    let unreadable = event(Call::Identify, "identify", 70, json!({"created_at": "long ago"}));
    person.merge(facts(Origin::Request, &unreadable, 5).person.unwrap());
    assert_eq!(
        person.known.created_at(),
        Some(Timestamp::from_seconds(20)),
        "a date nobody can read says nothing"
    );
}

#[test]
fn who_only_acts_is_anonymous_and_no_member() {
    let clicked = facts(Origin::Request, &event(Call::Track, "clicked", 1, json!({"user_role": "x"})), 1);
    assert_eq!(clicked.person.unwrap().known.identified_at, None);
    assert_eq!(clicked.account.unwrap().known.identified_at, None);
    assert_eq!(clicked.membership, None);
}

#[test]
fn enrichment_fills_what_nobody_told() {
    let found = event(Call::Track, "user_enriched", 9, json!({"enrichment_full_name": "Ada L."}));
    let mut person = facts(Origin::House, &found, 1).person.unwrap();
    assert_eq!(person.name().as_deref(), Some("Ada L."));
    let told = event(Call::Identify, "identify", 1, json!({"first_name": "Ada", "last_name": "Lovelace"}));
    person.merge(facts(Origin::Request, &told, 2).person.unwrap());
    assert_eq!(person.name().as_deref(), Some("Ada Lovelace"), "even where it was told earlier");
}

#[test]
fn memberships_come_and_go_by_the_latest_word() {
    let joined = event(Call::Track, "account_added_user", 10, json!({"role": "Admin"}));
    let removed = event(Call::Track, "account_removed_user", 30, json!({"user_role": "ghost"}));
    let regrouped = event(Call::Group, "group", 20, json!({"name": "Acme"}));
    let all = merged(&[(removed, 1), (joined, 2), (regrouped, 3)]);
    let membership = all.membership.unwrap();
    assert!(!membership.active);
    assert_eq!(membership.joined_at, Some(Timestamp::from_seconds(10)));
    assert_eq!(membership.role.map(|(role, _)| role).as_deref(), Some("Admin"));
    assert_eq!(all.account.unwrap().name().as_deref(), Some("Acme"));
}

#[test]
fn only_the_house_makes_two_ids_one_account() {
    let mut both = event(Call::Track, "account_created", 1, json!({"account_name": "Acme"}));
    both.tenant_id = Some("t".to_owned());
    let link = Link { tenant_id: "t".to_owned(), group_id: "g".to_owned() };
    assert_eq!(facts(Origin::House, &both, 1).link, Some(link));
    assert_eq!(facts(Origin::Request, &both, 1).link, None);
    both.group_id = Some("t".to_owned());
    assert_eq!(facts(Origin::House, &both, 1).link, None, "one id is no pair");
    both.group_id = None;
    let facts = facts(Origin::House, &both, 1);
    assert_eq!((facts.link, facts.account.unwrap().account_id.as_str()), (None, "t"));
}

#[test]
fn a_signup_of_ours_belongs_to_nothing_before_its_account_is_there() {
    let mut waits = event(Call::Track, "signed_up", 1, json!({}));
    waits.user_id = Some("u".to_owned());
    waits.tenant_id = Some("t".to_owned());
    assert_eq!(facts(Origin::House, &waits, 1).membership, None);
    assert!(facts(Origin::Request, &waits, 1).membership.is_some(), "the builder says where they belong");
    waits.name = "account_added_user".to_owned();
    assert!(facts(Origin::House, &waits, 1).membership.is_some());
}

fn any_event() -> impl Strategy<Value = Event> {
    let calls = prop_oneof![
        Just((Call::Identify, "identify")),
        Just((Call::Group, "group")),
        Just((Call::Track, "signed_up")),
        Just((Call::Track, "user_enriched")),
        Just((Call::Track, "group_enriched")),
        Just((Call::Track, "account_added_user")),
        Just((Call::Track, "account_removed_user")),
        Just((Call::Page, "page_visit")),
    ];
    let key = prop_oneof![Just("name"), Just("email"), Just("created_at"), Just("role"), Just("plan")];
    (calls, 0..4_i64, proptest::collection::hash_map(key, 0..3_u8, 0..4)).prop_map(
        |((call, name), at, told)| {
            let told = told.into_iter().map(|(key, n)| (key.to_owned(), json!(format!("v{n}")))).collect();
            event(call, name, at, Value::Object(told))
        },
    )
}

proptest! {
    /// Arrival in any order, any event any number of times: the same people, accounts and memberships.
    #[test]
    fn the_order_and_repetition_of_events_do_not_matter(
        events in proptest::collection::vec(any_event(), 1..8),
        picks in proptest::collection::vec(any::<proptest::sample::Index>(), 0..16),
    ) {
        let journal: Vec<(Event, u64)> = events.into_iter().zip(1..).collect();
        let mut shuffled: Vec<(Event, u64)> = picks.iter().map(|pick| pick.get(&journal).clone()).collect();
        shuffled.extend(journal.iter().rev().cloned());
        prop_assert_eq!(merged(&journal), merged(&shuffled));
    }
}
