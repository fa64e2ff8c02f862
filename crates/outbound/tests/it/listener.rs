use outbound::OwnListeners;
use std::net::SocketAddr;

fn contains(bound: &str, target: &str) -> bool {
    OwnListeners::new([bound.parse::<SocketAddr>().unwrap()]).contains(target.parse().unwrap())
}

#[test]
fn a_listener_is_reached_by_its_address_and_port() {
    assert!(contains("127.0.0.1:7700", "127.0.0.1:7700"));
    assert!(contains("127.0.0.1:7700", "[::ffff:127.0.0.1]:7700"));
    assert!(contains("[::1]:7700", "[::1]:7700"));
    assert!(!contains("127.0.0.1:7700", "127.0.0.1:7701"));
    assert!(!contains("127.0.0.1:7700", "127.0.0.2:7700"));
}

#[test]
fn a_wildcard_is_reached_by_every_address_of_this_machine_and_no_other() {
    for bound in ["0.0.0.0:7700", "[::]:7700"] {
        assert!(contains(bound, "127.0.0.1:7700"), "{bound}");
        assert!(contains(bound, "127.0.0.9:7700"), "{bound}");
        assert!(contains(bound, "[::1]:7700"), "{bound}");
        assert!(!contains(bound, "127.0.0.1:3000"), "{bound}");
        assert!(!contains(bound, "203.0.113.7:7700"), "{bound}");
        assert!(!contains(bound, "[2001:db8::7]:7700"), "{bound}");
    }
}
