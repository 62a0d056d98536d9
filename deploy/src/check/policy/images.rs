//! Which images run.

use super::{
    super::Finding,
    Checked,
    view::{finding, pods},
};
use crate::object::Object;

pub(super) fn images(checked: Checked<'_>) -> Vec<Finding> {
    let is_production = checked.is_production();
    let mut findings = Vec::new();
    for pod in pods(checked) {
        for (at, container) in pod.containers() {
            let wrong = wrong(container.image.as_deref().unwrap_or_default(), is_production);
            findings.extend(wrong.map(|message| pod.finding(&format!("{at}.image"), &message)));
        }
    }
    for object in checked.objects() {
        if let Object::Cluster(cluster) = object {
            let wrong = wrong(&cluster.spec.image_name, is_production);
            findings.extend(wrong.map(|message| finding(object, "spec.imageName", message)));
        }
    }
    findings
}

/// What is wrong with the name of an image.
fn wrong(image: &str, is_production: bool) -> Option<String> {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    if is_production {
        return Some(format!("{image:?} has no digest; name one in images.digests"));
    }
    (tag == "latest" || tag.is_empty())
        .then(|| format!("{image:?} is whatever was pushed last; give it a tag"))
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn the_port_of_a_registry_is_no_tag() {
        assert!(wrong("localhost:5050/uptake/hello", false).is_some());
        assert!(wrong("localhost:5050/uptake/hello:latest", false).is_some());
        assert!(wrong("localhost:5050/uptake/hello:dev", false).is_none());
        assert!(wrong("example.com/uptake/hello:v1", true).is_some());
        assert!(wrong("example.com/uptake/hello@sha256:0123", true).is_some());
    }
}
