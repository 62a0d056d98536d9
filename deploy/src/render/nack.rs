//! Not rendered yet.

use anyhow::Result;

use crate::{object::Object, settings::Settings};

/// Its objects.
pub(super) fn render(_settings: &Settings) -> Result<Vec<Object>> {
    Ok(Vec::new())
}
