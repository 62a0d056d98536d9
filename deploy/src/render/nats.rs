//! What NATS needs besides its chart, and NACK.

use anyhow::Result;

use super::network;
use crate::{object::Object, settings::Settings};

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    Ok(vec![network::nats(settings).into(), network::nack(settings).into()])
}
