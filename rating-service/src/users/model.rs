//! What a user is.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    db,
    fields::{Ids, Name, NamePrefix, time},
    json::Json,
    members::{FromMembers, Members},
    page::{Condition, Filter, Kind, SortKey, name_begins_with},
};

/// Someone who rates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(serialize_with = "time")]
    pub(crate) created_at: Timestamp,
}

/// The body of `POST /users`.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "Amara Okafor"}))]
pub(crate) struct NewUser {
    name: Name,
}

impl FromMembers<Json> for NewUser {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        Some(Self { name: members.required("name")? })
    }
}

/// The body of `PATCH /users/{id}`.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "Amara Obi"}))]
pub(crate) struct UserPatch {
    #[schema(nullable = false)]
    name: Option<Name>,
}

impl FromMembers<Json> for UserPatch {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        Some(Self { name: members.optional("name") })
    }
}

/// The parameters of `GET /users` that choose users; all of them must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct UserFilter {
    /// What the name begins with, in any case.
    #[param(inline)]
    name: Option<NamePrefix>,
    /// Only these.
    #[param(ignore)]
    ids: Option<Ids>,
}

impl FromMembers<String> for UserFilter {
    fn from_members(members: &mut Members<String>) -> Option<Self> {
        Some(Self { name: members.optional("name"), ids: members.optional("ids") })
    }
}

impl Filter for UserFilter {
    const PATH: &'static str = "/users";
    const DEFAULT_SORT: &'static str = "name";
    const SORT_KEYS: &'static [SortKey] = &[
        SortKey { name: "name", column: "sort_name", kind: Kind::Text },
        SortKey { name: "createdAt", column: "created_at", kind: Kind::Time },
    ];

    fn conditions(&self) -> Vec<Condition> {
        let mut conditions = name_begins_with(self.name.as_ref());
        conditions.extend(self.ids.as_ref().map(|ids| Condition::IdIn(ids.as_slice().to_vec())));
        conditions
    }
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
