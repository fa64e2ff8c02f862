//! The other form of [`Http`]: nothing is sent, requests are kept, answers are what a test has laid out.

use crate::{BoxFuture, Http, Request, Response, SendFault};
use bytes::Bytes;
use futures_util::FutureExt;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Rule = Box<dyn Fn(&Request) -> Result<Response, SendFault> + Send + Sync>;

/// Keeps every request in order and answers from its script: first the queued answers, then the rule;
/// with neither, as a host that refuses connections. Clones share all of it.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    queued: VecDeque<Result<Response, SendFault>>,
    rule: Option<Rule>,
}

impl Recorder {
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to the next request that has none yet.
    pub fn queue(&self, answer: Result<Response, SendFault>) {
        self.state().queued.push_back(answer);
    }

    /// The answer to all requests that find the queue empty.
    pub fn answer_with(
        &self,
        rule: impl Fn(&Request) -> Result<Response, SendFault> + Send + Sync + 'static,
    ) {
        self.state().rule = Some(Box::new(rule));
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// All requests since the last call of this function.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().requests)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, request: Request) -> Result<Response, SendFault> {
        let mut state = self.state();
        let answer = match (state.queued.pop_front(), &state.rule) {
            (Some(answer), _) => answer,
            (None, Some(rule)) => rule(&request),
            (None, None) => Err(refused()),
        };
        state.requests.push(request);
        answer
    }
}

impl Http for Recorder {
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, SendFault>> {
        std::future::ready(self.reply(request)).boxed()
    }
}

/// An answer with this status and body, and no headers.
pub fn answer(status: u16, body: impl Into<Bytes>) -> Response {
    Response { status, headers: Vec::new(), body: body.into(), truncated: false }
}

/// What a host says on which nobody listens.
pub fn refused() -> SendFault {
    SendFault::Closed { source: std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into() }
}
