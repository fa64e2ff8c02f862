//! Who plays: names of companies and people, and what they use. All invented; `.example` belongs to nobody
//! (RFC 2606).

pub(super) const COMPANIES: [(&str, &str); 40] = [
    ("Lumen Labs", "Biotechnology"),
    ("Harbor & Pine", "Architecture"),
    ("Northwind Studio", "Design"),
    ("Copperline", "Logistics"),
    ("Quiet Orbit", "Software"),
    ("Fable Kitchen", "Food"),
    ("Meridian Maps", "Software"),
    ("Tallgrass Energy", "Energy"),
    ("Bluebird Clinics", "Healthcare"),
    ("Oakhurst Legal", "Legal"),
    ("Paper Lantern", "Publishing"),
    ("Saltwater Robotics", "Manufacturing"),
    ("Kestrel Finance", "Finance"),
    ("Mosaic Schools", "Education"),
    ("Fernweh Travel", "Travel"),
    ("Granite Bay Gear", "Retail"),
    ("Ivory Tower Books", "Retail"),
    ("Juniper Health", "Healthcare"),
    ("Lark & Loom", "Fashion"),
    ("Monsoon Media", "Media"),
    ("Nimbus Freight", "Logistics"),
    ("Opal Insurance", "Finance"),
    ("Polar Bakery", "Food"),
    ("Quarry Works", "Construction"),
    ("Redwood Analytics", "Software"),
    ("Sundial Systems", "Software"),
    ("Thimble & Thread", "Fashion"),
    ("Umber Interiors", "Design"),
    ("Velvet Fox Games", "Games"),
    ("Willow Creek Farms", "Agriculture"),
    ("Xylo Instruments", "Manufacturing"),
    ("Yonder Outdoors", "Retail"),
    ("Zephyr Cycles", "Manufacturing"),
    ("Amber Road", "Logistics"),
    ("Birch Street Bank", "Finance"),
    ("Clover Analytics", "Software"),
    ("Driftwood Hotels", "Travel"),
    ("Ember Security", "Software"),
    ("Foxglove Pharma", "Biotechnology"),
    ("Gable Homes", "Construction"),
];

pub(super) const FIRST_NAMES: [&str; 32] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Liam",
    "Maya", "Noor", "Oskar", "Priya", "Quinn", "Rosa", "Samir", "Tove", "Umar", "Vera", "Wen", "Ximena",
    "Yara", "Zoltan", "Amara", "Bela", "Cora", "Diego", "Esme", "Felix",
];

pub(super) const LAST_NAMES: [&str; 24] = [
    "Abbott",
    "Bergman",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kim",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Rossi",
    "Singh",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weber",
    "Yilmaz",
    "Zhang",
];

/// Of colleagues; whoever signs the company up is an Admin.
pub(super) const ROLES: [&str; 6] = ["Admin", "Member", "Member", "Member", "Member", "Viewer"];

/// Feature, and how it comes in among a hundred uses.
pub(super) const FEATURES: [(&str, usize); 8] = [
    ("note_create", 34),
    ("search_use", 24),
    ("note_share", 14),
    ("comment_add", 11),
    ("template_apply", 7),
    ("page_link", 5),
    ("note_export", 3),
    ("integration_connect", 2),
];

pub(super) const PAGES: [(&str, &str); 5] = [
    ("Notes", "/notes"),
    ("Search", "/search"),
    ("Shared with me", "/shared"),
    ("Settings", "/settings"),
    ("Pricing", "/pricing"),
];

pub(super) const CAMPAIGNS: [(&str, &str, &str); 6] = [
    ("google", "cpc", "team-notes"),
    ("newsletter", "email", "monthly"),
    ("linkedin", "social", "launch"),
    ("producthunt", "referral", "launch"),
    ("direct", "none", ""),
    ("direct", "none", ""),
];

/// Browser, system, device.
pub(super) const BROWSERS: [(&str, &str, &str); 6] = [
    ("Chrome", "Windows", "desktop"),
    ("Edge", "Windows", "desktop"),
    ("Safari", "macOS", "desktop"),
    ("Firefox", "Linux", "desktop"),
    ("Safari", "iOS", "mobile"),
    ("Chrome", "Android", "mobile"),
];

/// Country and its code; some come more often.
pub(super) const COUNTRIES: [(&str, &str); 14] = [
    ("United States", "US"),
    ("United States", "US"),
    ("United States", "US"),
    ("Germany", "DE"),
    ("Germany", "DE"),
    ("United Kingdom", "GB"),
    ("United Kingdom", "GB"),
    ("India", "IN"),
    ("India", "IN"),
    ("France", "FR"),
    ("Sweden", "SE"),
    ("Brazil", "BR"),
    ("Japan", "JP"),
    ("Kenya", "KE"),
];

/// Companies beyond the list above are a place and a trade.
pub(super) const PLACES: [&str; 16] = [
    "Alder",
    "Brackwater",
    "Cinderhill",
    "Dovecote",
    "Elmhurst",
    "Fernbank",
    "Glasswing",
    "Hollowell",
    "Inkwell",
    "Kingfisher",
    "Larkspur",
    "Millrace",
    "Northgate",
    "Osprey",
    "Pebblebrook",
    "Ravenscar",
];

/// Trade and industry.
pub(super) const TRADES: [(&str, &str); 9] = [
    ("Studio", "Design"),
    ("Software", "Software"),
    ("Partners", "Consulting"),
    ("Health", "Healthcare"),
    ("Works", "Manufacturing"),
    ("School", "Education"),
    ("Supply", "Retail"),
    ("Labs", "Biotechnology"),
    ("Media", "Media"),
];

pub(super) const ONBOARDING: [&str; 3] = ["create_first_note", "invite_colleague", "connect_calendar"];
