//! Patches: how an overlay changes what has no setting.

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{object::Object, render::Rendered};

/// Operations on one object, in the shape that kustomize has for its patches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Which object.
    pub target: Target,
    /// What is done to it, in this order (RFC 6902).
    pub patch: json_patch::Patch,
}

/// Names an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Such as `Deployment`.
    pub kind: String,
    /// Such as `http-to-nats-proxy`.
    pub name: String,
}

/// Applies all patches, in their order.
///
/// # Errors
/// When a patch has no object, does not fit it, or makes something of it that its type does not take.
pub fn apply(patches: &[Patch], rendered: &mut [Rendered]) -> Result<()> {
    for Patch { target, patch } in patches {
        let Target { kind, name } = target;
        let found = rendered.iter_mut().find(|one| one.object.kind() == kind && one.object.name() == name);
        let Some(found) = found else {
            bail!("patches: there is no {kind} {name}; `deploy render` shows what there is")
        };
        let mut value = found.object.to_value()?;
        json_patch::patch(&mut value, patch).with_context(|| format!("patch of {kind} {name}"))?;
        found.object = Object::from_value(value).with_context(|| format!("patch of {kind} {name}"))?;
    }
    Ok(())
}
