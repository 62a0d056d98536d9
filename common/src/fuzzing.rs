//! What the fuzz targets reach of modules that are private. Built with `--cfg fuzzing` alone.

use crate::{client::inbox::property, wire::Root};

/// A message that arrives at the inbox of an asker disturbs nobody that it is not for.
pub fn inbox_survives(
    root: &Root,
    subject: &str,
    no_responders: bool,
    headers: Option<async_nats::HeaderMap>,
    payload: &[u8],
) {
    property::inbox_survives(root, subject, &property::message(no_responders, headers, payload));
}
