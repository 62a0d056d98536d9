//! The first file of the page, which is told where it lies.

use anyhow::Context as _;

/// What the page's paths begin from: its own path.
const BASE: &str = "<base href=\"";
/// Where the services are: the prefix that is stripped.
const API: &str = "<meta name=\"api\" content=\"";

/// Writes the path of the page and that of the services into it, in the places that it has for them.
///
/// # Errors
/// When it lacks one of these places, has one twice, or is no text.
pub(super) fn written(index: &[u8], path: &str, services: &str) -> anyhow::Result<Vec<u8>> {
    let text = std::str::from_utf8(index).context("it is not in UTF-8")?;
    let text = filled(text, BASE, &format!("{path}/"))?;
    Ok(filled(&text, API, services)?.into_bytes())
}

/// Puts a value where an attribute has another.
fn filled(text: &str, place: &str, value: &str) -> anyhow::Result<String> {
    let place_and_rest = text.split_once(place).and_then(|(before, rest)| {
        let (_, after) = rest.split_once('"')?;
        (!after.contains(place)).then_some((before, after))
    });
    let (before, after) = place_and_rest.with_context(|| format!("it must have {place}…\"> once"))?;
    Ok(format!("{before}{place}{}\"{after}", escaped(value)))
}

/// Text within the quotes of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = r#"<head><base href="/" /><meta name="api" content="/api"><title>x</title></head>"#;

    #[test]
    fn the_page_is_told_where_it_lies_and_where_the_services_are() {
        let index = |path: &str, services: &str| {
            String::from_utf8(written(INDEX.as_bytes(), path, services).unwrap()).unwrap()
        };
        assert_eq!(
            index("/app", "/v1"),
            r#"<head><base href="/app/" /><meta name="api" content="/v1"><title>x</title></head>"#
        );
        assert_eq!(
            index("", ""),
            r#"<head><base href="/" /><meta name="api" content=""><title>x</title></head>"#
        );
        assert!(index("/a\"b&c", "").contains(r#"<base href="/a&quot;b&amp;c/" />"#));
    }

    #[test]
    fn a_page_without_these_places_is_refused() {
        for wrong in ["", "<base href=\"/", &INDEX.replace("base", "bass"), &INDEX.repeat(2)] {
            let error = written(wrong.as_bytes(), "/ui", "").unwrap_err().to_string();
            assert!(error.contains("<base href="), "{error}");
        }
        let error = written(INDEX.replace("api", "apia").as_bytes(), "/ui", "").unwrap_err().to_string();
        assert!(error.contains("<meta name=\"api\" content="), "{error}");
        assert!(written(b"\xff", "/ui", "").is_err());
    }
}
