//! A local database from addresses to places. None is shipped: the operator names a file in MaxMind's
//! DB format (version 2.0), and three layouts in common use are read: GeoLite2/GeoIP2 (nested), DB-IP Lite and IPinfo
//! Lite (flat).

use kernel::Category;
use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;
use std::{collections::HashMap, net::IpAddr, path::Path, sync::Arc};

/// Where an address is, as far as the file knows; unknown texts are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub city: String,
    pub state: String,
    pub state_code: String,
    /// In English.
    pub country: String,
    /// ISO 3166-1 alpha-2
    pub country_code: String,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the ip-to-country database {path}")]
pub struct CountryFault {
    path: String,
    source: MaxMindDbError,
}

impl CountryFault {
    pub const fn category(&self) -> Category {
        Category::Invalid
    }
}

/// The database, held in memory whole. Cheap to clone.
#[derive(Clone)]
pub struct Countries(Arc<Reader<Vec<u8>>>);

impl Countries {
    /// Blocks while reading the file.
    pub fn open(path: &Path) -> Result<Self, CountryFault> {
        let reader = Reader::open_readfile(path)
            .map_err(|source| CountryFault { path: path.display().to_string(), source })?;
        Ok(Self(Arc::new(reader)))
    }

    /// None when the file does not know the address. A record that cannot be read counts as unknown: a
    /// signup never fails because of it.
    pub fn lookup(&self, ip: IpAddr) -> Option<Place> {
        let found = self.0.lookup(ip.to_canonical()).ok()?;
        let place = found.decode::<Record>().ok()??.place();
        (place != Place::default()).then_some(place)
    }
}

/// The union of the layouts: `country` is a map in one and a text in the other.
#[derive(Deserialize)]
struct Record {
    city: Option<Name>,
    country: Option<Name>,
    #[serde(default)]
    subdivisions: Vec<Nested>,
    country_code: Option<String>,
    state1: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Nested(Nested),
}

#[derive(Deserialize)]
struct Nested {
    iso_code: Option<String>,
    #[serde(default)]
    names: HashMap<String, String>,
}

impl Record {
    fn place(self) -> Place {
        let (country, iso_code) = self.country.map_or_else(Default::default, Name::split);
        let (state, state_code) =
            self.subdivisions.into_iter().next().map_or_else(Default::default, Nested::split);
        let code = Some(iso_code).filter(|code| !code.is_empty()).or(self.country_code).unwrap_or_default();
        Place {
            city: self.city.map_or_else(Default::default, Name::split).0,
            state: Some(state).filter(|state| !state.is_empty()).or(self.state1).unwrap_or_default(),
            state_code,
            country,
            country_code: code,
        }
    }
}

impl Name {
    /// The English name and the code.
    fn split(self) -> (String, String) {
        match self {
            Self::Text(text) => (text, String::new()),
            Self::Nested(nested) => nested.split(),
        }
    }
}

impl Nested {
    fn split(mut self) -> (String, String) {
        (self.names.remove("en").unwrap_or_default(), self.iso_code.unwrap_or_default())
    }
}
