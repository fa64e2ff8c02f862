//! The journal from outside, on real files and on files that forget.

// Always set here; the lints that spare tests look for it, and would not spare helpers without.
#[cfg(test)]
mod it {
    mod append;
    mod crash;
    mod damage;
    mod format;
    mod poison;
    mod queue;
    mod read;
    mod support;
}
