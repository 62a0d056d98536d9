//! Where a token is needed.

use super::config::AuthConfig;
use crate::route::covers;

/// Path prefixes that need a token, and exceptions from them.
#[derive(Debug)]
pub(crate) struct Paths {
    required: Vec<String>,
    optional: Vec<String>,
}

impl Paths {
    /// # Errors
    /// When a prefix is both.
    pub(crate) fn new(config: &AuthConfig) -> anyhow::Result<Self> {
        let (required, optional) = (config.auth_required.clone(), config.auth_optional.clone());
        if let Some(both) = required.iter().find(|prefix| optional.contains(prefix)) {
            let both = if both.is_empty() { "/" } else { both };
            anyhow::bail!("--auth-required and --auth-optional both name {both}");
        }
        Ok(Self { required, optional })
    }

    /// Whether a path needs a token, however whoever answers may read it.
    ///
    /// A service may decode a path, drop empty segments, parameters and dots, or do nothing of it. A prefix that needs a
    /// token holds for the path with all of that done, which begins with it if any other reading does: prefixes are plain.
    /// An exception holds only for a path that begins with it as sent, so that every reading does. That is not so where a
    /// segment takes back others: who writes such a path needs a token.
    pub(crate) fn need_token(&self, path: &str) -> bool {
        if self.required.is_empty() {
            return false;
        }
        let Some(normal) = normal(path) else { return true };
        let longest = |prefixes: &[String], path: &str| {
            prefixes.iter().filter(|prefix| covers(prefix, path)).map(String::len).max()
        };
        longest(&self.required, &normal) > longest(&self.optional, path)
    }
}

/// A path decoded until nothing is left to decode, without parameters, empty segments and those of a dot; `None` if a
/// segment takes back another.
fn normal(path: &str) -> Option<String> {
    let decoded = decode(path.as_bytes());
    let mut normal = String::with_capacity(path.len());
    for segment in decoded.split(|&octet| octet == b'/' || octet == b'\\') {
        let segment = segment.split(|octet| b";?#".contains(octet)).next().unwrap_or_default();
        match segment {
            b"" | b"." => {}
            b".." => return None,
            segment => {
                normal.push('/');
                // A prefix is ASCII: what is none may be read in any way.
                normal.push_str(&String::from_utf8_lossy(segment));
            }
        }
    }
    Some(normal)
}

/// Percent-decodes also what is percent-encoded only once it has been decoded. One pass: each octet is looked at when it
/// completes an escape.
fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded: Vec<u8> = Vec::with_capacity(path.len());
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for &octet in path {
        decoded.push(octet);
        while let [.., b'%', high, low] = decoded[..]
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            decoded.truncate(decoded.len() - 3);
            decoded.push(high << 4 | low);
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(required: &[&str], optional: &[&str]) -> Paths {
        let owned = |prefixes: &[&str]| prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        Paths { required: owned(required), optional: owned(optional) }
    }

    #[test]
    fn the_longest_prefix_counts() {
        let paths = paths(&["", "/public/admin"], &["/public"]);
        for path in ["/", "/users", "/publicity", "/public/admin", "/public/admin/x", "/public/admin;x"] {
            assert!(paths.need_token(path), "{path}");
        }
        for path in ["/public", "/public/", "/public/Zo%C3%AB", "/public//x", "/public/administer"] {
            assert!(!paths.need_token(path), "{path}");
        }
    }

    #[test]
    fn a_required_prefix_is_not_evaded_by_another_spelling() {
        let plain = paths(&["/admin"], &[]);
        for path in [
            "/admin",
            "/admin/x",
            "/%61dmin",
            "/%2561dmin",
            "/%25%36%31dmin",
            "//admin",
            "/./admin",
            "/%2e/admin",
            "/x/../admin",
            "/x/%2e%2E/admin",
            "/x%2f..%2fadmin",
            "/x/..;a=b/admin",
            "/x//../admin",
            "/admin;x=1/y",
            "/admin%2Fx",
            "/admin%3bx",
            "/admin%3fx",
            "/%2Fadmin",
            "/\\admin",
            "/%5cadmin",
            "/;x/admin",
        ] {
            assert!(plain.need_token(path), "{path}");
        }
        for path in
            ["/", "/users", "/administer", "/users/admin", "/users/7%2F8", "/a..b", "/...", "/%zz", "/%"]
        {
            assert!(!plain.need_token(path), "{path}");
        }
    }

    #[test]
    fn an_exception_holds_only_as_it_is_spelled() {
        let paths = paths(&["/admin"], &["/admin/public"]);
        assert!(!paths.need_token("/admin/public/x%2Fy"));
        for path in
            ["/admin/pub%6Cic", "/admin//public", "//admin/public", "/admin/public%2Fx", "/admin/public/../x"]
        {
            assert!(paths.need_token(path), "{path}");
        }
    }

    #[test]
    fn where_nothing_is_required_nothing_is() {
        assert!(!paths(&[], &["/x"]).need_token("/x/../y"));
    }

    #[test]
    fn a_path_is_decoded_to_the_end() {
        assert!(paths(&["/admin"], &[]).need_token(&format!("/%{}61dmin", "25".repeat(5_000))));
        assert_eq!(decode(b"/%%361%2%35"), b"/a%");
        assert_eq!(decode(b"/%zz%4"), b"/%zz%4");
    }
}
