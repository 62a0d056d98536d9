//! What is in a file, by its name.

use http::HeaderValue;

/// Media types by extension. Text is in UTF-8, and says so.
const TYPES: [(&str, &str); 18] = [
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("gif", "image/gif"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// The media type of a file. What is not known is only to be saved.
pub(super) fn media_type(name: &str) -> HeaderValue {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let known = TYPES.iter().find(|(known, _)| Some(*known) == extension);
    HeaderValue::from_static(known.map_or("application/octet-stream", |(_, media_type)| media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_says_in_which_characters_it_is_written() {
        assert_eq!(media_type("assets/main-4f2a.js"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("index.html"), "text/html; charset=utf-8");
        for unknown in ["LICENSE", "x.JS", "js", "a.tar.gz"] {
            assert_eq!(media_type(unknown), "application/octet-stream", "{unknown}");
        }
        for (_, media_type) in TYPES.iter().filter(|(_, media_type)| media_type.starts_with("text/")) {
            assert!(media_type.ends_with("; charset=utf-8"), "{media_type}");
        }
    }
}
