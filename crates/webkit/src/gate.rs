//! The way into every JSON route: credential, legal JSON, scope, and only then the fields (decision D15).

use crate::{
    answer::{Family, Refusal},
    body::{self, BodyFault},
    caller::CallerSource,
    credential::{self, Found},
    edge, json,
};
use axum::{extract::Request, response::Response};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use kernel::{Category, RequestId};
use model::caller::{Caller, Need, Presented};
use std::sync::Arc;

/// Tells whether a request speaks another client's dialect, and which (decision D2). It sees the head and the
/// body, whose JSON nobody has checked.
pub type Dialect = fn(&Parts, &[u8]) -> Option<&'static str>;

/// What a route asks of whoever calls it. A constant of the route.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    family: Family,
    need: Need,
    dialect: Option<Dialect>,
}

/// A request that came through the gate.
#[derive(Debug)]
pub struct Admitted {
    pub caller: Arc<Caller>,
    pub request_id: RequestId,
    pub parts: Parts,
    /// Legal JSON; empty where the route has no body.
    pub body: Bytes,
    family: Family,
}

impl Admitted {
    /// A refusal in the envelope of this route's family.
    pub fn refuse(&self, refusal: Refusal) -> Response {
        refusal.by(&self.caller).into_response(self.family, self.request_id)
    }
}

impl Gate {
    pub const fn new(family: Family, need: Need) -> Self {
        Self { family, need, dialect: None }
    }

    /// Lets other clients' requests be told apart before anything about them is judged as ours.
    #[must_use]
    pub const fn with_dialect(self, dialect: Dialect) -> Self {
        Self { dialect: Some(dialect), ..self }
    }

    /// Admits a request with a JSON body. A refused request's body is read to its end, within bounds.
    pub async fn json(&self, callers: &dyn CallerSource, request: Request) -> Result<Admitted, Response> {
        let (parts, body) = request.into_parts();
        let request_id = edge::request_id(&parts.extensions);
        let refuse = |refusal: Refusal| refusal.into_response(self.family, request_id);

        let early = match self.caller_in_head(callers, &parts).await {
            Ok(caller) => caller,
            Err(refusal) => {
                body::drain(body).await;
                return Err(refuse(refusal));
            }
        };
        let read = body::read(body).await;
        self.judge(callers, &parts, early, read)
            .await
            .map(|(caller, body)| Admitted { caller, request_id, parts, body, family: self.family })
            .map_err(refuse)
    }

    /// Admits a request that has no body to look at, such as a GET.
    pub async fn plain(&self, callers: &dyn CallerSource, request: Request) -> Result<Admitted, Response> {
        let (parts, _) = request.into_parts();
        let request_id = edge::request_id(&parts.extensions);
        let caller = match self.caller_in_head(callers, &parts).await {
            Ok(Some(caller)) => self.allow(caller),
            Ok(None) => Err(no_credential()),
            Err(refusal) => Err(refusal),
        };
        match caller {
            Ok(caller) => Ok(Admitted { caller, request_id, parts, body: Bytes::new(), family: self.family }),
            Err(refusal) => Err(refusal.into_response(self.family, request_id)),
        }
    }

    /// Verifies what stands in headers or query. `None`: nothing stands there, or a dialect may own it.
    async fn caller_in_head(
        &self,
        callers: &dyn CallerSource,
        parts: &Parts,
    ) -> Result<Option<Arc<Caller>>, Refusal> {
        match credential::find(parts) {
            Found::Presented(presented) => verify(callers, parts, presented).await.map(Some),
            Found::Nothing => Ok(None),
            Found::Basic if self.dialect.is_some() => Ok(None),
            Found::Basic | Found::OtherScheme => {
                Err(Refusal::unauthorized("the Authorization header must use the scheme Bearer or Token"))
            }
        }
    }

    async fn judge(
        &self,
        callers: &dyn CallerSource,
        parts: &Parts,
        early: Option<Arc<Caller>>,
        body: Result<Bytes, BodyFault>,
    ) -> Result<(Arc<Caller>, Bytes), Refusal> {
        if let (Some(dialect), Ok(body)) = (self.dialect, &body)
            && let Some(name) = dialect(parts, body)
        {
            let refusal = foreign(name);
            return Err(match &early {
                Some(caller) => refusal.by(caller),
                None => refusal,
            });
        }
        let caller = match (early, &body) {
            (Some(caller), _) => caller,
            (None, Ok(body)) => match credential::in_body(body) {
                Some(presented) => verify(callers, parts, presented).await?,
                None => return Err(no_credential_in(body)),
            },
            // Nobody looks into a body that is too large, so nobody can say whose it is.
            (None, Err(fault)) => return Err(unread(*fault)),
        };
        let legal = body.map_err(unread).and_then(|body| {
            json::media_type(&parts.headers)?;
            json::check(&body)?;
            Ok(body)
        });
        let body = legal.map_err(|refusal| refusal.by(&caller))?;
        Ok((self.allow(caller)?, body))
    }

    fn allow(&self, caller: Arc<Caller>) -> Result<Arc<Caller>, Refusal> {
        if caller.meets(self.need) { Ok(caller) } else { Err(Refusal::lacking(self.need).by(&caller)) }
    }
}

/// Takes a small JSON body from whoever sends it: for routes whose body is the credential.
pub async fn open_json(family: Family, request: Request) -> Result<(RequestId, Bytes), Response> {
    let (parts, body) = request.into_parts();
    let request_id = edge::request_id(&parts.extensions);
    let read = body::read_within(body, body::OPEN).await.map_err(|fault| match fault {
        BodyFault::TooLarge => Refusal::invalid("the body is larger than 65,536 bytes"),
        fault => unread(fault),
    });
    let checked = read.and_then(|body| {
        json::media_type(&parts.headers)?;
        json::check(&body)?;
        Ok(body)
    });
    checked.map(|body| (request_id, body)).map_err(|refusal| refusal.into_response(family, request_id))
}

/// Asks whose credential it is. What the answer hides is logged, with its causes and the request's id.
async fn verify(
    callers: &dyn CallerSource,
    parts: &Parts,
    presented: Presented,
) -> Result<Arc<Caller>, Refusal> {
    callers.verify(presented).await.map_err(|fault| {
        if matches!(fault.category, Category::Fault | Category::Unavailable) {
            let id = edge::request_id(&parts.extensions);
            tracing::error!(request.id = %id, error = %kernel::chain(&fault), "a credential could not be verified");
        }
        Refusal::of(fault.category, fault.to_string())
    })
}

fn no_credential() -> Refusal {
    Refusal::unauthorized(
        "no credential: send Authorization: Bearer, x-api-key, KEY, or api_key in the query or the body",
    )
}

/// Says why none was found where the body could have held one but cannot be read.
fn no_credential_in(body: &[u8]) -> Refusal {
    match json::check(body) {
        Err(fault) if !body.is_empty() => Refusal::unauthorized(format!(
            "no credential in the headers or the query, and the body cannot be read: {}",
            fault.message
        )),
        _ => no_credential(),
    }
}

fn unread(fault: BodyFault) -> Refusal {
    match fault {
        BodyFault::TooLarge => Refusal::invalid("the body is larger than 2,097,152 bytes"),
        BodyFault::TooSlow => Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            "the body did not arrive within 30 seconds",
        ),
        BodyFault::Broken => Refusal::invalid("the body ended before it was complete"),
    }
}

fn foreign(name: &'static str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "DIALECT_NOT_SUPPORTED",
        format!("the {name} dialect is not served yet"),
    )
}
