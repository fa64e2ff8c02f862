//! Faults as a log tells them.

use std::error::Error;

/// A fault with its causes in one line, the outermost first: `store: statement failed: …: database is locked`.
/// Some libraries end their own message with their cause; it is not told again.
pub fn chain(fault: &dyn Error) -> String {
    let mut line = fault.to_string();
    let mut source = fault.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !line.ends_with(&said) {
            line.push_str(": ");
            line.push_str(&said);
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    #[derive(Debug)]
    struct Link(u8);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                3 => f.write_str("link 3, over link 2"),
                number => write!(f, "link {number}"),
            }
        }
    }

    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            const REST: [Link; 3] = [Link(0), Link(1), Link(2)];
            (self.0 > 0).then(|| &REST[usize::from(self.0) - 1] as &dyn Error)
        }
    }

    #[test]
    fn every_cause_is_told_once_and_in_order() {
        assert_eq!(chain(&Link(2)), "link 2: link 1: link 0");
        assert_eq!(chain(&Link(0)), "link 0");
    }

    #[test]
    fn a_cause_that_a_message_ends_with_is_not_told_again() {
        assert_eq!(chain(&Link(3)), "link 3, over link 2: link 1: link 0");
    }
}
