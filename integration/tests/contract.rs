//! The contract of `rating-service`, held by tools that know nothing but its document.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use integration::heavy;
use test_support::tools;

use crate::rating_service::Ratings;

/// What the tools are told: hooks, settings, the client's program.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/contract");
/// The seed of the run that is the same each time.
const SEED: &str = "--seed=1";
/// Examples of the fuzzing phase for each operation.
const EXAMPLES: &str = "--max-examples=200";

/// Runs a command to its end without stopping the servers of this test.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// Asserts that a command did its work, and returns what it printed.
#[track_caller]
fn done(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    text
}

fn base_url(ratings: &Ratings) -> String {
    format!("http://{}/api", ratings.platform.address())
}

fn document_url(ratings: &Ratings) -> String {
    format!("{}/openapi/rating-service.json", base_url(ratings))
}

async fn schemathesis(more: &[&str]) {
    let _turn = heavy().await;
    let packages = tokio::task::spawn_blocking(tools::schemathesis).await.unwrap().unwrap();
    let ratings = Ratings::start().await;
    let work = tempfile::tempdir().unwrap();
    let mut command = Command::new("python3");
    command.args(["-c", "from schemathesis.cli import schemathesis; schemathesis()"]);
    command.args(["--config-file", &format!("{FOLDER}/schemathesis.toml"), "run"]).args(more);
    // One worker: two threads that parse Python at once can fail with "AST constructor recursion depth mismatch", a defect of
    // CPython (gh-106905).
    command.args([EXAMPLES, "--workers=1", &document_url(&ratings)]).current_dir(work.path());
    let path = std::env::join_paths([&packages.path, Path::new(FOLDER)]).unwrap();
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("CONTRACT_BASE_URL", base_url(&ratings));
    let text = done(&run(command).await);
    // Past the test runner, which keeps what successful tests print to itself.
    let summary = text.rfind("=== SUMMARY ===").map_or("", |at| &text[at..]);
    std::io::stderr().write_all(format!("schemathesis {more:?}: {summary}\n").as_bytes()).unwrap();
    assert!(summary.contains("passed"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_that_the_contract_forbids() {
    schemathesis(&[SEED]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: the same with examples of its own each time"]
async fn schemathesis_finds_nothing_with_other_examples() {
    schemathesis(&[]).await;
}

#[tokio::test]
async fn a_validator_takes_the_document_for_openapi() {
    let ratings = Ratings::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = save_document(&ratings, folder.path()).await;
    let mut command = tokio::task::spawn_blocking(|| tools::python_module("openapi_spec_validator"))
        .await
        .unwrap()
        .unwrap();
    command.arg(file);
    assert!(done(&run(command).await).contains("OK"));
}

/// Keeps what the chain serves in a file.
async fn save_document(ratings: &Ratings, folder: &Path) -> PathBuf {
    let response = ratings.platform.get("/api/openapi/rating-service.json").await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.json()["servers"][0]["url"], "/api", "what tools put before the paths");
    let file = folder.join("openapi.json");
    fs::write(&file, response.text()).unwrap();
    file
}

#[tokio::test]
async fn a_generated_client_compiles_and_lists_users() {
    let generator = tokio::task::spawn_blocking(tools::client_generator).await.unwrap().unwrap();
    let ratings = Ratings::start().await;
    let folder = tempfile::tempdir().unwrap();
    save_document(&ratings, folder.path()).await;
    symlink(generator.path.join("node_modules"), folder.path().join("node_modules")).unwrap();
    fs::write(folder.path().join("package.json"), r#"{"type": "module"}"#).unwrap();
    fs::copy(format!("{FOLDER}/list-users.ts"), folder.path().join("list-users.ts")).unwrap();
    let tool = |name: &str, args: &[&str]| {
        let mut command = Command::new("node");
        command.arg(name).args(args).current_dir(folder.path());
        run(command)
    };
    let generate = "node_modules/openapi-typescript/bin/cli.js";
    done(&tool(generate, &["openapi.json", "--output", "contract.d.ts"]).await);
    let strict =
        ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noEmitOnError"];
    let modules =
        ["--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck", "list-users.ts"];
    done(&tool("node_modules/typescript/bin/tsc", &[&strict[..], &modules].concat()).await);
    let names = ["Ada", "Berta", "Cleo", "Dora", "Ewa"];
    let url = base_url(&ratings);
    let listed = done(&tool("list-users.js", &[&[url.as_str()], &names[..]].concat()).await);
    assert_eq!(listed.lines().collect::<Vec<_>>(), names, "three pages, in the order of their names");
}

#[tokio::test]
async fn the_types_of_the_frontend_are_those_of_the_document() {
    let generator = tokio::task::spawn_blocking(tools::client_generator).await.unwrap().unwrap();
    let root = tools::workspace_root();
    let folder = tempfile::tempdir().unwrap();
    let generated = folder.path().join("schema.d.ts");
    let mut command = Command::new("node");
    command.arg(generator.path.join("node_modules/openapi-typescript/bin/cli.js"));
    // The golden file; another test holds it against what the service serves.
    command.arg(root.join("rating-service/tests/golden/openapi.json")).arg("--output").arg(&generated);
    done(&run(command).await);
    let (types, file) = (fs::read_to_string(generated).unwrap(), root.join("frontend/src/api/schema.d.ts"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &types).unwrap();
    }
    assert!(
        fs::read_to_string(file).unwrap() == types,
        "stale: UPDATE_GOLDEN=1 cargo test -p integration the_types_of_the_frontend writes frontend/src/api/schema.d.ts"
    );
}
