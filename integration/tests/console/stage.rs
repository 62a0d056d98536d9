//! Proxies with a console, and a browser's part in it.

use std::{fs, net::SocketAddr};

use integration::{Builder, Platform, Proxy};
use tempfile::TempDir;
use test_support::{HttpClient, RawResponse};

pub(super) const TOKEN: &str = "a-token-of-the-tests-0123456789";

pub(super) type Fields<'a> = &'a [(&'a str, &'a str)];

/// The field without which nothing is changed.
pub(super) const ADMIN: (&str, &str) = ("Uptake-Admin", "1");

/// Settings of proxies with a console, and the folder of its token.
pub(super) struct Settings {
    folder: TempDir,
}

impl Settings {
    pub(super) fn new(token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), format!("{token}\n")).unwrap();
        Self { folder }
    }

    pub(super) fn args(&self) -> [String; 2] {
        let token = self.folder.path().join("token");
        ["--console-dir=tests/page".to_owned(), format!("--console-token-file={}", token.display())]
    }

    /// A platform whose proxies have a console.
    pub(super) async fn platform(&self, builder: Builder) -> Platform {
        let args = self.args();
        builder.proxy_args(&[&args[0], &args[1]]).start().await
    }
}

/// A platform with one proxy and no worker.
pub(super) async fn start() -> (Platform, Settings) {
    let settings = Settings::new(TOKEN);
    (settings.platform(Platform::builder().workers(0)).await, settings)
}

/// A browser at the console of one proxy.
pub(super) struct Browser {
    address: SocketAddr,
    pub(super) cookie: String,
}

impl Browser {
    /// One that is not signed in.
    pub(super) fn at(proxy: &Proxy) -> Self {
        Self { address: proxy.admin(), cookie: String::new() }
    }

    /// One that is.
    pub(super) async fn signed_in(proxy: &Proxy) -> Self {
        let mut browser = Self::at(proxy);
        let answer = browser.sign_in(TOKEN).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        browser
    }

    /// Sends a token, and keeps the cookie that comes back.
    pub(super) async fn sign_in(&mut self, token: &str) -> RawResponse {
        let body = serde_json::json!({"token": token}).to_string();
        let fields = [("Content-Type", "application/json")];
        let answer = self.ask_with("POST", "/console/api/session", &fields, &body).await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        answer
    }

    pub(super) async fn get(&self, target: &str) -> RawResponse {
        self.ask_with("GET", target, &[], "").await
    }

    /// Asks as the console's own page does.
    pub(super) async fn ask(&self, method: &str, target: &str) -> RawResponse {
        let origin = format!("http://{}", self.address);
        let fields = [ADMIN, ("Origin", &origin), ("Sec-Fetch-Site", "same-origin")];
        self.ask_with(method, target, &fields, "").await
    }

    pub(super) async fn ask_with(
        &self,
        method: &str,
        target: &str,
        fields: Fields<'_>,
        body: &str,
    ) -> RawResponse {
        let mut client = HttpClient::connect(self.address).await.unwrap();
        let fields = [&[("Cookie", self.cookie.as_str())], fields].concat();
        client.request(method, target, &fields, body).await.unwrap()
    }
}

/// The slug of a problem.
#[track_caller]
pub(super) fn slug(answer: &RawResponse) -> String {
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status, "{problem}");
    let slug = problem["type"].as_str().and_then(|slug| slug.strip_prefix("urn:uptake:problem:"));
    slug.unwrap_or_else(|| panic!("{problem}")).to_owned()
}
