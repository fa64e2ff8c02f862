//! *Mails*: what was written, found again.

use super::browser::{Browser, text};
use super::house::House;
use super::part::next_page;

const MAILS: &str = "/console/dev/mails";

/// Runs with a mail each.
async fn welcomed(house: &mut House, users: &[String]) {
    for user in users {
        let (run, _) = house.waiting(user).await;
        house.ack(&run, None).await;
    }
    house.settle().await;
}

#[tokio::test]
async fn mails_are_listed_searched_and_read() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let empty = text(&browser.get(&house, MAILS).await);
    assert!(empty.contains("No mail in Development yet") && empty.contains("/trigger"), "{empty}");

    welcomed(&mut house, &["ada".into(), "grace".into()]).await;
    let list = text(&browser.get(&house, MAILS).await);
    assert!(list.contains("2 mails written") && list.contains("Rows 1–2 of 2"), "{list}");
    assert!(list.find("grace").unwrap() < list.find("ada").unwrap(), "newest first");

    let found = text(&browser.get(&house, &format!("{MAILS}?q=ADA")).await);
    assert!(found.contains("Rows 1–1 of 1") && !found.contains("grace"), "{found}");
    let none = text(&browser.get(&house, &format!("{MAILS}?q=%25")).await);
    assert!(none.contains("Nothing matches"), "a sign of LIKE is a character: {none}");

    let (_, after) = found.split_once(&format!("href=\"{MAILS}/")).unwrap();
    let one = format!("{MAILS}/{}", after.split('"').next().unwrap());
    let mail = text(&browser.get(&house, &one).await);
    assert!(mail.contains("Welcome to") && mail.contains("Your account"), "{mail}");
    let (_, run) = mail.split_once("href=\"/console/dev/runs/").unwrap();
    let run = format!("/console/dev/runs/{}", run.split('"').next().unwrap());
    assert_eq!(browser.get(&house, &run).await.status.as_u16(), 200);

    let elsewhere = one.replace("/dev/", "/prod/");
    assert_eq!(browser.get(&house, &elsewhere).await.status.as_u16(), 404, "another environment's");
    assert_eq!(browser.get(&house, &format!("{MAILS}/x")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn pages_of_mails_hold_each_mail_once() {
    let mut house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let users: Vec<String> = (0..53).map(|n| format!("user-{n:02}")).collect();
    welcomed(&mut house, &users).await;
    let first = text(&browser.get(&house, MAILS).await);
    assert!(first.contains("Rows 1–50 of 53"), "{first}");
    let second = text(&browser.get(&house, &next_page(&first).unwrap()).await);
    assert!(second.contains("Rows 51–53 of 53") && second.contains(">First<"), "{second}");
    for user in users {
        let on = |page: &str| page.contains(&format!("<b>{user}@"));
        assert!(on(&first) != on(&second), "{user}");
    }
    assert_eq!(browser.get(&house, &format!("{MAILS}?after=x")).await.status.as_u16(), 400);
}
