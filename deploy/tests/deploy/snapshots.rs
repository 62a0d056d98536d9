//! What is rendered, as files: a change of one is a change of what runs.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use deploy::{output, render::render};

use super::{DIGEST, overlay};

/// What an overlay renders, by the name of its file.
fn rendered(name: &str) -> BTreeMap<String, String> {
    let mut all = render(&overlay(name, &[]).unwrap()).unwrap();
    // Dashboards and alerts have snapshots of their own: the files that they are made of.
    all.retain(|one| one.object.kind() != "PrometheusRule" && one.object.kind() != "ConfigMap");
    let mut files = BTreeMap::new();
    for one in &all {
        let file: &mut String = files.entry(format!("{}.yaml", one.component.file_stem())).or_default();
        file.push_str(&output::documents([one]).unwrap());
    }
    files
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name)
}

fn written(name: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder(name)).into_iter().flatten().flatten();
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[test]
fn all_overlays_render_as_their_snapshots() {
    for name in ["dev", "prod", "aks"] {
        let files = rendered(name);
        if env::var_os("UPDATE_GOLDEN").is_some() {
            let _ = fs::remove_dir_all(folder(name));
            fs::create_dir_all(folder(name)).unwrap();
            for (file, text) in &files {
                fs::write(folder(name).join(file), text).unwrap();
            }
        }
        let written = written(name);
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&files), names(&written), "{name} (UPDATE_GOLDEN=1 writes them)");
        for (file, text) in &files {
            assert!(
                text == &written[file],
                "tests/snapshots/{name}/{file} is not what is rendered (UPDATE_GOLDEN=1 writes it):\n{text}"
            );
        }
    }
}

#[test]
fn the_environment_of_the_process_changes_nothing() {
    let values = tempfile::NamedTempFile::new().unwrap();
    let digests: String = [
        "http-to-nats-proxy",
        "rating-service",
        "hello",
        "frontend",
        "nats",
        "natsReloader",
        "natsExporter",
        "nack",
        "postgres",
    ]
    .map(|image| format!("{image}: {DIGEST}, "))
    .concat();
    let text = format!("gateway: {{host: app.example.com, issuer: i}}\nimages: {{digests: {{{digests}}}}}");
    fs::write(values.path(), text).unwrap();
    for name in ["dev", "prod", "aks"] {
        let run = |hostile: &[(&str, &str)]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
            command.args(["render", "--overlay", name, "--values"]).arg(values.path());
            let output = command.env_clear().envs(hostile.iter().copied()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let plain = run(&[]);
        assert!(!plain.is_empty());
        let hostile = [
            ("WORKER_PERMITS", "1"),
            ("WORKER_MAX_BUDGET", "7"),
            ("WORKER_ACK_WAIT", "nonsense"),
            ("SERVICE_NAME", "other"),
            ("NATS_URL", "nats://elsewhere:4222"),
            ("UPTAKE_ROOT", "other"),
            ("PROXY_GRACE_PERIOD", "1"),
            ("LANG", "tr_TR.UTF-8"),
            ("TZ", "Pacific/Kiritimati"),
        ];
        assert!(plain == run(&hostile), "{name}: variables of the process change what is rendered");
    }
}
