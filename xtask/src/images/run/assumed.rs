//! The container that no manifest of ours describes.

use super::manifest::{Container, May, Mount, Source};
use super::place::{NATS, NATS_PORT};

/// nats-server, whose manifest is its chart's. Its limits are those of the overlay of development.
pub(super) fn nats() -> Container {
    let port = NATS_PORT.to_string();
    let arguments = ["-a", "0.0.0.0", "-p", &port, "-m", "8222", "-js", "-sd", "/data"];
    Container {
        name: NATS.to_owned(),
        image: NATS.to_owned(),
        arguments: arguments.map(str::to_owned).to_vec(),
        variables: [].into(),
        may: May { user: Some(65532), ..May::default() },
        memory: Some(512 << 20),
        cpu: Some(2_000),
        mounts: vec![Mount { path: "/data".to_owned(), read_only: false, source: Source::Empty }],
    }
}
