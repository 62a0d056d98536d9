//! Where a request goes: to a service, or to the proxy itself.

use http::{Uri, uri::PathAndQuery};
use uptake::Fault;

use crate::{config::RoutingConfig, own, ui::Ui};

/// Who is to answer, and for what.
pub(crate) enum Target {
    /// The proxy, for a path in its own name space.
    Own(String),
    /// A service, for the target that it sees.
    Service(PathAndQuery),
    /// The proxy, for a path of the page, which is without that of the page itself.
    Page(String),
    /// The proxy, for no path at all (RFC 9112 §3.2.4).
    Server,
}

impl RoutingConfig {
    /// What a request asks for.
    ///
    /// # Errors
    /// When its target is no path, longer than this, or one that is not open to clients.
    pub(crate) fn route(
        &self,
        uri: &Uri,
        max_target_octets: usize,
        ui: Option<&Ui>,
    ) -> Result<Target, Fault> {
        // Neither the authority form nor `*` is a path (RFC 9112 §3.2).
        let target = uri.path_and_query().map(PathAndQuery::as_str).filter(|target| target.starts_with('/'));
        let target = target.ok_or(Fault::BadTarget)?;
        if target.len() > max_target_octets {
            return Err(Fault::TargetTooLong);
        }
        if target.starts_with(own::PREFIX) {
            return Ok(Target::Own(uri.path().to_owned()));
        }
        if let Some(path) = ui.and_then(|ui| ui.owns(uri.path(), &self.strip_prefix)) {
            return Ok(Target::Page(path.to_owned()));
        }
        let rest = strip(target, &self.strip_prefix).ok_or(Fault::NoRoute)?;
        let rest: PathAndQuery = match rest.as_bytes().first() {
            Some(b'/') => rest.parse(),
            _ => format!("/{rest}").parse(),
        }
        .map_err(|_| Fault::BadTarget)?;
        match rest.path() {
            path if path.starts_with(own::PREFIX) => Ok(Target::Own(path.to_owned())),
            path if self.is_open(path) => Ok(Target::Service(rest)),
            _ => Err(Fault::NoRoute),
        }
    }

    /// Whether clients may reach this path of a service.
    pub(crate) fn is_open(&self, path: &str) -> bool {
        let allowed = self.allow.is_empty() || self.allow.iter().any(|prefix| covers(prefix, path));
        allowed && !self.is_denied(path)
    }

    /// Whether this path is hidden, a service's or one of the proxy's own.
    pub(crate) fn is_denied(&self, path: &str) -> bool {
        self.deny.iter().any(|prefix| covers(prefix, path))
    }

    /// Whether an unsafe request for this path needs an idempotency key.
    pub(crate) fn requires_key(&self, path: &str) -> bool {
        self.idempotency_required.iter().any(|prefix| covers(prefix, path))
    }
}

/// What follows a prefix, if the target lies at or below it.
pub(crate) fn strip<'a>(target: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = target.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

/// Whether a path lies at or below a prefix.
pub(crate) fn covers(prefix: &str, path: &str) -> bool {
    strip(path, prefix).is_some()
}

#[cfg(test)]
mod tests {
    use super::{covers, strip};

    #[test]
    fn a_prefix_ends_at_a_segment() {
        assert_eq!(strip("/api/users", "/api"), Some("/users"));
        assert_eq!(strip("/api", "/api"), Some(""));
        assert_eq!(strip("/api?x=1", "/api"), Some("?x=1"));
        assert_eq!(strip("/apiary", "/api"), None);
        assert_eq!(strip("/users", ""), Some("/users"));
        assert!(covers("/users", "/users/7") && !covers("/users", "/users-old"));
    }
}
