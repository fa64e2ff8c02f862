//! Whose address counts when proxies stand in between.

use http::HeaderMap;
use std::net::IpAddr;
use webkit::Proxies;

fn client(proxies: &[&str], peer: &str, forwarded: &[&str]) -> IpAddr {
    let mut headers = HeaderMap::new();
    for line in forwarded {
        headers.append("x-forwarded-for", line.parse().unwrap());
    }
    let proxies = Proxies::new(proxies.iter().map(|network| network.parse().unwrap()).collect());
    proxies.client(peer.parse().unwrap(), &headers)
}

#[test]
fn a_header_counts_from_configured_proxies_alone() {
    let cases: [(&[&str], &str, &[&str], &str); 9] = [
        (&[], "203.0.113.9", &["1.2.3.4"], "203.0.113.9"),
        (&["10.0.0.0/8"], "203.0.113.9", &["1.2.3.4"], "203.0.113.9"),
        (&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4"], "1.2.3.4"),
        (&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        (&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        (&["10.0.0.0/8"], "10.0.0.1", &["nonsense"], "10.0.0.1"),
        (&["10.0.0.0/8"], "10.0.0.1", &[], "10.0.0.1"),
        (&["10.0.0.0/8"], "::ffff:10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["::1/128"], "::1", &["198.51.100.4:80"], "198.51.100.4"),
    ];
    for (proxies, peer, forwarded, expected) in cases {
        let found = client(proxies, peer, forwarded);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
    }
}
