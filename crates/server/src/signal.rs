//! How the operating system asks us to end.

use tokio_util::sync::CancellationToken;

/// Resolves at the first SIGTERM or SIGINT (Ctrl-C).
pub async fn end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "SIGTERM cannot be watched");
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

/// A token that is cancelled at the first signal; a second signal ends the process at once.
pub fn shutdown() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        end().await;
        cancelled.cancel();
        end().await;
        std::process::exit(130);
    });
    token
}
