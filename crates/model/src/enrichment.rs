//! What the built-in provider knows about a person and a company without asking anybody: the e-mail's
//! domain, whether it is a free or a disposable one, and the country of the address.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Where an address is, as far as the local database knows. Empty texts are unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    pub city: String,
    pub state: String,
    pub state_code: String,
    pub country: String,
    /// ISO 3166-1 alpha-2
    pub country_code: String,
}

/// The result of *Enrich user* and *Enrich company*.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Enrichment {
    /// The user's address as text, empty when unknown (decision D27).
    pub ip: String,
    /// The e-mail's domain, lower case.
    pub domain: String,
    /// `Gmail`, `Outlook` …; `custom domain` for a company's own.
    pub email_provider: String,
    /// A free-mail domain: never an account's domain (C48).
    pub personal: bool,
    pub disposable: bool,
    pub place: Place,
}

/// Free-mail domains with the name people know them by.
const FREE_MAIL: &[(&str, &str)] = &[
    ("gmail.com", "Gmail"),
    ("googlemail.com", "Gmail"),
    ("outlook.com", "Outlook"),
    ("hotmail.com", "Outlook"),
    ("hotmail.co.uk", "Outlook"),
    ("hotmail.de", "Outlook"),
    ("hotmail.fr", "Outlook"),
    ("hotmail.it", "Outlook"),
    ("live.com", "Outlook"),
    ("live.co.uk", "Outlook"),
    ("live.nl", "Outlook"),
    ("msn.com", "Outlook"),
    ("yahoo.com", "Yahoo"),
    ("yahoo.co.in", "Yahoo"),
    ("yahoo.co.jp", "Yahoo"),
    ("yahoo.co.uk", "Yahoo"),
    ("yahoo.de", "Yahoo"),
    ("yahoo.es", "Yahoo"),
    ("yahoo.fr", "Yahoo"),
    ("yahoo.it", "Yahoo"),
    ("ymail.com", "Yahoo"),
    ("rocketmail.com", "Yahoo"),
    ("icloud.com", "iCloud"),
    ("me.com", "iCloud"),
    ("mac.com", "iCloud"),
    ("aol.com", "AOL"),
    ("proton.me", "Proton"),
    ("protonmail.com", "Proton"),
    ("pm.me", "Proton"),
    ("tutanota.com", "Tuta"),
    ("tuta.io", "Tuta"),
    ("fastmail.com", "Fastmail"),
    ("hey.com", "HEY"),
    ("zoho.com", "Zoho"),
    ("mail.com", "mail.com"),
    ("email.com", "mail.com"),
    ("gmx.com", "GMX"),
    ("gmx.de", "GMX"),
    ("gmx.net", "GMX"),
    ("gmx.at", "GMX"),
    ("gmx.ch", "GMX"),
    ("web.de", "WEB.DE"),
    ("t-online.de", "T-Online"),
    ("freenet.de", "freenet"),
    ("posteo.de", "Posteo"),
    ("mailbox.org", "mailbox.org"),
    ("orange.fr", "Orange"),
    ("wanadoo.fr", "Orange"),
    ("free.fr", "Free"),
    ("laposte.net", "La Poste"),
    ("sfr.fr", "SFR"),
    ("libero.it", "Libero"),
    ("virgilio.it", "Virgilio"),
    ("tiscali.it", "Tiscali"),
    ("ziggo.nl", "Ziggo"),
    ("kpnmail.nl", "KPN"),
    ("seznam.cz", "Seznam"),
    ("wp.pl", "WP"),
    ("o2.pl", "O2"),
    ("onet.pl", "Onet"),
    ("interia.pl", "Interia"),
    ("mail.ru", "Mail.ru"),
    ("bk.ru", "Mail.ru"),
    ("list.ru", "Mail.ru"),
    ("inbox.ru", "Mail.ru"),
    ("yandex.ru", "Yandex"),
    ("yandex.com", "Yandex"),
    ("ukr.net", "UKR.NET"),
    ("qq.com", "QQ"),
    ("foxmail.com", "QQ"),
    ("163.com", "NetEase"),
    ("126.com", "NetEase"),
    ("sina.com", "Sina"),
    ("naver.com", "Naver"),
    ("daum.net", "Daum"),
    ("hanmail.net", "Daum"),
    ("rediffmail.com", "Rediff"),
    ("uol.com.br", "UOL"),
    ("bol.com.br", "BOL"),
    ("terra.com.br", "Terra"),
    ("comcast.net", "Xfinity"),
    ("verizon.net", "Verizon"),
    ("att.net", "AT&T"),
    ("sbcglobal.net", "AT&T"),
    ("bellsouth.net", "AT&T"),
    ("cox.net", "Cox"),
    ("charter.net", "Spectrum"),
    ("shaw.ca", "Shaw"),
    ("rogers.com", "Rogers"),
    ("btinternet.com", "BT"),
    ("sky.com", "Sky"),
    ("bigpond.com", "Telstra"),
];

/// Disposable domains that are met again and again; a growing list is data, not a promise.
const DISPOSABLE: &[&str] = &[
    "10minutemail.com",
    "10minutemail.net",
    "discard.email",
    "dispostable.com",
    "emailondeck.com",
    "fakeinbox.com",
    "getairmail.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.biz",
    "guerrillamail.com",
    "guerrillamail.de",
    "guerrillamail.net",
    "guerrillamail.org",
    "inboxkitten.com",
    "mailcatch.com",
    "maildrop.cc",
    "mailinator.com",
    "mailinator.net",
    "mailnesia.com",
    "mailsac.com",
    "mintemail.com",
    "moakt.com",
    "mohmal.com",
    "mytemp.email",
    "sharklasers.com",
    "spam4.me",
    "spamgourmet.com",
    "temp-mail.io",
    "temp-mail.org",
    "tempail.com",
    "tempmail.com",
    "tempmail.dev",
    "tempr.email",
    "throwawaymail.com",
    "trashmail.com",
    "trashmail.de",
    "yopmail.com",
    "yopmail.fr",
    "yopmail.net",
];

impl Enrichment {
    /// What the e-mail alone tells. `email` must have passed [`crate::email::Email`].
    pub fn of_email(email: &str) -> Self {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
        let free = FREE_MAIL.iter().find(|(known, _)| *known == domain);
        let disposable = DISPOSABLE.contains(&domain.as_str());
        Self {
            email_provider: free.map_or("custom domain", |(_, name)| name).to_owned(),
            personal: free.is_some() || disposable,
            disposable,
            domain,
            ..Self::default()
        }
    }

    /// The same with where the user's address is.
    #[must_use]
    pub fn at(mut self, ip: String, place: Place) -> Self {
        self.ip = ip;
        self.place = place;
        self
    }

    /// The registrable domain of the company, none for free and disposable mail.
    pub fn company_domain(&self) -> Option<&str> {
        if self.personal {
            return None;
        }
        psl::domain_str(&self.domain).or(Some(self.domain.as_str()))
    }

    /// A readable guess of the company's name: the domain's first label, as a title.
    pub fn company_name(&self) -> Option<String> {
        let label = self.company_domain()?.split('.').next()?;
        let words = label.split(['-', '_']).filter(|word| !word.is_empty()).map(title);
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// Name and domain of the account: the company's domain, or the whole e-mail for free mail (C48).
    pub fn account_name(&self, email: &str) -> String {
        self.company_domain().map_or_else(|| email.to_ascii_lowercase(), str::to_owned)
    }

    /// `enrichment_*` traits of the person (domain 5.2), only what is known.
    pub fn user_traits(&self) -> Map<String, Value> {
        let mut traits = Map::new();
        put(&mut traits, "enrichment_email_provider", &self.email_provider);
        put(&mut traits, "enrichment_employment_domain", self.company_domain().unwrap_or(""));
        put(&mut traits, "enrichment_employment_name", &self.company_name().unwrap_or_default());
        self.place_traits(&mut traits);
        traits
    }

    /// `enrichment_*` traits of the account (domain 5.3), only what is known.
    pub fn group_traits(&self) -> Map<String, Value> {
        let mut traits = Map::new();
        put(&mut traits, "enrichment_domain", self.company_domain().unwrap_or(""));
        put(&mut traits, "enrichment_name", &self.company_name().unwrap_or_default());
        put(&mut traits, "enrichment_email_provider", &self.email_provider);
        traits.insert("group_type".to_owned(), json!("Account"));
        traits
    }

    /// How much the answer is worth, in the webhook's words.
    pub const fn confidence(&self) -> &'static str {
        if self.personal { "low" } else { "medium" }
    }

    fn place_traits(&self, traits: &mut Map<String, Value>) {
        put(traits, "enrichment_city", &self.place.city);
        put(traits, "enrichment_state", &self.place.state);
        put(traits, "enrichment_state_code", &self.place.state_code);
        put(traits, "enrichment_country", &self.place.country);
        put(traits, "enrichment_country_code", &self.place.country_code);
    }
}

fn put(traits: &mut Map<String, Value>, name: &str, value: &str) {
    if !value.is_empty() {
        traits.insert(name.to_owned(), json!(value));
    }
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_domain_names_the_account_and_free_mail_never_does() {
        let company = Enrichment::of_email("ada@mail.Acme-Rockets.co.uk");
        assert_eq!(company.company_domain(), Some("acme-rockets.co.uk"));
        assert_eq!(company.company_name().as_deref(), Some("Acme Rockets"));
        assert_eq!(company.account_name("ada@mail.Acme-Rockets.co.uk"), "acme-rockets.co.uk");
        assert_eq!(company.email_provider, "custom domain");

        let free = Enrichment::of_email("Ada@gmail.com");
        assert!(free.personal && !free.disposable);
        assert_eq!(free.account_name("Ada@gmail.com"), "ada@gmail.com");
        assert!(!free.user_traits().contains_key("enrichment_employment_domain"));

        assert!(Enrichment::of_email("x@mailinator.com").disposable);
    }
}
