//! `doctor`: what it says of a good installation, with and without a server, and of broken ones.

use crate::suite::binary::{Installation, Reserved, command, finish};
use crate::suite::receiver::Receiver;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use testkit::mail_server::{MailServer, Tls};

/// What it found, with its exit code.
struct Told {
    code: i32,
    findings: Vec<Value>,
}

impl Told {
    /// The grade of this topic's worst finding in which both texts stand.
    fn grade(&self, topic: &str, words: &str) -> Option<&str> {
        let of_topic = self.findings.iter().filter(|one| one["topic"] == topic);
        let said = of_topic.filter(|one| format!("{} {}", one["message"], one["advice"]).contains(words));
        said.map(|one| one["grade"].as_str().unwrap())
            .max_by_key(|grade| ["ok", "warn", "fail"].iter().position(|g| g == grade))
    }
}

/// Looks at a data directory, as a server would that listens there.
async fn doctor(data: &Path, listen: &str, variables: &[(&str, &str)]) -> Told {
    let (dir, data) = (data.parent().unwrap(), data.to_str().unwrap());
    let mut doctor = command(dir, &["doctor", "--json", "--data-dir", data, "--listen", listen]);
    doctor.envs(variables.iter().copied());
    let ended = finish(doctor).await;
    let printed: Value = serde_json::from_slice(&ended.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr)));
    let findings = printed["findings"].as_array().unwrap().clone();
    let code = ended.status.code().unwrap();
    assert_eq!(code == 1, findings.iter().any(|one| one["grade"] == "fail"), "{printed:#}");
    assert!(findings.iter().all(|one| (one["grade"] == "ok") == one["advice"].is_null()), "{printed:#}");
    Told { code, findings }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_good_installation_is_well_beside_its_server_and_without_it() {
    let receiver = Receiver::start().await;
    let house = Installation::of(&receiver).await;
    let before = files(&house.data());
    let alone = doctor(&house.data(), "127.0.0.1:1", &[]).await;
    assert_eq!(alone.code, 0, "{:#?}", alone.findings);
    // The log of a process that has just ended may be tidied away meanwhile.
    let after = files(&house.data());
    assert!(after.iter().all(|file| before.contains(file)), "and leaves nothing behind: {after:?}");
    for (topic, words) in [
        ("configuration", "settings are good"),
        ("data directory", "no server runs on it"),
        ("disk", "synced in"),
        ("clock", "the file system agrees"),
        ("database", "is up to date"),
        ("master key", "opens the secrets"),
        ("Development", "can be reached"),
        ("Production", "nothing is set yet"),
        ("public URL", "not set"),
        ("mail", "mails stay inside"),
    ] {
        assert_eq!(alone.grade(topic, words), Some("ok"), "{topic}: {:#?}", alone.findings);
    }

    let server = house.serve().await;
    let listen = server.url.socket_addrs(|| None).unwrap()[0].to_string();
    let url = server.url.to_string();
    let beside = doctor(&house.data(), &listen, &[("THRIVESTACK_PUBLIC_URL", &url)]).await;
    assert_eq!(beside.code, 0, "{:#?}", beside.findings);
    assert_eq!(beside.grade("data directory", "a server runs on it"), Some("ok"), "{:#?}", beside.findings);
    assert_eq!(beside.grade("public URL", "leads to a server"), Some("ok"));
    let judged =
        format!("data_dir {} (flag --data-dir), listen {listen} (flag --listen)", house.data().display());
    assert_eq!(beside.grade("configuration", &judged), Some("ok"), "{:#?}", beside.findings);
    let other = format!("other settings: public_url - (here {url}), retry_development ");
    assert_eq!(beside.grade("configuration", &other), Some("warn"), "{:#?}", beside.findings);
    assert_eq!(alone.grade("configuration", "other settings"), None, "nobody served");
    let mail = MailServer::start(Tls::None).await.unwrap();
    let smtp = format!("smtp://{}?tls=none", mail.address);
    let from = ("THRIVESTACK_MAIL_FROM", "hello@acme.test");
    let mails = doctor(&house.data(), &listen, &[("THRIVESTACK_SMTP_URL", &smtp), from]).await;
    assert_eq!(mails.grade("mail", "takes mails"), Some("ok"), "{:#?}", mails.findings);
    assert!(mail.taken().is_empty());
    let elsewhere = doctor(&house.data(), "127.0.0.1:1", &[]).await;
    assert_eq!(elsewhere.grade("data directory", "nobody answers"), Some("warn"));
    let gone = Reserved::new().url("/").to_string();
    let astray = doctor(&house.data(), &listen, &[("THRIVESTACK_PUBLIC_URL", &gone)]).await;
    assert_eq!(astray.grade("public URL", "cannot be reached"), Some("fail"), "{:#?}", astray.findings);
    let nobody = [("THRIVESTACK_PUBLIC_URL", "http://nobody.invalid")];
    let unknown = doctor(&house.data(), &listen, &nobody).await;
    assert_eq!(unknown.grade("public URL", "cannot be reached"), Some("fail"), "{:#?}", unknown.findings);
    assert_eq!(house.backend(&server).browse(&server.url.join("/readyz").unwrap()).await.status, 200);
    assert!(receiver.all().iter().all(|one| one.method == "HEAD"), "nothing was delivered");
    server.stop().await;
    let after = doctor(&house.data(), &listen, &[]).await;
    assert_eq!(after.grade("configuration", "other settings"), None, "{:#?}", after.findings);
}

#[tokio::test]
async fn what_is_broken_is_named_with_what_to_do() {
    let house = Installation::of(&Receiver::absent().await).await;
    let other = Installation::of(&Receiver::absent().await).await;
    let data = house.data();
    let look = async |variables: &[(&str, &str)]| doctor(&data, "127.0.0.1:1", variables).await;

    let absent = look(&[]).await;
    assert_eq!(absent.grade("Development", "cannot be reached"), Some("warn"), "{:#?}", absent.findings);
    let smtp = Reserved::new();
    let server = format!("smtp://{}?tls=none", smtp.address);
    let mail = [("THRIVESTACK_SMTP_URL", server.as_str()), ("THRIVESTACK_MAIL_FROM", "hello@acme.test")];
    assert_eq!(look(&mail).await.grade("mail", "takes no connection"), Some("fail"));
    let plain = look(&[("THRIVESTACK_PUBLIC_URL", "http://signup.acme.test")]).await;
    assert_eq!(plain.grade("public URL", "not https"), Some("warn"));
    let odd = look(&[("THRIVESTACK_LISTNE", "127.0.0.1:7700")]).await;
    assert_eq!(odd.grade("configuration", "THRIVESTACK_LISTNE"), Some("warn"));
    let wrong = look(&[("THRIVESTACK_RETRY_DEVELOPMENT", "soon")]).await;
    assert_eq!(wrong.grade("configuration", "soon"), Some("fail"));

    let key = data.join("master.key");
    let ours = fs::read(&key).unwrap();
    fs::write(&key, fs::read(other.data().join("master.key")).unwrap()).unwrap();
    assert_eq!(look(&[]).await.grade("master key", "another one"), Some("fail"));
    fs::remove_file(&key).unwrap();
    assert_eq!(look(&[]).await.grade("master key", "bring it back"), Some("fail"));
    fs::write(&key, ours).unwrap();

    let database = data.join("state.db");
    let tomorrow = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    File::options().write(true).open(&database).unwrap().set_modified(tomorrow).unwrap();
    assert_eq!(look(&[]).await.grade("clock", "set back"), Some("fail"));

    fs::write(&database, "this is no database, and long enough to be looked at as one".repeat(100)).unwrap();
    let damaged = look(&[]).await;
    assert_eq!(damaged.grade("database", "backup"), Some("fail"), "{:#?}", damaged.findings);
    fs::remove_file(&database).unwrap();
    assert_eq!(look(&[]).await.grade("database", "backup"), Some("fail"));
    assert!(!database.exists(), "looking makes none");

    let nowhere = doctor(&data.join("nowhere"), "127.0.0.1:1", &[]).await;
    assert_eq!(nowhere.grade("data directory", "thrivestack init"), Some("fail"));
    assert_eq!(nowhere.code, 1);
}

/// Each store may lie on a disk of its own.
#[tokio::test]
async fn every_directory_of_a_store_is_looked_at() {
    let house = Installation::of(&Receiver::absent().await).await;
    let elsewhere = tempfile::TempDir::new().unwrap();
    let there = elsewhere.path().canonicalize().unwrap();
    let lake = format!("file:{}", there.join("lake").display());
    let file = there.join("file");
    fs::write(&file, "").unwrap();
    let journal = "file:/proc/self/journal";
    let told = doctor(
        &house.data(),
        "127.0.0.1:1",
        &[("THRIVESTACK_LAKE_URL", &lake), ("THRIVESTACK_JOURNAL_URL", journal)],
    )
    .await;
    let named = format!("a small file in {} was", there.display());
    assert_eq!(told.grade("disk", &named), Some("ok"), "{:#?}", told.findings);
    assert_eq!(told.grade("disk", "cannot be written"), Some("fail"), "{:#?}", told.findings);
    let synced = told.findings.iter().filter(|one| one["message"].as_str().unwrap().contains("synced in"));
    assert_eq!(synced.count(), 2, "the data directory and the lake's: {:#?}", told.findings);
    assert_eq!(files(&there), [file], "and leaves nothing behind");
}

/// A webhook that would call our own API in a circle.
#[tokio::test]
async fn a_webhook_that_leads_to_the_server_itself_is_told() {
    let place = Reserved::new();
    let url = place.url("/webhook");
    let house = Installation::with(&url, &url, &url).await;
    let listen = place.address.to_string();
    let told = doctor(&house.data(), &listen, &[]).await;
    assert_eq!(told.grade("Development", "ThriveStack itself"), Some("warn"), "{:#?}", told.findings);
}
