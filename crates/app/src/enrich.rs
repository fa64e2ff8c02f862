//! *Enrich user* and *Enrich company* by the built-in provider: no network, so it never delays a signup.

use crate::App;
use model::enrichment::{Enrichment, Place};
use std::net::IpAddr;

/// What the e-mail and, if known, the address of the user tell (decision D27).
pub fn enrich(app: &App, email: &str, address: Option<IpAddr>) -> Enrichment {
    let known = Enrichment::of_email(email);
    match address {
        Some(address) => known.at(address.to_string(), place(app, address)),
        None => known,
    }
}

/// Where an address is; nothing is known without a database.
pub fn place(app: &App, address: IpAddr) -> Place {
    let found = app.geo.as_ref().and_then(|countries| countries.lookup(address));
    found.map_or_else(Place::default, |place| Place {
        city: place.city,
        state: place.state,
        state_code: place.state_code,
        country: place.country,
        country_code: place.country_code,
    })
}
