//! Accounts and users, as nats-server's configuration has them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    permissions::{Permissions, Role, permissions},
    platform::Platform,
};

/// The account of the platform.
pub const ACCOUNT: &str = "UPTAKE";
/// The account by which servers speak to each other. It has no user: nobody can sign in there.
pub const SYSTEM_ACCOUNT: &str = "SYS";

/// A user of NATS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
}

impl User {
    /// The Secret with its name (`user`) and its password (`password`).
    #[must_use]
    pub fn secret(&self) -> String {
        format!("nats-user-{}", self.name)
    }

    /// The variable by which the servers get its password.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("NATS_PASSWORD_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }
}

/// All users of a platform.
#[must_use]
pub fn users(platform: &Platform) -> Vec<User> {
    let roles = [Role::Proxy, Role::Operator, Role::Nack].into_iter();
    let roles = roles.chain(platform.services.iter().map(Role::Service));
    roles
        .map(|role| User { name: role.user().to_owned(), permissions: permissions(platform, role) })
        .collect()
}

/// The part of a server's configuration that is about accounts; `password` tells what stands for a user's.
pub(super) fn accounts(users: &[User], password: impl Fn(&User) -> String) -> Value {
    let users = users
        .iter()
        .map(|user| json!({"user": user.name, "password": password(user), "permissions": user.permissions}));
    json!({
        "accounts": {
            SYSTEM_ACCOUNT: {},
            ACCOUNT: {"jetstream": "enabled", "users": users.collect::<Vec<_>>()},
        },
        "system_account": SYSTEM_ACCOUNT,
    })
}

/// The same as lines for the configuration file of a server of one's own, with these passwords by user.
#[must_use]
pub fn server_config(users: &[User], passwords: &BTreeMap<String, String>) -> String {
    let all = accounts(users, |user| passwords.get(&user.name).cloned().unwrap_or_default());
    // JSON is what that file understands, but for the braces around all of it.
    let lines = all.as_object().into_iter().flatten().map(|(key, value)| format!("{key}: {value}\n"));
    lines.collect()
}
