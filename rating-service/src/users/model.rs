//! What a user is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    db,
    fields::{Name, present},
};

/// Someone who rates.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
}

/// The body of `POST /users`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    name: Name,
}

/// The body of `PATCH /users/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    #[serde(default, deserialize_with = "present")]
    name: Option<Name>,
}

impl User {
    /// A user with a new id, created now.
    pub(crate) fn new(new: NewUser) -> Self {
        Self { id: Uuid::now_v7(), name: new.name.into_string(), created_at: db::now() }
    }

    /// Changes what the patch names.
    pub(crate) fn apply(&mut self, patch: UserPatch) {
        if let Some(name) = patch.name {
            self.name = name.into_string();
        }
    }
}
