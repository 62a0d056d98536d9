//! The parts of the platform that are deployed one by one.

use std::{fmt, str::FromStr};

/// A part of the platform: what one alias deploys, and what one file of `deploy render --out` holds. In the order in which
/// they are applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The namespace, closed to all traffic.
    Namespace,
    /// What NATS needs besides its chart.
    Nats,
    /// Streams, consumers and buckets, for NACK.
    Nack,
    /// The databases of services.
    Database,
    /// A service, by its name.
    Service(String),
    /// The proxy.
    Proxy,
    /// The web frontend.
    Frontend,
    /// The way in from outside.
    Gateway,
    /// What scales the workloads.
    Autoscaling,
    /// What Prometheus and Grafana read.
    Observability,
}

impl Component {
    /// Whether it is what somebody asked for: `service` stands for all services.
    #[must_use]
    pub fn is(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::One(component) => self == component,
            Wanted::Services => matches!(self, Self::Service(_)),
        }
    }

    /// The name of its file, without folder and ending.
    #[must_use]
    pub fn file_stem(&self) -> String {
        self.to_string().replace('/', "-")
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Namespace => "namespace",
            Self::Nats => "nats",
            Self::Nack => "nack",
            Self::Database => "database",
            Self::Service(name) => return write!(f, "service/{name}"),
            Self::Proxy => "proxy",
            Self::Frontend => "frontend",
            Self::Gateway => "gateway",
            Self::Autoscaling => "autoscaling",
            Self::Observability => "observability",
        })
    }
}

/// What `--only` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This one.
    One(Component),
    /// All services.
    Services,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(component) => component.fmt(f),
            Self::Services => f.write_str("service"),
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self::One(match text {
            "namespace" => Component::Namespace,
            "nats" => Component::Nats,
            "nack" => Component::Nack,
            "database" => Component::Database,
            "proxy" => Component::Proxy,
            "frontend" => Component::Frontend,
            "gateway" => Component::Gateway,
            "autoscaling" => Component::Autoscaling,
            "observability" => Component::Observability,
            "service" => return Ok(Self::Services),
            other => match other.strip_prefix("service/").filter(|name| !name.is_empty()) {
                Some(name) => Component::Service(name.to_owned()),
                None => {
                    return Err(format!(
                        "there is no component {text:?}; there are namespace, nats, nack, database, service, service/NAME, proxy, frontend, gateway, autoscaling and observability"
                    ));
                }
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_written_as_it_was_read() {
        for text in ["namespace", "service", "service/hello", "gateway"] {
            assert_eq!(text.parse::<Wanted>().unwrap().to_string(), text);
        }
        assert!("services".parse::<Wanted>().unwrap_err().contains("there is no component \"services\""));
    }
}
