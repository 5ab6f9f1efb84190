//! Workers are confined: what one that was taken over tries is refused, the gateway tells, nobody else notices.

use std::{fs, path::Path};

use footbridge_e2e::{LOOK, error};
use footbridge_testkit::{
    activity::{activity, context, echo},
    gateway::Gateway,
    http::{Answer, Server},
    request,
    socketio::Client,
};
use seccompiler::{SeccompAction, SeccompFilter, apply_filter};
use serde_json::{Value, json};

const GONE: &str = "Error: session thread closed unexpectedly: ";
/// A file that is there everywhere, is no secret, and concerns no worker.
const FOREIGN: &str = "/etc/passwd";
/// A program that is there everywhere.
const PROGRAM: &str = "/bin/true";

struct Story {
    gateway: Gateway,
    client: Client,
    bystander: Client,
    metrics: String,
}

impl Story {
    /// A gateway with an intruder, and somebody whose worker is another one.
    async fn begin(settings: Value) -> Self {
        let mut all = json!({"platforms": ["dummy", "intruder"], "metrics": {"listen": "127.0.0.1:0"}});
        for (key, value) in settings.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let gateway = Gateway::start(all).await.expect("a gateway");
        let metrics = gateway.listens("serving metrics");
        let client = Client::connect(&gateway.address).await.expect("connected");
        let mut bystander = Client::connect(&gateway.address).await.expect("connected");
        bystander.call("message", &echo("a worker of mine")).await.expect("an answer");
        Self { gateway, client, bystander, metrics }
    }

    async fn tries(&mut self, verb: &str, object: Value) -> Value {
        self.client.call("message", &activity("intruder", verb, "kim", object)).await.expect("an answer")
    }

    /// Waits for a line in the log, which is written before or after the answer.
    async fn logged(&self, text: &str) {
        while !self.gateway.log().contains(text) {
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn counted(&self, line: &str) {
        while !request::get(&self.metrics, "/metrics").await.expect("an answer").body.contains(line) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The worker of the bystander is still the first one.
    async fn nobody_else_noticed(&mut self) {
        let echoed = self.bystander.call("message", &echo("still here")).await.expect("an answer");
        assert_eq!(echoed.get("error"), None, "{echoed}");
        self.counted("sockethub_instance_started_total{platform=\"dummy\"} 1\n").await;
    }
}

#[tokio::test]
async fn what_only_an_intruder_does_ends_its_worker_and_is_reported() {
    let mut story = Story::begin(json!({})).await;
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("written");
    let tried = [
        ("write", json!({"path": target, "content": "I was here"})),
        ("execute", json!({"path": PROGRAM})),
        ("fork", json!({"path": PROGRAM})),
        ("listen", json!({})),
        ("signal", json!({})),
    ];
    let count = tried.len();
    for (verb, object) in tried {
        let answer = story.tries(verb, object).await;
        assert_eq!(error(&answer), format!("{GONE}null"), "{verb}");
    }
    assert!(!target.exists());
    story.logged("security: a worker was ended for a system call that sandbox.mode forbids").await;
    story.counted(&format!("sockethub_sandbox_violation_total{{platform=\"intruder\"}} {count}\n")).await;
    let exited = format!("sockethub_instance_exited_total{{platform=\"intruder\",reason=\"forbidden\"}} {count}\n");
    story.counted(&exited).await;
    story.nobody_else_noticed().await;
}

#[tokio::test]
async fn what_libraries_may_try_in_good_faith_is_refused_in_words() {
    let mut story = Story::begin(json!({})).await;
    let socket = tempfile::tempdir().expect("a folder");
    let socket = socket.path().join("service");
    let _service = std::os::unix::net::UnixListener::bind(&socket).expect("a service");
    for (verb, object) in [("read", json!({"path": FOREIGN})), ("connect", json!({"path": socket}))] {
        let answer = story.tries(verb, object).await;
        assert!(error(&answer).contains("Permission denied"), "{verb}: {answer}");
    }
    story.counted("sockethub_instance_started_total{platform=\"intruder\"} 1\n").await;
    assert!(!story.gateway.log().contains("security"), "{}", story.gateway.log());
}

#[tokio::test]
async fn a_worker_knows_no_environment_and_has_no_way_to_new_privileges() {
    let mut story = Story::begin(json!({})).await;
    assert_eq!(story.tries("look", json!({})).await["object"]["content"], "");
    let workers = story.gateway.workers();
    assert_eq!(workers.len(), 2);
    for worker in workers {
        assert_eq!((status(worker, "NoNewPrivs"), status(worker, "Seccomp")), ("1".into(), "2".into()));
    }
}

#[tokio::test]
async fn limits_end_a_worker_or_refuse_in_words_and_name_themselves() {
    let settings = json!({
        "limits": {"workerMemoryBytes": 67_108_864, "workerOpenFiles": 32, "workerCpuSecondsPerMinute": 1},
        // So that nothing else ends a worker that is busy.
        "platformHeartbeat": {"timeoutMs": 0}
    });
    let mut story = Story::begin(settings).await;
    assert_eq!(story.tries("allocate", json!({"count": 16_777_216})).await.get("error"), None);
    assert_eq!(story.tries("open", json!({"count": 8})).await.get("error"), None);
    let answer = story.tries("open", json!({"count": 32})).await;
    assert!(error(&answer).contains("Too many open files"), "{answer}");
    story.counted("sockethub_instance_started_total{platform=\"intruder\"} 1\n").await;
    for (verb, object, reason, setting) in [
        ("allocate", json!({"count": 134_217_728}), "aborted", "limits.workerMemoryBytes"),
        ("burn", json!({}), "cpu", "limits.workerCpuSecondsPerMinute"),
    ] {
        assert_eq!(error(&story.tries(verb, object).await), format!("{GONE}null"), "{verb}");
        story.logged(setting).await;
        let exited = format!("sockethub_instance_exited_total{{platform=\"intruder\",reason=\"{reason}\"}} 1\n");
        story.counted(&exited).await;
    }
    assert!(story.gateway.log().contains("memory allocation of 134217728 bytes failed"), "{}", story.gateway.log());
    story.nobody_else_noticed().await;
}

#[tokio::test]
async fn without_confinement_and_limits_all_of_it_works() {
    // The same deeds, so that what the stories above refuse is refused by confinement.
    let limits = json!({"workerMemoryBytes": 0, "workerOpenFiles": 0, "workerCpuSecondsPerMinute": 0});
    let mut story = Story::begin(json!({"sandbox": {"mode": "off"}, "limits": limits})).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (target, socket) = (folder.path().join("written"), folder.path().join("service"));
    let _service = std::os::unix::net::UnixListener::bind(&socket).expect("a service");
    for (verb, object) in [
        ("write", json!({"path": target, "content": "I was here"})),
        ("read", json!({"path": FOREIGN})),
        ("fork", json!({"path": PROGRAM})),
        ("listen", json!({})),
        ("connect", json!({"path": socket})),
        ("open", json!({"count": 32})),
        ("allocate", json!({"count": 134_217_728})),
    ] {
        let answer = story.tries(verb, object).await;
        assert_eq!(answer.get("error"), None, "{verb}: {answer}");
    }
    assert_eq!(fs::read_to_string(&target).expect("it was written"), "I was here");
    for worker in story.gateway.workers() {
        assert_eq!(status(worker, "Seccomp"), "0");
    }
    // Becoming another program ends the worker too, but by that program's exit code.
    assert_eq!(error(&story.tries("execute", json!({"path": PROGRAM})).await), format!("{GONE}0"));
    story.logged("how workers are confined mode=\"off\"").await;
}

#[tokio::test]
async fn a_system_that_has_all_it_takes_runs_with_confinement_required() {
    let mut story = Story::begin(json!({"sandbox": {"mode": "required"}})).await;
    assert_eq!(error(&story.tries("execute", json!({"path": PROGRAM})).await), format!("{GONE}null"));
    story.nobody_else_noticed().await;
    assert!(!story.gateway.log().contains("not fully confined"), "{}", story.gateway.log());
}

#[tokio::test]
async fn a_confined_worker_looks_names_up_and_fetches() {
    let feed = r#"<rss version="2.0"><channel><title>Harbour</title><item><title>x</title></item></channel></rss>"#;
    let server = Server::start(move |_| Answer::ok("text/xml", feed.as_bytes())).await;
    let settings = json!({
        "platforms": ["feeds"],
        "sandbox": {"mode": "required"},
        "packageConfig": {"@sockethub/platform-feeds": {"allowPrivateAddresses": true}}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    // By name, which the C library looks up on another thread, with files and calls of its own.
    let url = server.url("/").replace("127.0.0.1", "localhost");
    let fetch = json!({"@context": context("feeds"), "type": "fetch", "actor": {"id": url, "type": "feed"}});
    let answer = client.call("message", &fetch).await.expect("an answer");
    assert_eq!((answer.get("error"), &answer["totalItems"]), (None, &json!(1)), "{answer}");
}

#[tokio::test]
async fn where_landlock_is_missing_it_is_told_once_per_platform_and_calls_stay_refused() {
    without_landlock();
    let mut story = Story::begin(json!({})).await;
    assert!(story.tries("read", json!({"path": FOREIGN})).await.get("error").is_none(), "nothing closes files");
    for _ in 0..2 {
        assert_eq!(error(&story.tries("execute", json!({"path": PROGRAM})).await), format!("{GONE}null"));
    }
    let log = story.gateway.log();
    let told = log.lines().filter(|line| line.contains("not fully confined"));
    let told: Vec<&str> = told.filter(|line| line.contains("intruder")).collect();
    assert!(matches!(told[..], [line] if line.contains("sandbox.mode") && line.contains("files no")), "{log}");
}

#[tokio::test]
async fn where_landlock_is_missing_and_required_no_worker_starts() {
    without_landlock();
    let gateway = Gateway::start(json!({"sandbox": {"mode": "required"}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for _ in 0..2 {
        let answer = client.call("message", &echo("anybody?")).await.expect("an answer");
        assert!(error(&answer).starts_with("Error: sandbox.mode is required, but"), "{answer}");
    }
}

/// Makes the kernel one without landlock for this thread, and so for the gateway that it starts and for its workers.
fn without_landlock() {
    const LANDLOCK_CREATE_RULESET: i64 = 444;
    const ENOSYS: u32 = 38;
    let rules = [(LANDLOCK_CREATE_RULESET, Vec::new())].into();
    let here = std::env::consts::ARCH.try_into().expect("an architecture with seccomp");
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(ENOSYS), here);
    let program = filter.and_then(seccompiler::BpfProgram::try_from).expect("a program");
    apply_filter(&program).expect("seccomp");
}

/// A line of what the kernel says of a process.
fn status(pid: u32, name: &str) -> String {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(Path::new(&path)).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.expect("the kernel says so").trim().to_owned()
}
