//! The web frontend.

use anyhow::Result;

use super::{
    images, network, proxy,
    variables::{self, variables},
    workload::{HTTP_PORT, Workload},
};
use crate::{
    grace,
    object::Object,
    settings::{Frontend, Range, Settings},
    worker::ADMIN_PORT,
};

/// The name of its image and of its Deployment.
const NAME: &str = "frontend";
/// How long it may take to read the page.
const STARTUP_SECONDS: i32 = 30;
/// How long answers have to be read at the end, in seconds.
const GRACE_PERIOD: u64 = 10;

/// Its objects.
pub(super) fn render(settings: &Settings, frontend: &Frontend) -> Result<Vec<Object>> {
    let mut all = variables([
        ("PAGE_LISTEN", format!("0.0.0.0:{HTTP_PORT}")),
        ("PAGE_ADMIN_LISTEN", format!("0.0.0.0:{ADMIN_PORT}")),
        // Where the image has it.
        ("PAGE_UI_DIR", "/page".to_owned()),
        ("PAGE_UI_PATH", frontend.path.clone()),
        ("PAGE_API_PATH", settings.proxy.path.clone()),
        ("PAGE_GRACE_PERIOD", GRACE_PERIOD.to_string()),
        ("PAGE_HEAD_TIMEOUT", proxy::HEAD_TIMEOUT.to_string()),
    ]);
    all.extend(variables::log());
    let workload = Workload {
        settings,
        name: NAME,
        component: "frontend",
        image: images::own(settings, NAME)?,
        limits: &frontend.limits,
        env: variables::plain(all),
        files: Vec::new(),
        serves_http: true,
        replicas: Range { min: frontend.replicas, max: frontend.replicas },
        startup: STARTUP_SECONDS,
        drain: grace::server(GRACE_PERIOD),
        alone: false,
    };
    let mut objects: Vec<Object> = vec![
        workload.account().into(),
        network::frontend(settings, NAME).into(),
        workload.service().into(),
        workload.deployment().into(),
    ];
    objects.extend(workload.disruption().map(Object::from));
    Ok(objects)
}
