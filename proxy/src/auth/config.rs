//! Settings of identity.

use clap::builder::NonEmptyStringValueParser;
use uptake::config::path_prefix;

use super::key::Algorithm;

/// Whose tokens are believed, and where one is needed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Identity")]
pub(crate) struct AuthConfig {
    /// Public keys of whoever issues tokens (a JWKS, RFC 7517): a file, or an http or https URL; without it, no token is
    /// looked at.
    #[arg(long, env = "PROXY_AUTH_JWKS", value_name = "FILE|URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) auth_jwks: Option<String>,
    /// Issuer that a token must name [default: any that has one of the keys].
    #[arg(long, env = "PROXY_AUTH_ISSUER", value_name = "ISSUER", requires = "auth_jwks",
          value_parser = NonEmptyStringValueParser::new())]
    pub(crate) auth_issuer: Option<String>,
    /// Audiences of which a token must name one, separated by commas; without it, tokens that name any are refused.
    #[arg(long, env = "PROXY_AUTH_AUDIENCE", value_name = "AUDIENCES", value_delimiter = ',', requires = "auth_jwks",
          value_parser = NonEmptyStringValueParser::new())]
    pub(crate) auth_audience: Vec<String>,
    /// Time by which the clocks of issuer and proxy may differ, in seconds.
    #[arg(long, env = "PROXY_AUTH_LEEWAY", value_name = "SECONDS", default_value_t = 30, requires = "auth_jwks",
          value_parser = clap::value_parser!(u16).range(0..=600))]
    pub(crate) auth_leeway: u16,
    /// Algorithms that a token may be signed with, separated by commas.
    #[arg(long, env = "PROXY_AUTH_ALGORITHMS", value_name = "ALGORITHMS", value_delimiter = ',', requires = "auth_jwks",
          default_values_t = Algorithm::ALL)]
    pub(crate) auth_algorithms: Vec<Algorithm>,
    /// Path prefixes, after the strip, that need a token, separated by commas; the longest prefix counts.
    #[arg(long, env = "PROXY_AUTH_REQUIRED", value_name = "PATHS", value_delimiter = ',', requires = "auth_jwks",
          value_parser = plain_prefix)]
    pub(crate) auth_required: Vec<String>,
    /// Path prefixes, after the strip, that need no token, separated by commas, though a shorter one does [default: all].
    #[arg(long, env = "PROXY_AUTH_OPTIONAL", value_name = "PATHS", value_delimiter = ',', requires = "auth_jwks",
          value_parser = plain_prefix)]
    pub(crate) auth_optional: Vec<String>,
}

/// A path prefix that every server reads alike: only then can a request's path be held against it.
fn plain_prefix(text: &str) -> Result<String, String> {
    let prefix = path_prefix(text)?;
    let odd = prefix.contains(['%', ';', '\\']) || prefix.contains("//");
    if odd || prefix.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(format!("{text:?}: write the prefix without %, ;, \\, // and segments of dots"));
    }
    Ok(prefix)
}
