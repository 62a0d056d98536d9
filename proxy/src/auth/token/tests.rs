use serde_json::json;
use test_support::issuer::{Issuer, jwks, unsigned};

use super::*;

/// The time of all these tests, in seconds since 1970.
const NOW: u32 = 1_800_000_000;

fn rules() -> Rules {
    Rules { issuer: None, audience: Vec::new(), leeway_seconds: 30.0, algorithms: Algorithm::ALL.to_vec() }
}

fn keys(issuers: &[&Issuer]) -> KeySet {
    KeySet::parse(jwks(issuers).as_bytes()).unwrap()
}

/// What becomes of a token with these claims, signed by a key that is known.
fn with_claims(rules: &Rules, claims: &Value) -> Result<String, Refusal> {
    let issuer = Issuer::new("k1");
    let token = issuer.token(claims);
    let identity = verify(&token, &keys(&[&issuer]), rules, NOW.into())?;
    assert_eq!(Value::Object(identity.claims().clone()), *claims);
    Ok(identity.subject().to_owned())
}

/// What becomes of a token with this header.
fn with_header(rules: &Rules, header: &Value) -> Result<(), Refusal> {
    let issuer = Issuer::new("k1");
    let token = issuer.sign(header, &json!({"sub": "ada", "exp": NOW + 1}));
    verify(&token, &keys(&[&issuer]), rules, NOW.into()).map(drop)
}

#[test]
fn time_counts_with_the_leeway_and_there_must_be_an_end() {
    let outcome = |claims: Value| {
        let mut all = json!({"sub": "ada"});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        with_claims(&rules(), &all).map(drop)
    };
    assert_eq!(outcome(json!({"exp": NOW + 1})), Ok(()));
    assert_eq!(outcome(json!({"exp": NOW - 29})), Ok(()));
    assert_eq!(outcome(json!({"exp": f64::from(NOW) - 29.5})), Ok(()));
    assert_eq!(outcome(json!({"exp": NOW - 30})), Err(Refusal::Expired));
    assert_eq!(outcome(json!({"exp": 0})), Err(Refusal::Expired));
    assert_eq!(outcome(json!({"exp": -1e300})), Err(Refusal::Expired));
    assert_eq!(outcome(json!({})), Err(Refusal::NoExpiry));
    assert_eq!(outcome(json!({"exp": "tomorrow"})), Err(Refusal::Malformed));
    assert_eq!(outcome(json!({"exp": null})), Err(Refusal::Malformed));
    assert_eq!(outcome(json!({"exp": NOW + 1, "nbf": NOW + 30})), Ok(()));
    assert_eq!(outcome(json!({"exp": NOW + 99, "nbf": NOW + 31})), Err(Refusal::NotYet));
    assert_eq!(outcome(json!({"exp": NOW + 1, "nbf": []})), Err(Refusal::Malformed));
}

#[test]
fn issuer_and_audience_must_be_ours() {
    let rules = Rules {
        issuer: Some("https://id.example".to_owned()),
        audience: vec!["a".to_owned(), "b".to_owned()],
        ..rules()
    };
    let outcome = |rules: &Rules, issuer: Value, audience: Value| {
        let claims = json!({"sub": "ada", "exp": NOW + 1, "iss": issuer, "aud": audience});
        with_claims(rules, &claims).map(drop)
    };
    let ours = || json!("https://id.example");
    assert_eq!(outcome(&rules, ours(), json!("a")), Ok(()));
    assert_eq!(outcome(&rules, ours(), json!(["x", "b"])), Ok(()));
    for other in [json!("https://id.example/"), json!(["https://id.example"]), json!(null), json!(7)] {
        assert_eq!(outcome(&rules, other, json!("a")), Err(Refusal::Issuer));
    }
    for other in [json!("c"), json!("ab"), json!([]), json!(["A"]), json!({"a": 1}), json!(null)] {
        assert_eq!(outcome(&rules, ours(), other), Err(Refusal::Audience));
    }
    let without = json!({"sub": "ada", "exp": NOW + 1, "iss": "https://id.example"});
    assert_eq!(with_claims(&rules, &without), Err(Refusal::Audience));
    // Without a name of our own, what is meant for somebody is not meant for us.
    assert_eq!(outcome(&self::rules(), json!("anybody"), json!("a")), Err(Refusal::Audience));
    assert_eq!(with_claims(&self::rules(), &without), Ok("ada".to_owned()));
}

#[test]
fn somebody_must_be_named_and_fit_into_a_message() {
    let outcome = |subject: Value| with_claims(&rules(), &json!({"sub": subject, "exp": NOW + 1}));
    assert_eq!(outcome("Zoë ☃".into()), Ok("Zoë ☃".to_owned()));
    assert_eq!(outcome("".into()), Err(IdentityError::NoSubject.into()));
    assert_eq!(outcome(7.into()), Err(IdentityError::NoSubject.into()));
    assert_eq!(with_claims(&rules(), &json!({"exp": NOW + 1})), Err(IdentityError::NoSubject.into()));
    assert_eq!(outcome("x".repeat(257).into()), Err(IdentityError::SubjectTooLong.into()));
    let claims = |length| json!({"sub": "ada", "exp": NOW + 1, "x": "x".repeat(length)});
    assert_eq!(with_claims(&rules(), &claims(9_000)), Err(IdentityError::ClaimsTooLarge.into()));
    assert_eq!(with_claims(&rules(), &claims(20_000)), Err(Refusal::TooLong));
}

#[test]
fn an_algorithm_is_allowed_or_refused_before_any_key_is_tried() {
    let header = |name: &str| json!({"alg": name, "kid": "k1"});
    assert_eq!(with_header(&rules(), &header("EdDSA")), Ok(()));
    for name in ["none", "None", "HS256", "HS512", "ES512", "eddsa", ""] {
        assert_eq!(with_header(&rules(), &header(name)), Err(Refusal::Algorithm), "{name}");
    }
    let only = Rules { algorithms: vec![Algorithm::Rs256], ..rules() };
    assert_eq!(with_header(&only, &header("EdDSA")), Err(Refusal::Algorithm));
    assert_eq!(
        with_header(&rules(), &header("RS256")),
        Err(Refusal::Signature),
        "the key is of another kind"
    );
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let issuer = Issuer::new("k1");
    let jwk = issuer.jwk();
    let point = BASE64_URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
    let message = unsigned(&json!({"alg": "HS256", "kid": "k1"}), &json!({"sub": "ada", "exp": NOW + 1}));
    for secret in [&point[..], jwk.to_string().as_bytes(), jwk["x"].as_str().unwrap().as_bytes()] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
        let outcome = verify(&format!("{message}.{signature}"), &keys(&[&issuer]), &rules(), NOW.into());
        assert_eq!(outcome.map(drop), Err(Refusal::Algorithm));
    }
}

#[test]
fn what_is_signed_for_another_end_or_in_a_way_unknown_here_identifies_nobody() {
    let header = |name: &str, value: Value| json!({"alg": "EdDSA", "kid": "k1", name: value});
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"] {
        assert_eq!(with_header(&rules(), &header("typ", typ.into())), Ok(()), "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""] {
        assert_eq!(with_header(&rules(), &header("typ", typ.into())), Err(Refusal::Type), "{typ}");
    }
    for crit in [json!(["b64"]), json!([]), json!("exp")] {
        assert_eq!(with_header(&rules(), &header("crit", crit)), Err(Refusal::Critical));
    }
    for (name, value) in [("kid", json!(7)), ("typ", json!([])), ("alg", json!(["EdDSA"]))] {
        assert_eq!(with_header(&rules(), &header(name, value)), Err(Refusal::Malformed), "{name}");
    }
}

#[test]
fn a_key_that_is_not_ours_signs_in_vain() {
    let (ours, stranger) = (Issuer::new("k1"), Issuer::new("k1"));
    let (unnamed, newer) = (json!({"alg": "EdDSA"}), Issuer::new("k2"));
    let claims = json!({"sub": "ada", "exp": NOW + 1});
    let outcome = |token: &str| verify(token, &keys(&[&ours]), &rules(), NOW.into()).map(drop);
    assert_eq!(outcome(&stranger.token(&claims)), Err(Refusal::Signature));
    assert_eq!(outcome(&newer.token(&claims)), Err(Refusal::UnknownKey));
    assert_eq!(outcome(&ours.sign(&unnamed, &claims)), Ok(()));
    assert_eq!(outcome(&stranger.sign(&unnamed, &claims)), Err(Refusal::UnknownKey));
    // Of several keys of one name, and of all for a token that names none, the right one is found.
    let several = keys(&[&stranger, &newer, &ours]);
    for token in [ours.token(&claims), ours.sign(&unnamed, &claims)] {
        assert!(verify(&token, &several, &rules(), NOW.into()).is_ok());
    }
}

#[test]
fn what_is_changed_cut_or_no_token_at_all_identifies_nobody() {
    let issuer = Issuer::new("k1");
    let keys = keys(&[&issuer]);
    let token = issuer.token(&json!({"sub": "ada", "exp": NOW + 1}));
    let refused = |token: &str| verify(token, &keys, &rules(), NOW.into()).is_err();
    assert!(!refused(&token));
    for end in 0..token.len() {
        assert!(refused(&token[..end]), "cut at {end}");
    }
    for at in 0..token.len() {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = [&token[..at], other, &token[at + 1..]].concat();
        assert!(refused(&changed), "changed at {at}: {changed}");
    }
    for odd in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "🦀.🦀.🦀",
        &format!("{token}="),
        &format!("{token}.x"),
        &format!(" {token}"),
    ] {
        assert!(refused(odd), "{odd}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_refused_without_a_panic(header in "\\PC{0,60}", payload in "\\PC{0,60}", rest in "[ -~]{0,40}") {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let issuer = Issuer::new("k1");
        for token in [format!("{}.{}.{rest}", part(&header), part(&payload)), format!("{header}.{payload}.{rest}"), rest] {
            proptest::prop_assert!(verify(&token, &keys(&[&issuer]), &rules(), NOW.into()).is_err());
        }
    }
}
