//! What works beside the listener: a part that fails ends the server, and the server says so.

use crate::suite::binary::{Installation, PATIENCE, http_client};
use crate::suite::house::House;
use crate::suite::receiver::Receiver;
use server::parts::{Broken, Parts};
use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_part_that_ends_by_itself_or_panics_is_noticed_and_one_that_was_told_to_is_not() {
    let told = Parts::default();
    let shutdown = told.shutdown();
    told.spawn("obedient", async move { shutdown.cancelled().await });
    told.end(PATIENCE).await;
    assert!(!told.broken().is_cancelled());

    let quits = Parts::default();
    quits.spawn("early", async {});
    quits.broken().cancelled().await;

    let panics = Parts::default();
    panics.spawn("unlucky", async { panic!("as told") });
    panics.spawn("lasting", pending());
    panics.broken().cancelled().await;
    panics.end(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn a_server_with_a_failed_part_ends_and_does_not_say_that_all_is_well() {
    let house = Installation::of(&Receiver::absent().await).await;
    let ending = CancellationToken::new();
    let launched = house.launch(ending.clone()).await;
    let readyz = launched.public_url.join("/readyz").unwrap();
    assert_eq!(http_client().get(readyz).send().await.unwrap().status(), 200);
    launched.running.parts.spawn("unlucky", async { panic!("as told") });
    let ended = tokio::time::timeout(PATIENCE, launched.until_end()).await;
    assert_eq!(ended.expect("nobody had to tell it"), Err(Broken));
    assert!(ending.is_cancelled());
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_store_that_does_not_close() {
    let house = Installation::of(&Receiver::absent().await).await;
    let ending = CancellationToken::new();
    let launched = house.launch(ending.clone()).await;
    let (begun, at_work) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (begun, released) = (Mutex::new(Some(begun)), Mutex::new(released));
    let db = launched.running.app.db.clone();
    tokio::spawn(async move {
        let stuck = move |_: &mut sql::Tx<'_>| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
                let _ = released.lock().unwrap().recv();
            }
            Ok::<_, sql::Fault>(())
        };
        db.write(sql::Locks::none(), stuck).await
    });
    at_work.await.unwrap();
    ending.cancel();
    let ended = tokio::time::timeout(PATIENCE, launched.until_end_within(Duration::from_millis(500))).await;
    drop(release);
    assert_eq!(ended.expect("the end is bounded"), Ok(()));
}

#[tokio::test]
async fn who_is_not_ready_says_why_and_when_to_ask_again() {
    let house = House::new().await;
    assert_eq!(house.get("/readyz").await.status, 200);
    for (happens, message) in
        [(&house.health.ending, "ending"), (&house.health.broken, "a part of the server failed")]
    {
        happens.cancel();
        let answer = house.get("/readyz").await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.headers["retry-after"], "1");
        let body = answer.json();
        assert_eq!((&body["error_code"], &body["code"]), (&"UNAVAILABLE".into(), &"UNAVAILABLE".into()));
        assert_eq!(body["message"].as_str().unwrap().trim(), message);
    }
    assert_eq!(house.get("/healthz").await.status, 200);
}
