//! Faults as a log tells them.

use std::error::Error;

/// A fault with its causes in one line, the outermost first: `store: statement failed: …: database is locked`.
pub fn chain(fault: &dyn Error) -> String {
    let mut line = fault.to_string();
    let mut source = fault.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
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
            write!(f, "link {}", self.0)
        }
    }

    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            const REST: [Link; 2] = [Link(0), Link(1)];
            (self.0 > 0).then(|| &REST[usize::from(self.0) - 1] as &dyn Error)
        }
    }

    #[test]
    fn every_cause_is_told_once_and_in_order() {
        assert_eq!(chain(&Link(2)), "link 2: link 1: link 0");
        assert_eq!(chain(&Link(0)), "link 0");
    }
}
