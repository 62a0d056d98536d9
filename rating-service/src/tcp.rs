//! Serving on TCP instead of pulling.

use std::{future::IntoFuture as _, io, net::SocketAddr};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot};

/// Serves `router` on `address` until `stop` is ready, then finishes what is in work; a signal
/// after that ends at once.
///
/// # Errors
/// When the address is taken or not ours.
pub async fn serve_http(
    address: SocketAddr,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
    let (draining, drained) = oneshot::channel();
    let signal = async {
        stop.await;
        tracing::info!("draining");
        // The receiver is gone only when nobody waits for a second signal any more.
        let _ = draining.send(());
    };
    let second_signal = async {
        let _ = drained.await;
        uptake::shutdown_signal().await;
    };
    tracing::info!(address = %listener.local_addr()?, "serving HTTP");
    tokio::select! {
        ended = axum::serve(listener, router).with_graceful_shutdown(signal).into_future() => ended,
        () = second_signal => Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted by a second signal")),
    }
}
