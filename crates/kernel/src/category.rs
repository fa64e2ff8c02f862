//! Eight ways in which anything can go wrong. A feature's error names its category once; the edge maps
//! the category to a status or a page, once.

/// What kind of failure this is, for whoever has to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// The request cannot be understood or breaks a rule: 400.
    Invalid,
    /// No credential, or one that proves nothing: 401.
    Unauthenticated,
    /// A good credential that may not do this: 403.
    Forbidden,
    /// The thing is not there (or not for this caller): 404.
    Absent,
    /// The thing is in another state than the request assumes: 409.
    Conflict,
    /// Too much at once from this caller: 429.
    Limited,
    /// We cannot do it now; the same request may succeed later: 503.
    Unavailable,
    /// Our own fault: 500.
    Fault,
}

impl Category {
    /// The HTTP status of this category (RFC 9110, section 15).
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::Absent => 404,
            Self::Conflict => 409,
            Self::Limited => 429,
            Self::Fault => 500,
            Self::Unavailable => 503,
        }
    }
}
