//! One connection with the runtime that drives it, both owned by one thread.

use crate::{Fault, Statement};
use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};
use tokio::{runtime, task::JoinHandle};
use tokio_postgres::{Client, Config, NoTls};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Set on the server for each session: dropping a future stops nothing there.
const SETTINGS: &str = "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000";

/// 200 means durable, also where the cluster's default says otherwise. Stronger settings stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

pub(super) struct Link {
    pub(super) runtime: runtime::Runtime,
    pub(super) client: Client,
    /// Prepared forms by the address of their `Statement`.
    pub(super) prepared: HashMap<usize, tokio_postgres::Statement>,
    /// Ends when the connection does.
    connection: JoinHandle<()>,
}

/// Where and how to connect.
pub(crate) fn configured(url: &str) -> Result<Config, Fault> {
    let mut config: Config = url.parse().map_err(unreachable_server("read the database URL"))?;
    let theirs = config.get_options().unwrap_or_default().to_owned();
    config
        .application_name("thrivestack")
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(CONNECT_TIMEOUT)
        .options(format!("{SETTINGS} {theirs}"));
    Ok(config)
}

impl Link {
    /// Blocks until connected; never call it from async code.
    pub(super) fn connect(url: &str) -> Result<Self, Fault> {
        let config = configured(url)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Fault::Unavailable { doing: "start a runtime", source: Arc::new(e) })?;
        let (client, connection) =
            runtime.block_on(config.connect(NoTls)).map_err(unreachable_server("connect"))?;
        let connection = runtime.spawn(async move {
            if let Err(e) = connection.await {
                tracing::warn!(sql.cause = %e, "a connection to the database was lost");
            }
        });
        let link = Self { runtime, client, prepared: HashMap::new(), connection };
        link.runtime.block_on(link.client.batch_execute(DURABLE)).map_err(unreachable_server("set up"))?;
        Ok(link)
    }

    /// The server process behind this connection.
    pub(super) fn process(&self) -> Result<i32, Fault> {
        let row = self.runtime.block_on(self.client.query_one("SELECT pg_backend_pid()", &[]));
        row.and_then(|row| row.try_get(0)).map_err(unreachable_server("ask for the server process"))
    }

    /// Waits for `future` and drives the connection meanwhile, so that its loss is seen while idle too.
    pub(super) fn wait<T>(&mut self, future: impl Future<Output = T>) -> Waited<T> {
        let Self { runtime, connection, .. } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                value = future => Waited::For(value),
                _ = connection => Waited::Lost,
            }
        })
    }

    pub(super) fn wait_a_while(&mut self, span: Duration) -> Waited<()> {
        // The timer is made inside the runtime, which it needs.
        self.wait(async { tokio::time::sleep(span).await })
    }

    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed() || self.connection.is_finished()
    }

    pub(super) fn known(&self, statement: &'static Statement) -> Option<tokio_postgres::Statement> {
        self.prepared.get(&address(statement)).cloned()
    }

    pub(super) fn prepare(
        &mut self,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
        let prepared = self.runtime.block_on(self.client.prepare(statement.postgres()))?;
        self.prepared.insert(address(statement), prepared.clone());
        Ok(prepared)
    }
}

/// What came first.
pub(super) enum Waited<T> {
    For(T),
    Lost,
}

/// Statements are statics with inner state, so no two share an address.
fn address(statement: &'static Statement) -> usize {
    std::ptr::from_ref(statement).addr()
}

pub(super) fn unreachable_server(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Fault {
    move |e| Fault::Unavailable { doing, source: Arc::new(e) }
}
