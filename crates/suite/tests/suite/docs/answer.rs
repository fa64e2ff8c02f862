//! Whether a program said what a page says that it says.

/// White space does not count, `…` stands for anything. The whole output has to fit, or some part of it.
pub fn fits(said: &str, wanted: &str, whole: bool) -> bool {
    let said: String = said.split_whitespace().collect();
    let wanted: String = wanted.split_whitespace().collect();
    let pieces: Vec<&str> = wanted.split('…').collect();
    let mut rest = said.as_str();
    for (index, piece) in pieces.iter().enumerate() {
        let last = index + 1 == pieces.len();
        rest = match piece {
            // The first piece stands at the beginning, the last one at the end.
            piece if whole && index == 0 => match rest.strip_prefix(piece) {
                Some(rest) if !last || rest.is_empty() => rest,
                _ => return false,
            },
            piece if whole && last => return rest.ends_with(piece),
            piece => match rest.split_once(piece) {
                Some((_, rest)) => rest,
                None => return false,
            },
        };
    }
    true
}

#[test]
fn what_is_left_out_may_be_anything_and_the_rest_must_be_there() {
    for (said, wanted, whole, good) in [
        ("a b\nc", "abc", true, true),
        ("a1b22c", "a…b…c", true, true),
        ("a1b22c", "a…b…", true, true),
        ("a1b22cx", "a…b…c", true, false),
        ("xa1c", "a…c", true, false),
        ("xa1cx", "a…c", false, true),
        ("ac", "a…b", false, false),
        ("ab", "a", true, false),
        ("ab", "a…a", true, false),
        ("", "", true, true),
    ] {
        assert_eq!(fits(said, wanted, whole), good, "{said:?} {wanted:?}");
    }
}
