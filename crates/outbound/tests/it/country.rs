use outbound::{Countries, Place};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

// A value starts with its type in three bits and its size in five; types above 7 stand in a second byte.
const TEXT: u8 = 2 << 5;
const UINT16: u8 = 5 << 5;
const UINT32: u8 = 6 << 5;
const MAP: u8 = 7 << 5;
const UINT64_EXTENDED: u8 = 9 - 7;
const ARRAY_EXTENDED: u8 = 11 - 7;

/// A database of one record per /8 network, in MaxMind DB format 2.0 with 24-bit records.
fn database(records: &[(u8, Value)]) -> Vec<u8> {
    // Every node of a full tree of eight levels: entry n is reached by the bits of n.
    const NODES: u32 = 255;
    let mut data = Vec::new();
    let mut leaves = [NODES; 256];
    for (network, record) in records {
        leaves[usize::from(*network)] = NODES + 16 + u32::try_from(data.len()).unwrap();
        encode(record, &mut data);
    }
    let mut file = Vec::new();
    for node in 0..NODES {
        for child in [2 * node + 1, 2 * node + 2] {
            let entry = if child < NODES { child } else { leaves[(child - NODES) as usize] };
            file.extend_from_slice(&entry.to_be_bytes()[1..]);
        }
    }
    file.extend_from_slice(&[0; 16]);
    file.extend_from_slice(&data);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    file.push(MAP | 9);
    for (key, kind, number) in [
        ("node_count", [UINT32 | 1].as_slice(), 255),
        ("record_size", &[UINT16 | 1], 24),
        ("ip_version", &[UINT16 | 1], 4),
        ("binary_format_major_version", &[UINT16 | 1], 2),
        ("binary_format_minor_version", &[UINT16 | 1], 0),
        ("build_epoch", &[1, UINT64_EXTENDED], 1),
    ] {
        encode(&json!(key), &mut file);
        file.extend_from_slice(kind);
        file.push(number);
    }
    for (key, value) in
        [("database_type", json!("Test")), ("languages", json!([])), ("description", json!({}))]
    {
        encode(&json!(key), &mut file);
        encode(&value, &mut file);
    }
    file
}

/// Numbers are one byte long, of 16 bits; maps and texts have fewer than 29 entries and bytes.
fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            out.push(MAP | u8::try_from(map.len()).unwrap());
            for (key, value) in map {
                encode(&json!(key), out);
                encode(value, out);
            }
        }
        Value::Array(values) => {
            out.extend_from_slice(&[u8::try_from(values.len()).unwrap(), ARRAY_EXTENDED]);
            values.iter().for_each(|value| encode(value, out));
        }
        Value::String(text) if text.len() < 29 => {
            out.push(TEXT | u8::try_from(text.len()).unwrap());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) => {
            out.extend_from_slice(&[UINT16 | 1, u8::try_from(number.as_u64().unwrap()).unwrap()]);
        }
        other => panic!("this test writes no {other}"),
    }
}

fn open(records: &[(u8, Value)]) -> Countries {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), database(records)).unwrap();
    Countries::open(file.path()).unwrap()
}

fn place(city: &str, state: &str, state_code: &str, country: &str, country_code: &str) -> Place {
    let [city, state, state_code, country, country_code] =
        [city, state, state_code, country, country_code].map(str::to_owned);
    Place { city, state, state_code, country, country_code }
}

#[test]
fn the_layouts_in_common_use_are_read() {
    let countries = open(&[
        (
            1,
            json!({
                "city": {"names": {"en": "Munich", "de": "München"}},
                "country": {"iso_code": "DE", "names": {"en": "Germany", "de": "Deutschland"}},
                "subdivisions": [{"iso_code": "BY", "names": {"en": "Bavaria"}}],
                "location": {"accuracy_radius": 20},
            }),
        ),
        (2, json!({"country_code": "FR", "city": "Paris", "state1": "Île-de-France", "postcode": "75001"})),
        (3, json!({"country": "Japan", "country_code": "JP", "continent": "Asia"})),
        (4, json!({"continent": "Asia"})),
    ]);
    for (first, expected) in [
        (1, Some(place("Munich", "Bavaria", "BY", "Germany", "DE"))),
        (2, Some(place("Paris", "Île-de-France", "", "", "FR"))),
        (3, Some(place("", "", "", "Japan", "JP"))),
        (4, None),
        (5, None),
    ] {
        let ip = IpAddr::from([first, 2, 3, 4]);
        assert_eq!(countries.lookup(ip), expected, "{ip}");
    }
    let mapped = Ipv4Addr::new(3, 0, 0, 1).to_ipv6_mapped();
    assert_eq!(countries.lookup(mapped.into()).unwrap().country_code, "JP");
    assert_eq!(countries.lookup("2001:db8::1".parse().unwrap()), None);
}

#[test]
fn a_file_of_another_kind_is_refused_by_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"not a database").unwrap();
    let fault = Countries::open(file.path()).err().unwrap();
    assert!(fault.to_string().contains(file.path().to_str().unwrap()), "{fault}");
}
