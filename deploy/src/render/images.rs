//! Which images run.

use anyhow::{Result, bail};

use crate::settings::Settings;

/// Digits of a digest that tell versions apart.
const SHORT_DIGEST: usize = 12;
/// Longest value of a label, in octets.
const MAX_LABEL: usize = 63;

/// An image of ours, by digest where there is one: a tag can be moved, so it does not stand beside.
///
/// # Errors
/// When the settings have neither digest nor tag for it.
pub(super) fn own(settings: &Settings, name: &str) -> Result<String> {
    let images = &settings.images;
    let repository = format!("{}/uptake/{name}", images.registry);
    match (images.digests.get(name), &images.tag) {
        (Some(digest), _) => Ok(format!("{repository}@{digest}")),
        (None, Some(tag)) => Ok(format!("{repository}:{tag}")),
        (None, None) => bail!(
            "images: there is neither a digest nor a tag for {name}; --values FILE with images.digests, or --set images.tag=TAG"
        ),
    }
}

/// What its version label says: the tag, or the first digits of the digest.
pub(super) fn version(image: &str) -> String {
    let version = match image.split_once("@sha256:") {
        Some((_, digits)) => digits.get(..SHORT_DIGEST).unwrap_or(digits),
        None => image.rsplit_once(':').map_or("", |(_, tag)| tag),
    };
    version.chars().take(MAX_LABEL).collect::<String>().trim_end_matches(['-', '_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_a_tag_or_the_start_of_a_digest() {
        let digest = format!("example.com:5000/uptake/hello@sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(version(&digest), "0123456789ab");
        assert_eq!(version("localhost:5050/uptake/hello:v1.2"), "v1.2");
        assert_eq!(version(&format!("hello:{}-x", "v".repeat(62))), "v".repeat(62));
    }
}
