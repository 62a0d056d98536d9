//! Calls: of a client, and of a service to another one.

use integration::{Platform, Traced};

use super::{assert_attributes, assert_tree, assert_well, behind_api, made};

#[tokio::test]
async fn one_trace_shows_a_call_from_the_client_to_the_database_and_back() {
    let mut stage = Traced::start(behind_api()).await;
    stage.add_rating_service(&[], &[]).await;
    let service = stage.ask("made", "POST", "/api/services", &[], r#"{"name": "Canteen"}"#).await;
    let id = made(&service);
    let read = stage.ask("read", "GET", &format!("/api/services/{id}"), &[], "").await;
    assert_eq!(read.status, 200);
    let ended = stage.end().await;

    let trace = ended.trace_of("read");
    assert_tree(
        &trace,
        &[
            "SERVER GET /api/services/{id} [http-to-nats-proxy]",
            "  PRODUCER publish uptake-call-rating-service [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-rating-service [rating-service]",
            "    CONSUMER process uptake-call-rating-service [rating-service]",
            "      INTERNAL handle GET /services/{id} [rating-service]",
            "        CLIENT SELECT services ratings [rating-service]",
            "      PRODUCER reply [rating-service]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    assert_well(&trace);
    let server = trace.roots()[0];
    assert_eq!(server.parent_id, "");
    assert_attributes(
        server,
        &[
            ("http.request.method", "GET"),
            ("http.route", "/api/services/{id}"),
            ("http.response.status_code", "200"),
            ("url.path", &format!("/api/services/{id}")),
            ("url.scheme", "http"),
            ("uptake.request_id", "read"),
        ],
    );
    let messaging =
        [("messaging.system", "nats"), ("messaging.destination.name", "uptake-call-rating-service")];
    for (name, operation, kind) in [("publish", "publish", "send"), ("process", "process", "process")] {
        let span = trace.only(name);
        assert_attributes(span, &messaging);
        let operation = [("messaging.operation.name", operation), ("messaging.operation.type", kind)];
        assert_attributes(span, &operation);
    }
    assert_attributes(trace.only("process"), &[("uptake.delivery.count", "1")]);
    assert!(trace.only("process").links.is_empty());
    let handled = [("http.route", "/services/{id}"), ("http.response.status_code", "200")];
    assert_attributes(trace.only("handle"), &handled);

    let made = ended.trace_of("made");
    let statements: Vec<_> =
        made.children(made.only("handle")).iter().map(|span| span.name.as_str()).collect();
    let expected = ["BEGIN", "INSERT uptake_inbox", "INSERT services", "UPDATE uptake_inbox", "COMMIT"];
    assert_eq!(statements, expected);
    assert_attributes(
        made.only("INSERT services"),
        &[
            ("db.system.name", "sqlite"),
            ("db.operation.name", "INSERT"),
            ("db.collection.name", "services"),
            ("db.query.summary", "INSERT services"),
        ],
    );
    assert_eq!(trace.only("SELECT").attribute("db.collection.name"), None, "there are two");
    let told = format!("{:?}", made.spans());
    assert!(!told.contains("Canteen") && !told.contains(&id), "a value is in a span: {told}");
}

#[tokio::test]
async fn a_call_of_a_service_to_another_one_is_a_part_of_the_same_trace() {
    let mut stage = Traced::start(Platform::builder().workers(0)).await;
    for (name, prefixes) in [("outer", "/hello/relay"), ("inner", "/hello/inspect")] {
        let args = ["--service-name", name, "--prefixes", prefixes];
        stage.platform.add_worker_with(&args, &[("OTEL_SERVICE_NAME", name)]).await;
    }
    let answer = stage.ask("relayed", "GET", "/hello/relay?target=/hello/inspect/this", &[], "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = answer.json()["fields"]["traceparent"][0].as_str().unwrap().to_owned();
    let ended = stage.end().await;

    let trace = ended.trace_of("relayed");
    assert_tree(
        &trace,
        &[
            "SERVER GET /hello/relay [http-to-nats-proxy]",
            "  PRODUCER publish uptake-call-outer [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-outer [outer]",
            "    CONSUMER process uptake-call-outer [outer]",
            "      INTERNAL handle GET /hello/relay [outer]",
            "        CLIENT GET [outer]",
            "          PRODUCER publish uptake-call-inner [outer]",
            "            INTERNAL wait in uptake-call-inner [inner]",
            "            CONSUMER process uptake-call-inner [inner]",
            "              INTERNAL handle GET /hello/inspect/{*rest} [inner]",
            "              PRODUCER reply [inner]",
            "      PRODUCER reply [outer]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    assert_well(&trace);
    let handle = trace.named("handle")[0];
    assert_eq!(seen, format!("00-{}-{}-01", handle.trace_id, handle.span_id), "what the handler is told");
}

#[tokio::test]
async fn spans_of_a_services_own_code_are_below_its_handler() {
    let stage = Traced::start(Platform::builder().workers(1)).await;
    let sampled = stage.ask("sampled", "GET", "/hello/brewed", &[], "").await;
    assert_eq!((sampled.status, sampled.text().as_str()), (200, "tea\n"));
    let unsampled = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")];
    assert_eq!(stage.ask("unsampled", "GET", "/hello/brewed", &unsampled, "").await.status, 200);
    let ended = stage.end().await;

    let trace = ended.trace_of("sampled");
    assert_tree(
        &trace,
        &[
            "SERVER GET /hello/brewed [http-to-nats-proxy]",
            "  PRODUCER publish uptake-call-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-hello [hello]",
            "    CONSUMER process uptake-call-hello [hello]",
            "      INTERNAL handle GET /hello/brewed [hello]",
            "        INTERNAL brewed [hello]",
            "          CLIENT pour [hello]",
            "      PRODUCER reply [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    assert_well(&trace);
    assert_eq!(trace.only("pour").attribute("leaves").as_deref(), Some("tea"));
    let foreign =
        ended.collector.spans().iter().filter(|span| span.trace_id != trace.spans()[0].trace_id).count();
    assert_eq!(foreign, 0, "what is not sampled has no spans of its own code either");
}
