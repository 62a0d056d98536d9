//! Renders all objects: one function for each, in one file for each component.

mod autoscaling;
mod database;
mod frontend;
mod gateway;
#[expect(dead_code, reason = "the objects that need it follow")]
mod meta;
mod nack;
mod namespace;
mod nats;
mod observability;
mod proxy;
mod service;

use anyhow::Result;

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
    add(Component::Nack, nack::render(settings)?);
    add(Component::Database, database::render(settings)?);
    for (name, service) in &settings.services {
        add(Component::Service(name.clone()), service::render(settings, name, service)?);
    }
    add(Component::Proxy, proxy::render(settings)?);
    if let Some(page) = &settings.frontend {
        add(Component::Frontend, frontend::render(settings, page)?);
    }
    add(Component::Gateway, gateway::render(settings)?);
    add(Component::Autoscaling, autoscaling::render(settings)?);
    add(Component::Observability, observability::render(settings)?);
    patch::apply(&settings.patches, &mut rendered)?;
    Ok(rendered)
}
