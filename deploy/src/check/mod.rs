//! What must hold of what is applied to a cluster.

pub mod policy;
pub mod schema;

use std::{fmt, path::Path};

use anyhow::Result;

use crate::{render::Rendered, settings::Settings};

/// What is told where no schemas are given.
const NO_SCHEMAS: &str =
    "custom resources are not held to their schemas: give the folder with these by --crds or CRD_DIR";

/// Something that must not be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The object, such as `Deployment hello`.
    pub object: String,
    /// The field, such as `spec.template.spec.securityContext.runAsNonRoot`.
    pub field: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.message)
    }
}

/// Holds all objects to the policies, and to the schemas of custom resources where a folder with them is given.
///
/// # Errors
/// When the folder cannot be read. What is wrong with objects is no error but a finding.
pub fn check(settings: &Settings, rendered: &[Rendered], crds: Option<&Path>) -> Result<Vec<Finding>> {
    let mut findings = policy::findings(policy::Checked { settings, rendered });
    match crds {
        Some(folder) => {
            let schemas = schema::Schemas::read(folder)?;
            for one in rendered {
                findings.extend(schemas.check(&one.object.to_value()?));
            }
        }
        None => eprintln!("{NO_SCHEMAS}"),
    }
    Ok(findings)
}
