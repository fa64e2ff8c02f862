//! Configuration: which layer wins, and that every fault is told with where it came from.

use server::config::{Config, ConfigFaults, Layers, Origin, SETTINGS, reference};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A data directory with a configuration file in it.
fn with_file(text: &str) -> (TempDir, Vec<(&'static str, String)>) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("thrivestack.toml"), text).unwrap();
    let flags = vec![("data_dir", dir.path().display().to_string())];
    (dir, flags)
}

fn load(
    flags: &[(&'static str, String)],
    environment: &[(&str, &str)],
) -> Result<(Config, Layers), ConfigFaults> {
    Config::from_layers(Layers::gather(flags, None, &variables(environment)))
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let (_dir, mut flags) = with_file("listen = \"127.0.0.1:1\"\nlog = \"warn\"\nconnections_max = 7\n");
    let environment = [("THRIVESTACK_LISTEN", "127.0.0.1:2"), ("THRIVESTACK_LOG", "debug")];
    flags.push(("listen", "127.0.0.1:3".to_owned()));
    let (config, layers) = load(&flags, &environment).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.log, "debug");
    assert_eq!(config.connections_max, 7);
    assert_eq!(config.token_issuer, "ThriveStack");
    assert_eq!(*layers.origin("listen"), Origin::Flag("--listen"));
    assert_eq!(*layers.origin("log"), Origin::Environment("THRIVESTACK_LOG".to_owned()));
    assert!(matches!(layers.origin("connections_max"), Origin::File(_)));
    assert_eq!(*layers.origin("token_issuer"), Origin::Default);
}

#[test]
fn every_fault_is_told_at_once_with_its_origin_and_no_secret() {
    let (_dir, flags) = with_file("retry_production = \"soon\"\ncolour = \"red\"\nheader_timeout = [1]\n");
    let environment = [
        ("THRIVESTACK_LISTEN", "here"),
        ("THRIVESTACK_MASTER_KEY", "hunter2"),
        ("THRIVESTACK_DATABASE_URL", "postgres://db/x"),
        ("THRIVESTACK_JOURNAL_URL", "nats://bus"),
        ("THRIVESTACK_LAKE_URL", "clickhouse://lake"),
        ("THRIVESTACK_TRUSTED_PROXIES", "10.0.0.0/8, nobody"),
        ("THRIVESTACK_PUBLIC_URL", "ftp://x/"),
        ("THRIVESTACK_LOG", "sql=loud"),
    ];
    let told = load(&flags, &environment).unwrap_err().to_string();
    for place in [
        "listen",
        "master_key",
        "database_url",
        "journal_url",
        "lake_url",
        "trusted_proxies",
        "public_url",
        "log",
        "retry_production",
        "colour",
        "header_timeout",
    ] {
        assert!(told.contains(&format!("\n  {place}: ")), "{place} is missing in {told}");
    }
    assert!(told.contains("(from environment THRIVESTACK_LISTEN)"), "{told}");
    assert!(told.contains("thrivestack.toml)"), "{told}");
    assert!(told.contains("one process"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn a_broken_file_names_its_line_and_a_named_one_must_be_there() {
    let (_dir, flags) = with_file("log = \"info\"\nlisten = = 1\n");
    let told = load(&flags, &[]).unwrap_err().to_string();
    assert!(told.contains("thrivestack.toml: line 2"), "{told}");
    let missing = Layers::gather(&[], Some(PathBuf::from("/nowhere/x.toml")), &[]);
    assert!(Config::from_layers(missing).unwrap_err().to_string().contains("/nowhere/x.toml"));
}

#[test]
fn defaults_alone_are_a_configuration() {
    let (config, layers) = load(&[], &[]).unwrap();
    assert_eq!(config.located(&config.journal_url), PathBuf::from("./thrivestack-data/journal"));
    assert_eq!(config.retry_development, model::webhook::retry::Schedule::development());
    assert_eq!(config.retry_production, model::webhook::retry::Schedule::production());
    assert!(layers.warnings.is_empty());
}

#[test]
fn a_variable_that_means_nothing_is_told_and_harmless() {
    let environment = [
        ("THRIVESTACK_LISTEM", "1"),
        ("THRIVESTACK_KEYS", "k.json"),
        ("THRIVESTACK_THRIVESTACK_LOG", "debug"),
    ];
    let (config, layers) = load(&[], &environment).unwrap();
    assert_eq!(
        layers.warnings,
        [
            "the variable THRIVESTACK_LISTEM is not a setting",
            "the variable THRIVESTACK_THRIVESTACK_LOG is not a setting"
        ]
    );
    assert_eq!(config.log, "info");
}

#[test]
fn an_installation_apart_hears_of_the_other_only_how_to_log() {
    let (dir, flags) = with_file("journal_url = \"file:/real/journal\"\n");
    let environment: Vec<(String, String)> = SETTINGS
        .iter()
        .map(|setting| (format!("THRIVESTACK_{}", setting.key.to_uppercase()), "nonsense".to_owned()))
        .filter(|(name, _)| !name.contains("_LOG"))
        .chain(variables(&[("THRIVESTACK_CONFIG", "/nowhere/x.toml"), ("THRIVESTACK_LOG", "debug")]))
        .collect();
    let (config, layers) = Config::from_layers(Layers::apart(&flags, &environment)).unwrap();
    assert_eq!((config.log.as_str(), config.data_dir.as_path()), ("debug", dir.path()));
    let others = SETTINGS.iter().filter(|setting| !["log", "data_dir"].contains(&setting.key));
    others.for_each(|setting| assert_eq!(*layers.origin(setting.key), Origin::Default, "{}", setting.key));
}

#[test]
fn secrets_are_hidden_and_every_setting_is_in_the_reference() {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (config, layers) = load(&[], &[("THRIVESTACK_MASTER_KEY", key)]).unwrap();
    assert!(config.master_key.is_some());
    let shown = layers.effective();
    assert!(shown.contains("(hidden)") && !shown.contains(key), "{shown}");
    assert!(!format!("{config:?} {layers:?}").contains(key));
    let reference = reference();
    for setting in SETTINGS {
        assert!(reference.contains(&format!("## `{}`", setting.key)), "{}", setting.key);
    }
}

#[test]
fn a_container_is_recognised_by_what_its_engine_leaves() {
    let left = |files: &[(&str, &str)]| {
        let root = tempfile::TempDir::new().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        server::real::in_container(root.path())
    };
    assert!(left(&[(".dockerenv", "")]));
    assert!(left(&[("run/.containerenv", "")]));
    assert!(left(&[("run/secrets/kubernetes.io/serviceaccount/token", "t")]));
    assert!(left(&[("proc/1/cgroup", "12:cpu:/docker/4f5e\n")]));
    assert!(!left(&[("proc/1/cgroup", "0::/init.scope\n")]));
    assert!(!left(&[]));
}

#[test]
fn a_mail_server_needs_an_address_that_mails_come_from() {
    let (_dir, flags) = with_file("");
    let server = ("THRIVESTACK_SMTP_URL", "smtps://user:hunter2@smtp.example.com");
    let told = load(&flags, &[server]).unwrap_err().to_string();
    assert!(told.contains("mail_from") && !told.contains("hunter2"), "{told}");
    let (config, layers) = load(&flags, &[server, ("THRIVESTACK_MAIL_FROM", "hello@example.com")]).unwrap();
    assert_eq!(config.smtp_url.unwrap().name(), "smtp.example.com:465");
    assert!(!layers.effective().contains("hunter2"));
    for bad in ["smtp.example.com", "smtp://u:hunter2@smtp.example.com?tls=none", "https://example.com"] {
        let told = load(&flags, &[("THRIVESTACK_SMTP_URL", bad)]).unwrap_err().to_string();
        assert!(told.contains("smtp_url") && !told.contains("hunter2"), "{told}");
    }
}
