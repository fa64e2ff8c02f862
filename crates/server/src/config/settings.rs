//! The settings: name, type, default, what they mean.

use super::{
    ConfigFault,
    layers::Layers,
    parse::{self, LogFormat, StoreUrl},
};
use ipnet::IpNet;
use kernel::Secret;
use model::{email::Email, webhook::retry::Schedule};
use outbound::smtp::Server;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use url::Url;

/// What can be known about a setting without a value for it.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the TOML file, such as `public_url`.
    pub key: &'static str,
    pub default: &'static str,
    /// Secret values are never printed.
    pub secret: bool,
    /// The flag that sets it, where there is one.
    pub flag: Option<&'static str>,
    /// The lines of its documentation.
    pub doc: &'static [&'static str],
}

macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $parse:expr, $visibility:ident $(, $flag:literal)?; )+) => {
        /// The effective configuration. Its fields are documented in `docs/reference/configuration.md` too.
        #[derive(Debug, Clone)]
        pub struct Config {
            $( $(#[doc = $doc])+ pub $name: $type, )+
        }

        /// Every setting, in the order of the reference.
        pub const SETTINGS: &[Setting] = &[
            $( Setting {
                key: stringify!($name),
                default: $default,
                secret: settings!(@secret $visibility),
                flag: settings!(@flag $($flag)?),
                doc: &[$($doc),+],
            }, )+
        ];

        /// Parses every setting; `None` when any of them has a fault.
        pub(super) fn read(layers: &Layers, faults: &mut Vec<ConfigFault>) -> Option<Config> {
            $( let $name: Option<$type> = layers.read(stringify!($name), $parse, faults); )+
            Some(Config { $( $name: $name?, )+ })
        }
    };
    (@secret plain) => { false };
    (@secret secret) => { true };
    (@flag) => { None };
    (@flag $flag:literal) => { Some($flag) };
}

settings! {
    /// The directory that holds everything: state database, journal, lake, master key. Relative to the
    /// working directory.
    data_dir: PathBuf = "./thrivestack-data", parse::path, plain, "--data-dir";

    /// The address and port to listen on. Port 0 picks a free port.
    listen: SocketAddr = "127.0.0.1:7700", parse::listen, plain, "--listen";

    /// The address under which browsers and backends reach this server, such as `https://signup.example.com`.
    /// Links that are handed out begin with it. Empty: `http://` and the listen address.
    public_url: Option<Url> = "", parse::public_url, plain, "--public-url";

    /// 32 random bytes in base64 that seal the secrets in the state database. Empty: the file `master.key` in
    /// the data directory, which `thrivestack init` makes. Whoever keeps backups keeps this key apart from them.
    master_key: Option<Secret<[u8; 32]>> = "", parse::master_key, secret;

    /// The state database: `sqlite:` and a file, relative to the data directory.
    database_url: StoreUrl = "sqlite:state.db", parse::database_url, plain;

    /// The journal of telemetry: `file:` and a directory, relative to the data directory. A journal in files
    /// belongs to one process.
    journal_url: StoreUrl = "file:journal", parse::journal_url, plain;

    /// The analytics lake: `file:` and a directory, relative to the data directory. It can be deleted and
    /// rebuilt from the journal.
    lake_url: StoreUrl = "file:lake", parse::lake_url, plain;

    /// Networks whose `X-Forwarded-For` is believed, separated by commas, such as `10.0.0.0/8, ::1/128`.
    /// Empty: nobody's.
    trusted_proxies: Vec<IpNet> = "", parse::networks, plain;

    /// The waits between attempts to deliver a webhook in Development.
    retry_development: Schedule = "1s, 2s, 5s, 15s, 1m, 5m", parse::schedule, plain;

    /// The waits between attempts to deliver a webhook in Production: the schedule that Standard Webhooks
    /// recommends.
    retry_production: Schedule = "5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h", parse::schedule, plain;

    /// The mail server that takes mails: `smtps://user:password@host:465` speaks TLS from the first byte,
    /// `smtp://user:password@host:587` changes to TLS (STARTTLS) before it says anything, or says nothing. In user and
    /// password, write `@` as `%40`, `:` as `%3A`, `/` as `%2F`. Towards this machine (`smtp://localhost:1025`) plain is
    /// allowed; `?tls=required` asks for STARTTLS there too. Needs `mail_from`. Empty: mails are written and stay inside;
    /// what was written then is not sent later by itself.
    smtp_url: Option<Server> = "", parse::smtp_url, secret;

    /// A file with a root certificate in PEM that the mail server's certificate may come from, beside the roots of the
    /// system.
    smtp_root_path: Option<PathBuf> = "", parse::optional_path, plain;

    /// The address that mails come from where an environment names none in Settings.
    mail_from: Option<Email> = "", parse::email, plain;

    /// The waits between attempts to hand a mail to the mail server.
    mail_retry: Schedule = "1m, 5m, 15m, 1h, 4h, 8h, 24h", parse::schedule, plain;

    /// A local IP-to-country database in MaxMind's format (`.mmdb`), used to enrich users. Empty: countries
    /// stay unknown.
    countries_path: Option<PathBuf> = "", parse::optional_path, plain;

    /// The issuer (`iss`) of the tokens that the token API gives.
    token_issuer: String = "ThriveStack", parse::words, plain;

    /// `text`, `json`, or `auto`: text on a terminal, JSON otherwise. Logs go to standard error.
    log_format: LogFormat = "auto", parse::log_format, plain, "--log-format";

    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels for parts such as
    /// `info,sql=debug`.
    log: String = "info", parse::log_filter, plain;

    /// Connections held open at the same time; further ones wait to be accepted.
    connections_max: usize = "2048", parse::count, plain;

    /// How long a client may take to send the head of a request.
    header_timeout: Duration = "10s", parse::span, plain;
}
