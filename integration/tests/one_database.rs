//! Two rating-services on one PostgreSQL, through the whole chain.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use integration::{Platform, SOON, heavy, program::spawn};
use serde_json::{Value, json};
use test_support::{HttpClient, Postgres, Process};

/// So many writes are under way at once, until the first clients have done theirs.
const CLIENTS: u64 = 2_000;
const WRITES_EACH: u64 = 2;
const USERS: usize = 200;
const SERVICES: usize = 5;

/// What the answers have told so far, by id. A rating is noted with its user.
#[derive(Default)]
struct Known {
    users: Vec<String>,
    services: Vec<String>,
    created: BTreeMap<String, String>,
    deleted: BTreeSet<String>,
    deleted_users: BTreeSet<String>,
    statuses: BTreeMap<(&'static str, u16), u32>,
}

/// One client, whose choices depend on nothing but its number, and on what the others have done.
struct Client {
    http: HttpClient,
    known: Arc<Mutex<Known>>,
    random: u64,
}

impl Client {
    /// Fewer than `limit`: a linear congruential generator is random enough here.
    fn below(&mut self, limit: usize) -> usize {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % limit
    }

    async fn send(&mut self, method: &'static str, target: &str, body: &Value) -> (u16, Value) {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let fields = [("Content-Type", "application/json")];
        let answer = self.http.request(method, target, &fields, &bytes).await.unwrap();
        *self.known.lock().unwrap().statuses.entry((method, answer.status)).or_default() += 1;
        (answer.status, if answer.body.is_empty() { Value::Null } else { answer.json() })
    }

    fn some_rating(&mut self) -> String {
        let count = self.known.lock().unwrap().created.len();
        let index = self.below(count.max(1));
        let known = self.known.lock().unwrap();
        let nobody = || "01900000-0000-7000-8000-000000000000".to_owned();
        known.created.keys().nth(index).cloned().unwrap_or_else(nobody)
    }

    fn new_rating(&mut self) -> Value {
        let (user, service, score) = (self.below(USERS), self.below(SERVICES), self.below(11));
        let known = self.known.lock().unwrap();
        json!({"userId": known.users[user], "serviceId": known.services[service], "score": score as f64 / 2.0})
    }

    fn note_created(&self, rating: &Value) {
        let text = |field: &str| rating[field].as_str().unwrap().to_owned();
        assert_eq!(self.known.lock().unwrap().created.insert(text("id"), text("userId")), None);
    }

    /// One write of some kind; the more usual, the more often.
    async fn write(&mut self) {
        match self.below(20) {
            0..=8 => {
                let body = self.new_rating();
                let (status, answer) = self.send("POST", "/ratings", &body).await;
                if status == 201 {
                    self.note_created(&answer);
                }
            }
            9..=11 => {
                let items: Vec<_> = (0..3).map(|_| self.new_rating()).collect();
                let (status, answer) = self.send("POST", "/ratings", &json!({"items": items})).await;
                if status == 201 {
                    answer["items"].as_array().unwrap().iter().for_each(|rating| self.note_created(rating));
                }
            }
            12..=15 => {
                let (id, score) = (self.some_rating(), self.below(11));
                let patch = json!({"score": score as f64 / 2.0});
                self.send("PATCH", &format!("/ratings/{id}"), &patch).await;
            }
            16 | 17 => {
                let id = self.some_rating();
                if self.send("DELETE", &format!("/ratings/{id}"), &Value::Null).await.0 == 204 {
                    assert!(
                        self.known.lock().unwrap().deleted.insert(id),
                        "deleted twice, by one request each"
                    );
                }
            }
            18 => {
                let ids = [self.some_rating(), self.some_rating(), self.some_rating()];
                let target = format!("/ratings?ids={}", ids.join(","));
                // Of these nobody is told which were there, so they are not for those who delete one alone.
                self.known.lock().unwrap().created.retain(|id, _| !ids.contains(id));
                assert_eq!(self.send("DELETE", &target, &Value::Null).await.0, 204);
            }
            _ => self.replace_user().await,
        }
    }

    /// Deletes a user with all ratings, and puts a new one in that place.
    async fn replace_user(&mut self) {
        let place = self.below(USERS);
        let user = self.known.lock().unwrap().users[place].clone();
        if self.send("DELETE", &format!("/users/{user}"), &Value::Null).await.0 == 204 {
            assert!(self.known.lock().unwrap().deleted_users.insert(user), "deleted twice");
            let (status, new) = self.send("POST", "/users", &json!({"name": "Successor"})).await;
            assert_eq!(status, 201);
            self.known.lock().unwrap().users[place] = new["id"].as_str().unwrap().to_owned();
        }
    }
}

async fn start(platform: &Platform, postgres: &Postgres) -> Process {
    let args = ["--nats-url", &platform.server.url(), "--database-url", &postgres.url("postgres")];
    let limits = ["--database-timeout", "30", "--database-statement-timeout", "30"];
    let mut service = spawn("rating-service", &[&args[..], &limits].concat());
    service.wait_for_line("pulling", SOON).await;
    service
}

/// All ratings of a service: id and half points.
async fn ratings_of(client: &mut Client, service: &str) -> BTreeMap<String, u64> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let target = format!("/ratings?limit=1000&serviceId={service}{cursor}");
        let (status, page) = client.send("GET", &target, &Value::Null).await;
        assert_eq!(status, 200, "{page}");
        for item in page["items"].as_array().unwrap() {
            let half_points = item["score"].as_f64().unwrap() * 2.0;
            all.insert(item["id"].as_str().unwrap().to_owned(), half_points as u64);
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_conflicting_writes_to_two_instances_leave_the_averages_of_a_recount() {
    let _turn = heavy().await;
    let postgres = Postgres::start().await;
    let platform = Platform::builder().workers(0).proxy_args(&["--budget", "110"]).start().await;
    let services = [start(&platform, &postgres).await, start(&platform, &postgres).await];
    let known = Arc::new(Mutex::new(Known::default()));
    let client = async |random: u64| {
        let http = HttpClient::connect(platform.address()).await.unwrap();
        Client { http, known: Arc::clone(&known), random }
    };

    let mut first = client(0).await;
    for number in 0..USERS + SERVICES {
        let target = if number < USERS { "/users" } else { "/services" };
        let (status, made) = first.send("POST", target, &json!({"name": format!("number {number}")})).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap().to_owned();
        let mut known = known.lock().unwrap();
        if number < USERS { known.users.push(id) } else { known.services.push(id) }
    }
    let mut clients = tokio::task::JoinSet::new();
    for number in 1..=CLIENTS {
        let mut client = client(number).await;
        clients.spawn(async move {
            for _ in 0..WRITES_EACH {
                client.write().await;
            }
        });
    }
    clients.join_all().await;

    let (service_ids, statuses) = {
        let known = known.lock().unwrap();
        (known.services.clone(), known.statuses.clone())
    };
    println!("{statuses:?}");
    let expected = [
        ("POST", 201),
        ("POST", 409),
        ("POST", 422),
        ("PATCH", 200),
        ("PATCH", 404),
        ("DELETE", 204),
        ("DELETE", 404),
    ];
    for (one, count) in &statuses {
        assert!(expected.contains(one), "{count} answers {one:?} among {statuses:?}");
    }
    for one in expected {
        assert!(statuses.contains_key(&one), "no answer {one:?}: {statuses:?}");
    }
    let mut there = BTreeSet::new();
    for id in service_ids {
        let (_, service) = first.send("GET", &format!("/services/{id}"), &Value::Null).await;
        let ratings = ratings_of(&mut first, &id).await;
        let (count, sum) = (ratings.len(), ratings.values().sum::<u64>());
        assert_eq!(service["ratingCount"], count, "{service}");
        assert_eq!(
            service["averageScore"].as_f64(),
            (count > 0).then(|| sum as f64 / (2.0 * count as f64)),
            "{service}"
        );
        there.extend(ratings.into_keys());
    }
    let known = known.lock().unwrap();
    let left = known
        .created
        .iter()
        .filter(|(id, user)| !known.deleted.contains(*id) && !known.deleted_users.contains(*user));
    assert_eq!(
        there,
        left.map(|(id, _)| id.clone()).collect(),
        "what was created and not deleted, and only that, is there"
    );
    for service in services {
        assert!(!service.output().contains("request failed"), "{}", service.output());
    }
}
