//! Not rendered yet.

use anyhow::Result;

use crate::{
    object::Object,
    settings::{Service, Settings},
};

/// Its objects.
pub(super) fn render(_settings: &Settings, _name: &str, _service: &Service) -> Result<Vec<Object>> {
    Ok(Vec::new())
}
