//! Not rendered yet.

use anyhow::Result;

use crate::{
    object::Object,
    settings::{Frontend, Settings},
};

/// Its objects.
pub(super) fn render(_settings: &Settings, _frontend: &Frontend) -> Result<Vec<Object>> {
    Ok(Vec::new())
}
