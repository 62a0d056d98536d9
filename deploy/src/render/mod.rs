//! Renders all objects: one function for each, in one file for each component.

mod autoscaling;
mod certificate;
mod database;
mod files;
mod frontend;
mod gateway;
mod images;
mod meta;
mod migrations;
mod nack;
mod namespace;
mod nats;
mod network;
mod observability;
mod pod;
mod proxy;
mod service;
mod variables;
mod workload;

use anyhow::Result;

pub(crate) use files::NATS_CERTIFICATE;

use crate::{component::Component, object::Object, patch, settings::Settings};

/// An object, and the component that it belongs to.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Which part it is deployed with.
    pub component: Component,
    /// The object.
    pub object: Object,
}

/// All objects of a deployment, in the order in which they are applied.
///
/// # Errors
/// When a setting makes no object, or a patch does not fit.
pub fn render(settings: &Settings) -> Result<Vec<Rendered>> {
    let mut rendered = Vec::new();
    let mut add = |component: Component, objects: Vec<Object>| {
        rendered.extend(objects.into_iter().map(|object| Rendered { component: component.clone(), object }));
    };
    add(Component::Namespace, namespace::render(settings)?);
    add(Component::Nats, nats::render(settings)?);
    add(Component::Nats, certificate::render(settings));
    add(Component::Nack, nack::render(settings)?);
    add(Component::Database, database::render(settings)?);
    let paths = settings.databases.keys().map(|name| network::database(settings, name).into());
    add(Component::Database, paths.collect());
    for (name, service) in &settings.services {
        add(Component::Service(name.clone()), service::render(settings, name, service)?);
    }
    add(Component::Proxy, proxy::render(settings)?);
    if let Some(page) = &settings.frontend {
        add(Component::Frontend, frontend::render(settings, page)?);
    }
    add(Component::Gateway, gateway::render(settings)?);
    add(
        Component::Gateway,
        std::iter::once(network::gateway(settings))
            .chain(network::certificates(settings))
            .map(Object::from)
            .collect(),
    );
    add(Component::Autoscaling, autoscaling::render(settings)?);
    add(Component::Observability, observability::render(settings)?);
    patch::apply(&settings.patches, &mut rendered)?;
    Ok(rendered)
}
