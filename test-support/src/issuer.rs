//! Whoever issues tokens (JWT), and the server at which its public keys are found (JWKS).

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A key pair (Ed25519) and its name.
#[derive(Debug)]
pub struct Issuer {
    key: Ed25519KeyPair,
    key_id: String,
}

impl Issuer {
    /// A fresh key pair.
    ///
    /// # Panics
    ///
    /// When the system has no randomness.
    #[must_use]
    pub fn new(key_id: &str) -> Self {
        let fresh = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let key = fresh.ok().and_then(|pkcs8| Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).ok());
        Self { key: key.unwrap_or_else(|| panic!("no key can be made")), key_id: key_id.to_owned() }
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let point = BASE64_URL_SAFE_NO_PAD.encode(self.key.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "x": point})
    }

    /// A token with these claims.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "EdDSA", "typ": "JWT", "kid": self.key_id}), claims)
    }

    /// A token of somebody, that is valid for five minutes.
    #[must_use]
    pub fn token_of(&self, subject: &str) -> String {
        self.token(&json!({"sub": subject, "exp": in_seconds(300)}))
    }

    /// A token with a header of the caller's own.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// The first two parts of a token.
#[must_use]
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// A JWKS of these keys.
#[must_use]
pub fn jwks(keys: &[&Issuer]) -> String {
    json!({"keys": keys.iter().map(|issuer| issuer.jwk()).collect::<Vec<_>>()}).to_string()
}

/// Seconds since 1970, so much from now.
#[must_use]
pub fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(now).unwrap_or(i64::MAX) + seconds
}

/// An HTTP server that gives every request the same answer, which can be changed.
#[derive(Debug)]
pub struct JwksServer {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    asked: usize,
}

#[derive(Clone, Debug, Default)]
enum Behaviour {
    /// Closes each connection at once.
    #[default]
    Down,
    /// Accepts, and says nothing.
    Silent,
    /// Writes these octets.
    Answer(Vec<u8>),
}

impl JwksServer {
    /// A server on loopback that is down until it is told what to answer.
    ///
    /// # Panics
    ///
    /// When there is no port to be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.and_then(|bound| Ok((bound.local_addr()?, bound)));
        let (address, listener) = listener.unwrap_or_else(|error| panic!("no port: {error}"));
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let behaviour = {
                    let mut state = locked(&shared);
                    state.asked += 1;
                    state.behaviour.clone()
                };
                match behaviour {
                    Behaviour::Down => {}
                    Behaviour::Silent => silent.push(client),
                    Behaviour::Answer(octets) => {
                        // A GET without a body comes in one piece.
                        if client.read(&mut [0; 4096]).await.is_ok() {
                            let _ = client.write_all(&octets).await;
                            let _ = client.shutdown().await;
                        }
                    }
                }
            }
        });
        Self { url: format!("http://{address}/jwks.json"), state }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on these keys are found.
    pub fn publish(&self, keys: &[&Issuer]) {
        self.answer("200 OK", &jwks(keys));
    }

    /// From now on this is the answer.
    pub fn answer(&self, status: &str, body: &str) {
        let length = body.len();
        let fields = format!("Content-Length: {length}\r\nConnection: close\r\nLocation: /elsewhere\r\n");
        let octets = format!("HTTP/1.1 {status}\r\n{fields}\r\n{body}").into_bytes();
        locked(&self.state).behaviour = Behaviour::Answer(octets);
    }

    /// From now on every connection is closed unanswered.
    pub fn go_down(&self) {
        locked(&self.state).behaviour = Behaviour::Down;
    }

    /// From now on no connection is answered, nor closed.
    pub fn fall_silent(&self) {
        locked(&self.state).behaviour = Behaviour::Silent;
    }

    /// How many connections there were.
    #[must_use]
    pub fn asked(&self) -> usize {
        locked(&self.state).asked
    }
}

fn locked(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
