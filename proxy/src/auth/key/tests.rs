use serde_json::{Value, json};

use super::*;

/// One message, signed in each way by the Python package `cryptography`.
const SIGNATURES: &str = include_str!("signatures.json");

fn sample() -> Value {
    serde_json::from_str(SIGNATURES).unwrap()
}

fn set(keys: &Value) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

#[test]
fn a_signature_of_each_kind_is_verified_by_its_own_key_and_algorithm_alone() {
    let keys = KeySet::parse(SIGNATURES.as_bytes()).unwrap();
    let samples = sample()["signatures"].as_array().unwrap().clone();
    assert_eq!(samples.len(), Algorithm::ALL.len());
    for sample in samples {
        let text = |name: &str| sample[name].as_str().unwrap().to_owned();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(text("signature")).unwrap();
        for key in &keys.0 {
            for algorithm in Algorithm::ALL {
                let fits = key.id.as_deref() == Some(&text("kid")) && algorithm.name() == text("alg");
                assert_eq!(
                    key.has_signed(algorithm, b"uptake", &signature),
                    fits,
                    "{key:?} {algorithm} {sample}"
                );
                assert!(!key.has_signed(algorithm, b"Uptake", &signature));
                assert!(!key.has_signed(algorithm, b"uptake", &signature[1..]));
                assert!(!key.has_signed(algorithm, b"uptake", &[]));
            }
        }
    }
}

#[test]
fn a_key_is_used_for_nothing_but_what_it_is_for() {
    let rsa = sample()["keys"][0].clone();
    let signature = |name: &str| {
        let samples = sample();
        let mut samples = samples["signatures"].as_array().unwrap().iter();
        let found = samples.find(|sample| sample["alg"] == name).unwrap();
        BASE64_URL_SAFE_NO_PAD.decode(found["signature"].as_str().unwrap()).unwrap()
    };
    let with = |member: &str, value: Value| {
        let mut key = rsa.clone();
        key[member] = value;
        set(&json!([key]))
    };
    let only = with("alg", "RS256".into());
    assert!(only.0[0].has_signed(Algorithm::Rs256, b"uptake", &signature("RS256")));
    assert!(!only.0[0].has_signed(Algorithm::Ps256, b"uptake", &signature("PS256")));
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("kty", json!("oct")),
        ("n", json!("a+b")),
        ("n", json!(null)),
        ("kid", json!(7)),
    ] {
        assert_eq!(with(member, value.clone()).len(), 0, "{member} {value}");
    }
    assert_eq!(with("key_ops", json!(["verify"])).len(), 1);
}

#[test]
fn what_a_set_holds_besides_keys_is_left_out_and_what_is_no_set_is_refused() {
    let keys = sample()["keys"].clone();
    assert_eq!(
        set(&json!([7, {}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-521"}, keys[3]])).len(),
        1
    );
    let many = vec![keys[3].clone(); 10 * MAX_KEYS];
    assert_eq!(set(&Value::from(many)).len(), MAX_KEYS);
    for document in ["", "{}", "[]", "{\"keys\":7}", "<html>", "{\"keys\":[]"] {
        assert!(KeySet::parse(document.as_bytes()).is_err(), "{document}");
    }
    assert_eq!(KeySet::parse(b"{\"keys\":[]}").unwrap().len(), 0);
}

#[test]
fn a_point_that_is_on_no_curve_verifies_nothing_and_breaks_nothing() {
    let zeros = |length| BASE64_URL_SAFE_NO_PAD.encode(vec![0; length]);
    let keys = set(&json!([
        {"kty": "EC", "crv": "P-256", "x": zeros(32), "y": zeros(32)},
        {"kty": "EC", "crv": "P-256", "x": zeros(31), "y": zeros(32)},
        {"kty": "OKP", "crv": "Ed25519", "x": zeros(32)},
        {"kty": "RSA", "n": zeros(256), "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": ""},
    ]));
    for key in &keys.0 {
        for algorithm in Algorithm::ALL {
            assert!(!key.has_signed(algorithm, b"uptake", &[0; 64]), "{key:?}");
        }
    }
}

#[test]
fn a_shared_secret_is_no_way_to_sign() {
    for name in ["HS256", "HS384", "HS512", "none", "None", "", "rs256", "ES512"] {
        let error = name.parse::<Algorithm>().unwrap_err();
        assert!(error.contains("RS256, RS384"), "{error}");
        assert_eq!(error.contains("needs a secret"), name.starts_with("HS"), "{error}");
    }
}

#[test]
fn the_keys_that_come_into_question_are_those_of_the_id() {
    let ed = sample()["keys"][3].clone();
    let named = |name: Value| {
        let mut key = ed.clone();
        key["kid"] = name;
        key
    };
    let keys = set(&json!([named("a".into()), named("b".into()), named("a".into()), named(Value::Null)]));
    let ids = |id: Option<&str>| {
        keys.candidates(id).map(|key| key.id.as_deref().unwrap_or("-")).collect::<String>()
    };
    assert_eq!(ids(Some("a")), "aa");
    assert_eq!(ids(Some("b")), "b");
    assert_eq!(ids(Some("c")), "-");
    assert_eq!(ids(None), "aba-");
}
