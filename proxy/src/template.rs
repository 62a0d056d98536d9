//! Which route stands for a request in figures: few for all the paths that there are.

use std::borrow::Cow;

use http::{Method, Uri};
use uptake::{client::Dispatcher, telemetry::durations::OTHER_ROUTE};

use crate::{gateway::Gateway, own, route::Target};

impl<D: Dispatcher> Gateway<D> {
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
