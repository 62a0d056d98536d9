//! The connection to NATS: how it is made, and which one is alive.

mod access;
mod figures;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use async_nats::{ConnectOptions, Event, ServerAddr, connection::State};
use tokio::{sync::watch, time::Instant};

use crate::config::NatsConfig;

/// Longest pause between two attempts to connect again.
const MAX_RECONNECT_DELAY: Duration = Duration::from_millis(250);
/// How often an idle connection is probed; two unanswered probes end it.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// NATS cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The credentials file cannot be read.
    #[error("cannot read the NATS credentials {path}")]
    Credentials {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A user without a password, or the other way round.
    #[error(
        "--nats-user (NATS_USER) and --nats-password-file (NATS_PASSWORD_FILE) belong together, without --nats-creds"
    )]
    HalfUser,
    /// The file with the password cannot be used.
    #[error("cannot read the password of the NATS user {user} from {path}")]
    Password {
        /// Whose.
        user: String,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file with root certificates cannot be used.
    #[error("cannot read the root certificates of NATS from {path} (--nats-ca-file or NATS_CA_FILE)")]
    RootCertificates {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The server knows no such user, or another password.
    #[error("NATS at {address} refuses {who}")]
    Denied {
        /// Where.
        address: String,
        /// Which credentials.
        who: String,
        /// Why.
        source: async_nats::ConnectError,
    },
    /// The address is none.
    #[error("{address:?} is no NATS address (--nats-url or NATS_URL), such as nats://127.0.0.1:4222")]
    Address {
        /// As configured.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// No connection within the time for it.
    #[error("cannot connect to NATS at {address}; is it running, and is --nats-url (NATS_URL) right?")]
    Refused {
        /// Where.
        address: String,
        /// Why.
        source: async_nats::ConnectError,
    },
    /// The subscription for answers could not be made.
    #[error("cannot subscribe at NATS")]
    Subscribe(#[from] async_nats::SubscribeError),
}

/// Which connection this is: a change means that one was made or lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Epoch {
    changes: u64,
    is_up: bool,
    /// When the last one was lost, if any was.
    pub(crate) lost: Option<Instant>,
}

/// One connection to NATS that restores itself. Clones share it.
#[derive(Clone, Debug)]
pub struct Connection {
    client: async_nats::Client,
    epoch: watch::Receiver<Epoch>,
    instance: Arc<str>,
}

impl Connection {
    /// Connects. `name` is shown by the server's monitoring.
    ///
    /// # Errors
    /// When a file with credentials or certificates cannot be read, or no server takes the connection in time.
    pub async fn open(config: &NatsConfig, name: &str) -> Result<Self, ConnectError> {
        let (urls, address) = (config.address(), without_secrets(&config.address()));
        let servers: Result<Vec<ServerAddr>, _> = urls.split(',').map(|one| one.trim().parse()).collect();
        let servers = servers.map_err(|source| ConnectError::Address { address: address.clone(), source })?;
        let give_up = Instant::now() + config.nats_connect_timeout;
        loop {
            let (epoch_sender, mut epoch) = watch::channel(Epoch::default());
            let refused = match options(config, name, epoch_sender).await?.connect(&servers).await {
                Ok(client) => {
                    // The event of this first connection must not look like a reconnect later on.
                    let _ = epoch.wait_for(|epoch| epoch.changes > 0).await;
                    figures::measure(&epoch);
                    let instance = format!("{:016x}", rand::random::<u64>()).into();
                    return Ok(Self { client, epoch, instance });
                }
                Err(refused) => refused,
            };
            let refused = access::refusal(config, address.clone(), refused);
            if Instant::now() + MAX_RECONNECT_DELAY > give_up {
                return Err(refused);
            }
            tracing::warn!(error = crate::telemetry::causes(&refused), "no connection to NATS yet");
            tokio::time::sleep(MAX_RECONNECT_DELAY * 4).await;
        }
    }

    /// The connection itself.
    pub(crate) fn client(&self) -> &async_nats::Client {
        &self.client
    }

    /// Random id of this process start.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Whether the connection is up, as far as is known.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected && self.epoch.has_changed().is_ok()
    }

    /// Tells when a connection is made or lost.
    pub(crate) fn epoch(&self) -> watch::Receiver<Epoch> {
        self.epoch.clone()
    }
}

/// Ready when a connection has ended for good.
///
/// What restores it ends only by a panic inside `async-nats`, as over a message that has a CR within a header value.
/// Then nothing comes and goes any more, and only a new process helps.
pub(crate) async fn gone(mut epoch: watch::Receiver<Epoch>) {
    while epoch.changed().await.is_ok() {}
}

/// Addresses as they may be shown: without user, password and token.
fn without_secrets(urls: &str) -> String {
    let shown = urls.split(',').map(|url| match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => url.to_owned(),
    });
    shown.collect::<Vec<_>>().join(",")
}

async fn options(
    config: &NatsConfig,
    name: &str,
    epoch: watch::Sender<Epoch>,
) -> Result<ConnectOptions, ConnectError> {
    let options = access::options(config).await?;
    let epoch = Arc::new(epoch);
    Ok(options
        .name(name)
        .ping_interval(PING_INTERVAL)
        .connection_timeout(Duration::from_secs(2))
        .reconnect_delay_callback(|attempts| if attempts <= 1 { Duration::ZERO } else { MAX_RECONNECT_DELAY })
        // Every subject we publish to is escaped or validated by `wire`.
        .skip_subject_validation(true)
        .event_callback(move |event| {
            let epoch = epoch.clone();
            async move { note(&event, &epoch) }
        }))
}

fn note(event: &Event, epoch: &watch::Sender<Epoch>) {
    match event {
        Event::Connected => {
            epoch.send_modify(|epoch| {
                if epoch.changes > 0 {
                    figures::RECONNECTS.fetch_add(1, Relaxed);
                }
                *epoch = Epoch { changes: epoch.changes + 1, is_up: true, ..*epoch };
            });
            tracing::info!("connected to NATS");
        }
        Event::Disconnected => {
            let lost = Some(Instant::now());
            epoch.send_modify(|epoch| *epoch = Epoch { changes: epoch.changes + 1, is_up: false, lost });
            tracing::warn!("lost the connection to NATS; connecting again");
        }
        Event::SlowConsumer(_) => {
            figures::SLOW_CONSUMERS.fetch_add(1, Relaxed);
            tracing::error!("slow consumer: a message for this process was dropped");
        }
        Event::LameDuckMode => tracing::warn!("the NATS server is about to end"),
        Event::ServerError(error) => tracing::error!(%error, "NATS server error"),
        Event::ClientError(error) => tracing::debug!(%error, "NATS client error"),
        Event::Draining | Event::Closed => tracing::info!(%event, "NATS connection ends"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn no_secret_of_an_address_is_shown() {
        for (url, shown) in [
            ("nats://user:pa@ss@a.example:4222", "nats://a.example:4222"),
            ("token@a.example", "a.example"),
            ("nats://a:1,tls://u:p@b:2", "nats://a:1,tls://b:2"),
            ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
