//! What is said of settings that cannot be.

use std::{fs, path::Path};

use deploy::settings::{Source, load};

use super::overlay;

fn refused(name: &str, set: &[&str]) -> String {
    format!("{:#}", overlay(name, set).unwrap_err())
}

#[test]
fn all_overlays_are_read() {
    for name in ["dev", "prod", "aks"] {
        overlay(name, &[]).unwrap();
    }
    let aks = overlay("aks", &[]).unwrap();
    assert_eq!(aks.nats.servers, 3, "from the overlay that it extends");
    assert_eq!(aks.images.registry, "uptake.azurecr.io");
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_the_way_out() {
    for (name, set, said) in [
        (
            "prodd",
            "images.tag=x",
            "there is no overlay \"prodd\"; there are dev, prod, aks, or give the path",
        ),
        ("dev", "proxy.replica=2", "overlay dev: proxy.replica: unknown field `replica`"),
        ("dev", "nats.disk=lots", "nats.disk: \"lots\" is no quantity above 0; write a number with a unit"),
        ("dev", "proxy.limits.memory=-1", "proxy.limits.memory: "),
        (
            "dev",
            "services.rating-service.scaling.max=2",
            "has one pod; set scaling.max to 1, or take a database",
        ),
        ("dev", "frontend.path=/api", "proxy and frontend are both at */api and /api"),
        ("prod", "gateway.host=null", "gateway.host: production needs a host name"),
        ("prod", "gateway.issuer=null", "gateway.issuer: production speaks HTTPS alone"),
        ("dev", "nats.streamReplicas=3", "nats.streamReplicas: 3 of 1 servers"),
        ("dev", "nats.callStorage=memory", "memory of a single server forgets"),
        ("dev", "services.hello.env.WORKER_ACK_WAIT=x", "services.hello: "),
        ("dev", "services.hello.prefixes=[/users/x]", "overlap; a path has one owner"),
        ("dev", "services.proxy.prefixes=[/x]", "services.proxy: missing field `scaling`"),
        ("dev", "services.hello.calls=[nobody]", "there is no service \"nobody\""),
        ("dev", "images.digests.hello=latest", "\"latest\" is no digest"),
        ("dev", "proxy.replicas.min=0", "at least 1"),
        ("dev", "root=a b", "root: "),
        ("dev", "namespace=Uptake", "\"Uptake\" is no name of an object"),
        ("dev", "images.tag", "write it as KEY=VALUE"),
        ("dev", "images.tag.x=1", "what is above \"x\" has no settings below it"),
        ("dev", "images=[", "this is no YAML"),
        (
            "dev",
            "proxy.cpuPercent=0",
            "proxy.cpuPercent: 0 percent of 100m is nothing that a proxy ever uses more than",
        ),
        ("dev", "proxy.cpuPercent=2000", "proxy.cpuPercent: 2000 percent of 100m"),
        (
            "dev",
            "nats.callStorage=ram",
            "hello: invalid value 'ram' for '--storage <KIND>' [possible values: file, memory]",
        ),
        ("dev", "proxy.budgetSeconds=0", "proxy.budgetSeconds: at least 1"),
        ("dev", "proxy.path=api", "proxy.path: \"api\" is no path prefix"),
        ("dev", "proxy.path=/api/", "proxy.path: \"/api/\" ends with /"),
        ("dev", "frontend.path=/u i", "frontend.path: \"/u i\" is no path prefix"),
        ("dev", "services.hello.prefixes=[hello]", "services.hello.prefixes: \"hello\" is no path prefix"),
        ("dev", "services.hello.image=hello:v1", "services.hello.image: \"hello:v1\" is no name of an image"),
        ("prod", "gateway.host=https://example.com", "gateway.host: \"https://example.com\" is no host name"),
        ("prod", "gateway.host=über.example.com", "and as xn--… what is beyond ASCII"),
        ("prod", "gateway.host=\"\"", "gateway.host: \"\" is no host name"),
        ("prod", "proxy.host=\"*.example.com\"", "proxy.host: "),
        ("prod", "gateway.issuer=\"\"", "gateway.issuer: "),
        ("prod", "gateway.class=My Class", "gateway.class: \"My Class\" has to be of"),
        ("prod", "databases.Main={}", "databases.Main: missing field"),
        (
            "prod",
            "databases.rating-service-db.instances=0",
            "databases.rating-service-db.instances: at least 1",
        ),
        (
            "dev",
            "images.registry=https://r.example.com",
            "images.registry: \"https://r.example.com\" is no registry",
        ),
        ("dev", "images.tag=a/b", "images.tag: \"a/b\" is no tag"),
        ("dev", "images.pullSecrets=[My Key]", "images.pullSecrets: "),
        ("dev", "telemetry.ratio=2", "telemetry.ratio: \"2\" is no number from 0 to 1"),
        ("dev", "cluster.apiServer=10.0.0.1", "cluster.apiServer: \"10.0.0.1\" is no CIDR block"),
        ("dev", "cluster.apiServer=10.0.0.1/33", "is no CIDR block"),
        ("dev", "cluster.kedaNamespace=\"\"", "cluster.kedaNamespace: "),
        (
            "dev",
            "proxy.limits.memory=512",
            "proxy.limits.memory: 512 octets are too few; write it with a unit",
        ),
        ("dev", "nats.disk=4", "nats.disk: 4 octets are too few"),
        ("dev", "nats.memoryStore=512Mi", "nats.memoryStore: 512Mi of a server's 512Mi leaves nothing"),
        ("dev", "proxy.limits.cpu=3", "proxy.limits: cpu 3 is above cpuLimit 2"),
    ] {
        let told = refused(name, &[set]);
        assert!(told.contains(said), "{name} {set}: {told}");
    }
}

#[test]
fn a_text_that_looks_like_a_number_is_set_as_it_was_written() {
    for tag in ["1234567", "007", "1e5", "12e345678901", "true", "0x10", "1.10"] {
        let settings = overlay("dev", &[&format!("images.tag={tag}")]).unwrap();
        assert_eq!(settings.images.tag.as_deref(), Some(tag));
    }
    assert_eq!(overlay("dev", &["telemetry.ratio=0.10"]).unwrap().telemetry.ratio.as_deref(), Some("0.10"));
    assert_eq!(overlay("dev", &["images.tag=null", "images.tag=~"]).unwrap().images.tag, None);
    assert!(
        refused("dev", &["images={registry: r, tag: 7}"]).ends_with("expected a string; put it in quotes")
    );
}

#[test]
fn a_missing_value_and_a_circle_of_overlays_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let source = Source { overlay: path.display().to_string(), values: Vec::new(), set: Vec::new() };
        load(&source).map_err(|error| format!("{error:#}"))
    };
    assert!(read("empty.yaml", "environment: development").unwrap_err().contains("missing field `images`"));
    assert!(read("one.yaml", "extends: ./one.yaml").unwrap_err().contains("more than 4 deep"));
    assert!(read("text.yaml", "just text").unwrap_err().contains("it holds no settings"));
    let own = read("own.yaml", "extends: dev\nproxy: {replicas: {max: 4}}").unwrap();
    assert_eq!((own.proxy.replicas.min, own.proxy.replicas.max), (1, 4));
    assert!(!Path::new("kustomization.yaml").exists());
}

#[test]
fn values_go_over_the_overlay_and_single_settings_over_values() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    fs::write(&values, "images: {tag: from-values}\nproxy: {cpuPercent: 50}").unwrap();
    let source = |set: &[&str]| Source {
        overlay: "dev".to_owned(),
        values: vec![values.clone()],
        set: set.iter().map(|&set| set.to_owned()).collect(),
    };
    let settings = load(&source(&["images.tag=from-set"])).unwrap();
    assert_eq!(settings.images.tag.as_deref(), Some("from-set"));
    assert_eq!(settings.proxy.cpu_percent, 50);
}

#[test]
fn a_file_of_values_that_sets_nothing_leaves_all_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let with = |text: &str| {
        let path = folder.path().join("values.yaml");
        fs::write(&path, text).unwrap();
        let source = Source { overlay: "dev".to_owned(), values: vec![path], set: Vec::new() };
        load(&source).map(|settings| format!("{settings:?}")).map_err(|error| format!("{error:#}"))
    };
    let plain = format!("{:?}", overlay("dev", &[]).unwrap());
    for nothing in ["", "# digests come here\n", "{}"] {
        assert_eq!(with(nothing).as_ref(), Ok(&plain), "{nothing:?}");
    }
    assert!(with("- images").unwrap_err().contains("values.yaml: it holds no settings"));
}
