//! Several requests in one round trip, in the order in which they stand.

use super::value::Owned;
use futures_util::TryStreamExt;
use std::{future::Future, future::poll_fn, pin::Pin, pin::pin, task::Poll};
use tokio_postgres::{Client, Error, Row};

/// Something to send.
pub(super) enum Request {
    /// BEGIN, COMMIT and their like, which have neither parameters nor rows.
    Control(&'static str),
    Prepared {
        statement: tokio_postgres::Statement,
        params: Vec<Owned>,
        rows_max: usize,
    },
}

/// The answer to one request.
pub(super) struct Reply {
    /// At most one more than the request's `rows_max`.
    pub(super) rows: Vec<Row>,
    /// Rows that the statement wrote or gave.
    pub(super) affected: u64,
}

/// `None` for requests that were never sent, because an earlier one could not even be written.
pub(super) type Replies = Vec<Option<Result<Reply, Error>>>;

/// Sends all, then waits for all. A request is sent when its future is first polled, so each is polled
/// once in order: `join_all` promises no order. The answers come in the same order.
pub(super) async fn pipeline(client: &Client, requests: &[Request]) -> Replies {
    let mut futures: Vec<Pin<Box<dyn Future<Output = _> + '_>>> = Vec::with_capacity(requests.len());
    let mut replies: Replies = Vec::with_capacity(requests.len());
    for request in requests {
        let mut future: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(send(client, request));
        let first = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        futures.push(future);
        replies.push(match first {
            Poll::Ready(reply) => Some(reply),
            Poll::Pending => None,
        });
        // An answer cannot be here yet: this one failed on our side, and what stands behind it (COMMIT!)
        // must not be sent.
        if matches!(replies.last(), Some(Some(Err(_)))) {
            break;
        }
    }
    for (future, reply) in futures.iter_mut().zip(&mut replies) {
        if reply.is_none() {
            *reply = Some(future.as_mut().await);
        }
    }
    replies.resize_with(requests.len(), || None);
    replies
}

async fn send(client: &Client, request: &Request) -> Result<Reply, Error> {
    match request {
        Request::Control(text) => {
            client.batch_execute(text).await?;
            Ok(Reply { rows: Vec::new(), affected: 0 })
        }
        Request::Prepared { statement, params, rows_max } => {
            let mut stream = pin!(client.query_raw(statement, params).await?);
            let mut rows = Vec::new();
            // Read to the end, also past the bound: an error may stand there.
            while let Some(row) = stream.try_next().await? {
                if rows.len() <= *rows_max {
                    rows.push(row);
                }
            }
            Ok(Reply { rows, affected: stream.rows_affected().unwrap_or(0) })
        }
    }
}
