//! The command line: what is printed, and the exit code.

use std::{fs, path::Path, process::Output};

use footbridge_testkit::gateway::binary;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// Runs the gateway to its end, in a folder of its own.
async fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(environment.iter().copied()).current_dir(folder).kill_on_drop(true);
    command.output().await.expect("it runs")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn help_and_version_answer_whatever_the_configuration() {
    // core 117
    let folder = folder();
    fs::write(folder.path().join("sockethub.config.json"), "{ broken").expect("written");
    let help = run(folder.path(), &["--help", "--port", "x"], &[]).await;
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("sockethub.maxPayloadBytes"));
    let version = run(folder.path(), &["-v"], &[]).await;
    assert_eq!((version.status.code(), text(&version.stdout)), (Some(0), "0.1.0\n"));
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    // core 114
    let folder = folder();
    let config = json!({
        "nope": 1, "sockethub": {"port": 99_999, "hots": "x"},
        "packageConfig": {"@sockethub/platform-feeds": {"allowPrivateAddresses": "yes"}}
    });
    fs::write(folder.path().join("sockethub.config.json"), config.to_string()).expect("written");
    let refused = run(folder.path(), &[], &[("SOCKETHUB_MAX_PAYLOAD_BYTES", "many")]).await;
    assert_eq!(refused.status.code(), Some(78));
    assert!(refused.stdout.is_empty());
    let said = text(&refused.stderr);
    for named in ["nope", "sockethub.port", "hots", "allowPrivateAddresses", "SOCKETHUB_MAX_PAYLOAD_BYTES"] {
        assert!(said.contains(named), "{named} in {said}");
    }
}

#[tokio::test]
async fn platforms_that_are_not_there_stop_the_start() {
    let folder = folder();
    let config = json!({"platforms": ["@sockethub/platform-gopher", "dummy"], "platformDir": folder.path()});
    fs::write(folder.path().join("footbridge.config.json"), config.to_string()).expect("written");
    let refused = run(folder.path(), &[], &[]).await;
    assert_eq!(refused.status.code(), Some(78));
    let said = text(&refused.stderr);
    assert!(said.contains("'gopher' is not available; available: dummy, feeds, irc, metadata, xmpp"), "{said}");
    assert!(said.contains("'dummy' has no worker at"), "{said}");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_settings() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let refused = run(folder.path(), &["--host", "127.0.0.1", "--port", &port], &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port} (sockethub.host, sockethub.port)")), "{said}");
}

#[tokio::test]
async fn the_default_configuration_is_written_once() {
    // core 116
    let folder = folder();
    let printed = run(folder.path(), &["--write-config", "-"], &[]).await;
    assert_eq!(printed.status.code(), Some(0));
    let defaults: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    assert!(defaults["$schema"].as_str().is_some_and(|url| url.ends_with("/sockethub-config.json")));
    let path = folder.path().join("sockethub.config.json");
    let written = run(folder.path(), &["--write-config"], &[]).await;
    assert!(text(&written.stdout).starts_with("wrote default config to /"));
    assert_eq!(fs::read(&path).expect("it is there"), printed.stdout);
    fs::write(&path, "{}").expect("written");
    let again = run(folder.path(), &["--write-config"], &[]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).starts_with("refusing to overwrite existing file: /"));
    assert_eq!(fs::read(&path).expect("it is there"), b"{}");
}

#[tokio::test]
async fn info_tells_what_would_run_and_keeps_secrets() {
    // core 115, weak spot 30
    let folder = folder();
    fs::write(folder.path().join("c.json"), r#"{"sockethub": {"port": 1}}"#).expect("written");
    let environment = [("PORT", "2"), ("REDIS_URL", "redis://kim:hunter2@localhost")];
    let told = run(folder.path(), &["--info", "-c", "c.json", "--port=3"], &environment).await;
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    let said = text(&told.stdout);
    assert!(said.contains("websocket: ws://localhost:3/sockethub\n"), "{said}");
    assert!(said.contains("platforms: dummy, feeds, irc, metadata, xmpp\n"), "{said}");
    assert!(said.contains("AS types: fetch\n"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_worker_started_by_hand_says_what_it_is() {
    let folder = folder();
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = Command::new(binary().with_file_name("footbridge-dummy"));
    command.stdin(std::process::Stdio::null()).current_dir(folder.path()).kill_on_drop(true);
    let said = command.output().await.expect("it runs");
    assert!(!said.status.success());
    assert!(text(&said.stderr).contains("gateway"), "{}", text(&said.stderr));
}
