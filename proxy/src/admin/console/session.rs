//! Who is signed in: whoever has a cookie that was made with the token.
//!
//! Nothing is kept of a session. So it outlives the proxy, all proxies that have the same token know it, and it ends with
//! the token.

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use ring::hmac;

/// The name of the cookie.
const COOKIE: &str = "uptake-console";
/// How long one stays signed in.
pub(super) const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Cookies of that name that are looked at: whoever can set cookies for this host may have set more.
const MAX_COOKIES: usize = 4;

/// What is signed begins with one of these: so that one thing is never taken for another, nor for what another program
/// signs with the same secret.
const SESSION_LABEL: &[u8] = b"uptake console session 1\0";
const TOKEN_LABEL: &[u8] = b"uptake console token 1\0";

/// Makes sessions, and knows them.
pub(super) struct Sessions {
    key: hmac::Key,
    /// Of the token: two of these are compared, in a time that does not tell how much of a token is right.
    token: hmac::Tag,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(..)")
    }
}

impl Sessions {
    pub(super) fn new(token: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
        let token = hmac::sign(&key, &labelled(TOKEN_LABEL, token));
        Self { key, token }
    }

    /// Whether this is the token.
    pub(super) fn is_token(&self, token: &str) -> bool {
        hmac::verify(&self.key, &labelled(TOKEN_LABEL, token.trim()), self.token.as_ref()).is_ok()
    }

    /// A cookie for who has shown the token (RFC 6265). `over_https`: it is not to be sent in the clear.
    pub(super) fn cookie(&self, now: Timestamp, over_https: bool) -> Option<HeaderValue> {
        let expiry = now.as_second().saturating_add(LIFETIME.as_secs().cast_signed()).to_string();
        let tag = hmac::sign(&self.key, &labelled(SESSION_LABEL, &expiry));
        cookie(&format!("{expiry}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag)), LIFETIME, over_https)
    }

    /// When the session of this request ends; `None` if it has none.
    pub(super) fn expiry(&self, fields: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
        let lines = fields.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value).take(MAX_COOKIES);
        values.find_map(|value| self.verified(value)).filter(|expiry| *expiry > now)
    }

    fn verified(&self, cookie: &str) -> Option<Timestamp> {
        let (expiry, tag) = cookie.split_once('.')?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.key, &labelled(SESSION_LABEL, expiry), &tag).ok()?;
        Timestamp::from_second(expiry.parse().ok()?).ok()
    }
}

/// A cookie that ends the session of who gets it.
pub(super) fn no_cookie(over_https: bool) -> Option<HeaderValue> {
    cookie("", Duration::ZERO, over_https)
}

fn cookie(value: &str, lifetime: Duration, over_https: bool) -> Option<HeaderValue> {
    let secure = if over_https { "; Secure" } else { "" };
    let lifetime = lifetime.as_secs();
    let text =
        format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/console; Max-Age={lifetime}{secure}");
    HeaderValue::try_from(text).ok()
}

fn labelled(label: &[u8], text: &str) -> Vec<u8> {
    [label, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000_000).unwrap()
    }

    /// The value of the cookie that somebody gets who signs in now.
    fn value(sessions: &Sessions) -> String {
        let cookie = sessions.cookie(now(), false).unwrap();
        let value = cookie.to_str().unwrap().strip_prefix("uptake-console=").unwrap();
        value.split(';').next().unwrap().to_owned()
    }

    fn expiry(sessions: &Sessions, cookies: &[&str], now: Timestamp) -> Option<Timestamp> {
        let mut fields = HeaderMap::new();
        for cookie in cookies {
            fields.append(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        sessions.expiry(&fields, now)
    }

    #[test]
    fn a_session_is_known_to_all_with_the_same_token_until_it_ends() {
        let (sessions, end) = (Sessions::new(TOKEN), now() + LIFETIME);
        let cookie = format!("uptake-console={}", value(&sessions));
        for cookies in [
            vec![cookie.as_str()],
            vec![&format!("a=b; {cookie};c=d")],
            vec!["a=b", &cookie],
            vec!["uptake-console=1.x", "uptake-console=", &cookie],
        ] {
            assert_eq!(expiry(&Sessions::new(TOKEN), &cookies, now()), Some(end), "{cookies:?}");
        }
        assert_eq!(expiry(&sessions, &[&cookie], end - Duration::from_secs(1)), Some(end));
        assert_eq!(expiry(&sessions, &[&cookie], end), None);
        assert_eq!(expiry(&Sessions::new("0123456789abcdeg"), &[&cookie], now()), None);
    }

    #[test]
    fn what_was_not_made_with_the_token_is_no_session() {
        let sessions = Sessions::new(TOKEN);
        let value = value(&sessions);
        let (expiry_of, tag) = value.split_once('.').unwrap();
        let later = expiry_of.parse::<i64>().unwrap() + 1;
        let of_token = BASE64_URL_SAFE_NO_PAD.encode(sessions.token);
        let (short, long) = (&tag[..tag.len() - 1], format!("{tag}A"));
        for forged in [
            String::new(),
            ".".to_owned(),
            format!("{expiry_of}."),
            format!("{later}.{tag}"),
            format!("0{expiry_of}.{tag}"),
            format!("{expiry_of}.{short}"),
            format!("{expiry_of}.{long}"),
            format!("{expiry_of}.{}", tag.to_lowercase()),
            format!("{TOKEN}.{of_token}"),
            format!("{}.{tag}", "9".repeat(10_000)),
        ] {
            let cookie = format!("uptake-console={forged}");
            assert_eq!(expiry(&sessions, &[&cookie], now()), None, "{forged:.40}");
        }
        let cookie = format!("uptake-console={value}");
        assert_eq!(expiry(&sessions, &[&format!("x{cookie}")], now()), None, "another name");
        let many = ["uptake-console=1.x"; MAX_COOKIES];
        assert_eq!(expiry(&sessions, &[&many[..], &[&cookie]].concat(), now()), None, "one of too many");
    }

    #[test]
    fn a_token_is_right_as_a_whole() {
        let sessions = Sessions::new(TOKEN);
        assert!(sessions.is_token(TOKEN) && sessions.is_token(&format!(" {TOKEN}\n")));
        for wrong in
            ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcde\u{1f980}"]
        {
            assert!(!sessions.is_token(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_cookie_is_for_the_console_alone_and_for_no_script() {
        let cookie = Sessions::new(TOKEN).cookie(now(), false).unwrap();
        let attributes = cookie.to_str().unwrap().split_once("; ").unwrap().1.to_owned();
        assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/console; Max-Age=43200");
        let secure = Sessions::new(TOKEN).cookie(now(), true).unwrap();
        assert!(secure.to_str().unwrap().ends_with("; Max-Age=43200; Secure"));
        let none = no_cookie(false).unwrap();
        assert_eq!(none, "uptake-console=; HttpOnly; SameSite=Strict; Path=/console; Max-Age=0");
    }
}
