//! Sealed values: what opens them and what does not.

use kernel::Secret;
use store::seal::{Place, SealFault, Sealer};
use testkit::SeededRng;

const PLACE: Place<'static> = Place { table: "signing_key", row: "k1" };

fn sealer(byte: u8) -> Sealer {
    Sealer::new(&Secret::new([byte; 32]))
}

fn sealed() -> Vec<u8> {
    sealer(1).seal(&SeededRng::new(1), PLACE, b"a secret").unwrap()
}

#[test]
fn a_sealed_value_opens_in_its_place() {
    let opened = sealer(1).open(PLACE, &sealed()).unwrap();
    assert_eq!(opened.expose(), b"a secret");
    assert!(!sealed().windows(8).any(|window| window == b"a secret"));
}

#[test]
fn it_does_not_open_in_another_row_or_table() {
    for place in [Place { row: "k2", ..PLACE }, Place { table: "webhook_secret", ..PLACE }] {
        assert_eq!(
            sealer(1).open(place, &sealed()).map(|_| ()),
            Err(SealFault::Damaged { table: place.table })
        );
    }
}

#[test]
fn another_master_key_is_named() {
    let refused = sealer(2).open(PLACE, &sealed()).map(|_| ());
    let expected = SealFault::OtherKey { sealed_under: sealer(1).key_id(), held: sealer(2).key_id() };
    assert_eq!(refused, Err(expected));
}

#[test]
fn every_damaged_byte_and_every_cut_is_noticed() {
    let whole = sealed();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(sealer(1).open(PLACE, &damaged).is_err(), "byte {at}");
        assert!(sealer(1).open(PLACE, &whole[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    let rng = SeededRng::new(1);
    let [one, two] = [(); 2].map(|()| sealer(1).seal(&rng, PLACE, b"a secret").unwrap());
    assert_ne!(one, two);
}

#[test]
fn a_canary_tells_one_master_key_from_another() {
    let canary = sealer(1).canary(&SeededRng::new(1)).unwrap();
    assert_eq!(sealer(1).check_canary(&canary), Ok(()));
    assert!(matches!(sealer(2).check_canary(&canary), Err(SealFault::OtherKey { .. })));
    assert!(sealer(1).check_canary(&sealed()).is_err());
}
