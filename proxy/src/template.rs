//! Which route stands for a request in figures: few for all the paths that there are.

use std::borrow::Cow;

use http::{Method, Response, Uri};
use uptake::{client::Dispatcher, telemetry::durations::OTHER_ROUTE, wire::Route};

use crate::{answer::Body, gateway::Gateway, own, route::Target};

/// The route of an answer as clients see it: what its service tells, behind the prefix that is stripped.
#[derive(Clone, Debug)]
pub(crate) struct ClientRoute(pub(crate) String);

impl<D: Dispatcher> Gateway<D> {
    /// Notes the route that a service has told.
    pub(crate) fn note_route(&self, response: &mut Response<Body>) {
        let extensions = response.extensions_mut();
        if let Some(route) = extensions.remove::<Route>() {
            let prefix = &self.settings().routing.strip_prefix;
            extensions.insert(ClientRoute(format!("{prefix}{}", route.as_str())));
        }
    }

    /// The route of a request whose answer does not tell one: because the proxy made it, or there is none, or its service
    /// has no routes. For a path of a service it is the prefix that the service owns.
    pub(crate) fn template(&self, method: &Method, uri: &Uri) -> Cow<'static, str> {
        if method == Method::OPTIONS && uri.path() == "*" {
            return "*".into();
        }
        let settings = self.settings();
        let max_octets = settings.limits.max_target_bytes as usize;
        match settings.routing.route(uri, max_octets, settings.ui.as_ref()) {
            Ok(Target::Own(path)) => own::template(&path).into(),
            Ok(Target::Page(_)) => settings.ui.as_ref().map_or(OTHER_ROUTE.into(), |ui| ui.template().into()),
            Ok(Target::Server) => "*".into(),
            Ok(Target::Service(target)) => match self.dispatcher().owner(method, target.path()) {
                Some(prefix) => format!("{}{prefix}/*", settings.routing.strip_prefix).into(),
                None => OTHER_ROUTE.into(),
            },
            Err(_) => OTHER_ROUTE.into(),
        }
    }
}
