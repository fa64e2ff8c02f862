use crate::components;
use kernel::{Env, EnvironmentId, Timestamp};
use model::telemetry::profile::{Account, Known, Link, Membership, Person};
use model::telemetry::traits::{Stamp, Traits};
use serde_json::{Value, json};
use sql::{Database, Fault};
use store::profile::{self, Linked, MOVED_MAX};
use testkit::{SeededRng, databases};

fn env(seed: u64) -> Env {
    Env::vouched(EnvironmentId::random(&SeededRng::new(seed)))
}

fn stamp(at: i64) -> Stamp {
    Stamp(Timestamp::from_seconds(at), u64::try_from(at).unwrap())
}

fn told(at: i64, key: &str, value: Value) -> Traits {
    Traits::told([(key.to_owned(), value)], stamp(at))
}

fn known(at: i64, key: &str, value: Value) -> Known {
    Known {
        first_seen_at: stamp(at).0,
        last_seen_at: stamp(at).0,
        identified_at: None,
        registered_at: None,
        traits: told(at, key, value),
        enriched: Traits::default(),
    }
}

fn person(at: i64, key: &str, value: Value) -> Person {
    let known = Known { identified_at: Some(stamp(at).0), ..known(at, key, value) };
    Person { user_id: "u".into(), known }
}

fn account(id: &str, at: i64, key: &str, value: Value) -> Account {
    let known = Known { registered_at: Some(stamp(at).0), ..known(at, key, value) };
    Account { account_id: id.into(), known }
}

fn member(account: &str, user: &str, at: i64, active: bool) -> Membership {
    Membership {
        account_id: account.into(),
        user_id: user.into(),
        joined_at: active.then_some(stamp(at).0),
        active,
        active_since: stamp(at),
        role: active.then(|| (format!("role {at}"), stamp(at))),
    }
}

/// What one thing after the other is told.
#[derive(Clone)]
enum Told {
    Person(Person),
    Account(Account),
    Member(Membership),
    Link(&'static str, &'static str),
}

async fn tell(db: &Database, env: Env, told: Vec<Told>) {
    db.write(profile::lock(), move |tx| {
        for told in &told {
            match told {
                Told::Person(person) => {
                    profile::save_person(tx, env, person)?;
                }
                Told::Account(account) => {
                    profile::save_account(tx, env, account)?;
                }
                Told::Member(member) => profile::save_membership(tx, env, member)?,
                Told::Link(tenant, group) => {
                    let link = Link { tenant_id: (*tenant).into(), group_id: (*group).into() };
                    let mut room = usize::MAX;
                    profile::link(tx, env, &link, &mut room)?;
                }
            }
        }
        Ok::<_, Fault>(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_person_merges_per_trait_and_stays_in_its_environment() {
    for db in databases("profile_person", &components()).await {
        let (ours, other) = (env(1), env(2));
        let late = person(9, "plan", json!("pro"));
        let early = person(4, "plan", json!("free"));
        let mail = person(5, "email", json!("ada@acme.test"));
        let all = vec![Told::Person(late), Told::Person(early), Told::Person(mail)];
        tell(&db, ours, all.clone()).await;
        tell(&db, ours, all).await;
        let found = db.read(move |tx| profile::person(tx, ours, "u")).await.unwrap().unwrap();
        assert_eq!(
            Value::Object(found.known.traits.plain()),
            json!({"email": "ada@acme.test", "plan": "pro"})
        );
        assert_eq!((found.known.first_seen_at, found.known.last_seen_at), (stamp(4).0, stamp(9).0));
        assert_eq!(db.read(move |tx| profile::person(tx, other, "u")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn two_ids_of_an_account_become_one_whatever_came_first() {
    let before = || {
        vec![
            Told::Account(account("tenant", 1, "plan", json!("free"))),
            Told::Member(member("tenant", "u", 1, true)),
            Told::Account(account("acme", 2, "name", json!("Acme"))),
            Told::Member(member("acme", "u", 3, false)),
            Told::Member(member("acme", "v", 3, true)),
        ]
    };
    let link = || vec![Told::Link("tenant", "acme")];
    for db in databases("profile_link", &components()).await {
        let mut seen = Vec::new();
        for (seed, order) in [(1, [before(), link()].concat()), (2, [link(), before()].concat())] {
            let env = env(seed);
            tell(&db, env, order.clone()).await;
            tell(&db, env, order).await;
            let found = db
                .read(move |tx| {
                    let by_tenant = profile::account(tx, env, "tenant")?.unwrap();
                    let by_group = profile::account(tx, env, "acme")?.unwrap();
                    assert_eq!(by_tenant, by_group);
                    Ok::<_, Fault>((
                        by_group,
                        profile::ids(tx, env, "tenant")?,
                        profile::members(tx, env, "acme", 1_000)?,
                    ))
                })
                .await
                .unwrap();
            seen.push(found);
        }
        assert_eq!(seen[0], seen[1]);
        let rows = db.read(profile::rows).await.unwrap();
        assert_eq!(rows.len(), 8, "an account, an alias and two memberships in each environment: {rows:?}");
        let (account, ids, members) = &seen[0];
        assert_eq!(Value::Object(account.known.traits.plain()), json!({"name": "Acme", "plan": "free"}));
        assert_eq!(ids, &["acme", "tenant"]);
        let active: Vec<_> = members.iter().map(|m| (m.user_id.as_str(), m.active)).collect();
        assert_eq!(active, [("u", false), ("v", true)]);
        assert_eq!(members[0].joined_at, Some(stamp(1).0));
        assert_eq!(members[0].role, Some(("role 1".to_owned(), stamp(1))));
    }
}

#[tokio::test]
async fn tenants_share_an_account_but_have_only_one() {
    for db in databases("profile_links", &components()).await {
        let env = env(1);
        let links = vec![
            Told::Link("t1", "acme"),
            Told::Link("t2", "acme"),
            Told::Link("t1", "rival"),
            Told::Link("acme", "umbrella"),
            Told::Link("umbrella", "t1"),
        ];
        tell(&db, env, links).await;
        let ids = db.read(move |tx| profile::ids(tx, env, "t1")).await.unwrap();
        assert_eq!(
            ids,
            ["umbrella", "acme", "t1", "t2"],
            "aliases lead to the row in one step, never in a circle"
        );
        let rival = db.read(move |tx| profile::ids(tx, env, "rival")).await.unwrap();
        assert_eq!(rival, ["rival"], "the first word wins");
    }
}

/// One command's part of a link, and how much room it left.
async fn link_once(db: &Database, env: Env) -> (Linked, usize) {
    db.write(profile::lock(), move |tx| {
        let (mut room, link) = (MOVED_MAX, Link { tenant_id: "tenant".into(), group_id: "acme".into() });
        let linked = profile::link(tx, env, &link, &mut room)?;
        Ok::<_, Fault>((linked, room))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_large_account_moves_in_several_commands_and_comes_out_the_same() {
    for db in databases("profile_move", &components()).await {
        let users = 2 * MOVED_MAX + 7;
        let before = || {
            let tenant = (0..users).map(|n| Told::Member(member("tenant", &format!("u{n:05}"), 1, true)));
            let both = [Told::Member(member("acme", "u00003", 2, false)), Told::Link("older", "tenant")];
            tenant.chain(both).chain([Told::Account(account("tenant", 1, "plan", json!("free")))]).collect()
        };
        let (moved, told) = (env(1), env(2));
        tell(&db, moved, before()).await;
        let after = [vec![Told::Link("older", "tenant"), Told::Link("tenant", "acme")], before()].concat();
        tell(&db, told, after).await;

        let mut left = Vec::new();
        for _ in 0..4 {
            left.push(link_once(&db, moved).await);
        }
        // The older id is a row that moves too. Once it is whole, the link costs a look alone.
        let rest = MOVED_MAX - 8;
        let steps =
            [(Linked::Partly, 0), (Linked::Partly, 0), (Linked::Whole, rest), (Linked::Whole, MOVED_MAX)];
        assert_eq!(left, steps);
        let rows = db.read(profile::rows).await.unwrap();
        let of = |env: Env| -> Vec<String> {
            let ours = rows.iter().filter_map(|row| row.strip_prefix(&env.to_string()));
            ours.map(str::to_owned).collect()
        };
        assert_eq!(of(moved).len(), users + 3, "an account, two aliases and everybody once");
        assert_eq!(of(moved), of(told));
        db.write(profile::lock(), profile::clear).await.unwrap();
        assert_eq!(db.read(profile::rows).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn writing_asks_for_the_lock() {
    for db in databases("profile_lock", &components()).await {
        let person = person(1, "a", json!(1));
        let written = db.write(sql::Locks::none(), move |tx| profile::save_person(tx, env(1), &person)).await;
        assert!(matches!(written, Err(Fault::LockNotHeld { .. })));
    }
}
