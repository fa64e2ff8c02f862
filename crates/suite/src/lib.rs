//! Tests of the whole app: see `tests/suite`.
