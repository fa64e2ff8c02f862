use outbound::{OwnListeners, Policy, Refusal, is_global};

fn check(policy: Policy, url: &str) -> Result<u16, Refusal> {
    policy.check_url(&url.parse().unwrap(), &OwnListeners::default())
}

#[test]
fn production_takes_https_on_its_ports_and_global_addresses() {
    for (url, port) in [
        ("https://example.com/hook", 443),
        ("https://example.com:8443/", 8443),
        ("https://example.com:80/", 80),
        ("https://93.184.215.14/", 443),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", 443),
    ] {
        assert_eq!(check(Policy::Production, url), Ok(port), "{url}");
    }
    for (url, refusal) in [
        ("http://example.com/", Refusal::Scheme("http".into())),
        ("file:///etc/passwd", Refusal::Scheme("file".into())),
        ("gopher://example.com/", Refusal::Scheme("gopher".into())),
        ("https://example.com:22/", Refusal::Port(22)),
        ("https://example.com:0/", Refusal::Port(0)),
        ("https://user@example.com/", Refusal::UserInfo),
        ("https://:secret@example.com/", Refusal::UserInfo),
        ("https://127.0.0.1/", address("127.0.0.1")),
        ("https://[::1]/", address("::1")),
        ("https://[::ffff:10.0.0.1]/", address("10.0.0.1")),
        ("https://[::ffff:a9fe:a9fe]/", address("169.254.169.254")),
    ] {
        assert_eq!(check(Policy::Production, url), Err(refusal), "{url}");
    }
}

#[test]
fn hosts_in_odd_spellings_are_the_addresses_that_they_are() {
    for url in [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://127.0.0.1./",
        "https://①②⑦.⓪.⓪.①/",
    ] {
        assert_eq!(check(Policy::Production, url), Err(address("127.0.0.1")), "{url}");
    }
}

#[test]
fn development_takes_http_any_port_and_private_addresses() {
    for (url, port) in [
        ("http://localhost:3000/hook", 3000),
        ("http://127.0.0.1:22/", 22),
        ("http://10.1.2.3/", 80),
        ("https://192.168.1.1/", 443),
        ("http://[fd00::1]:8080/", 8080),
        ("http://[::1]/", 80),
    ] {
        assert_eq!(check(Policy::Development, url), Ok(port), "{url}");
    }
    for (url, refusal) in [
        ("ws://localhost/", Refusal::Scheme("ws".into())),
        ("http://user@localhost/", Refusal::UserInfo),
        ("http://0.0.0.0:7700/", address("0.0.0.0")),
        ("http://[::]:7700/", address("::")),
        ("http://224.0.0.1/", address("224.0.0.1")),
        ("http://255.255.255.255/", address("255.255.255.255")),
        ("http://[ff02::1]/", address("ff02::1")),
    ] {
        assert_eq!(check(Policy::Development, url), Err(refusal), "{url}");
    }
}

#[test]
fn special_ranges_are_not_global_from_first_to_last_address() {
    for (first, last) in [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("240.0.0.0", "255.255.255.255"),
        ("::", "::1"),
        ("::2", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::ffff:10.0.0.0", "::ffff:10.255.255.255"),
        ("64:ff9b::", "64:ff9b::ffff:ffff"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("100::", "100::ffff:ffff:ffff:ffff"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] {
        assert!(!is_global(first.parse().unwrap()), "{first}");
        assert!(!is_global(last.parse().unwrap()), "{last}");
    }
}

#[test]
fn the_neighbours_of_special_ranges_are_global() {
    for ip in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "2001:200::",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2606:4700::1111",
    ] {
        assert!(is_global(ip.parse().unwrap()), "{ip}");
    }
}

fn address(ip: &str) -> Refusal {
    Refusal::Address(ip.parse().unwrap())
}
