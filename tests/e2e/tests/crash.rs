//! Workers die: every job is answered, sessions are told, others notice nothing.

use std::time::Duration;

use footbridge_e2e::{connect, credentials, error, puppet};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::{Gateway, is_alive, signal},
    socketio::Client,
};
use futures_util::FutureExt as _;
use serde_json::json;

const GONE: &str = "Error: session thread closed unexpectedly: ";

#[tokio::test]
async fn a_dummy_that_dies_answers_what_it_held_and_the_next_echo_succeeds() {
    // dummy 10, 11, 12, 16; core 86, 89
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut bystander = Client::connect(&gateway.address).await.expect("connected");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for (verb, expected) in [
        ("exit0", format!("{GONE}0")),
        ("exit1", format!("{GONE}1")),
        ("sigterm", format!("{GONE}null")),
        ("sigkill", format!("{GONE}null")),
        ("throwTypeError", "TypeError: dummy type error".into()),
        ("throwReferenceError", "ReferenceError: dummy reference error".into()),
    ] {
        let answer = client.call("message", &activity("dummy", verb, "kim", json!({}))).await.expect("an answer");
        assert_eq!(error(&answer), expected, "{verb}");
        assert_eq!(answer["type"], verb);
        let echoed = bystander.call("message", &echo("still here")).await.expect("an answer");
        assert_eq!(echoed.get("error"), None, "{verb}: {echoed}");
    }
    assert!(bystander.arrived().is_none(), "stateless platforms have nobody to tell");
}

#[tokio::test]
async fn jobs_behind_a_crash_are_answered_once_each() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let mut waiting = Vec::new();
    for round in 0..200 {
        let message =
            if round % 20 == 10 { activity("dummy", "exit1", "kim", json!({})) } else { echo(&round.to_string()) };
        waiting.push((round, client.ask("message", &message).await));
    }
    let mut echoed = 0;
    for (round, ack) in waiting {
        let answer = ack.value().await.expect("an answer");
        match answer.get("error") {
            None => {
                assert_eq!(answer["object"]["content"], round.to_string());
                echoed += 1;
            }
            Some(text) => assert_eq!(text, &format!("{GONE}1")),
        }
    }
    // At most ten are under way at a time; what was not begun ran on the next worker.
    assert!(echoed >= 90, "{echoed} of 190");
}

#[tokio::test]
async fn crash_after_crash_while_others_write_leaves_the_gateway_serving() {
    // What a worker leaves unread must not keep its instance busy: it once held the thread that hears of the exit.
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut dying = Client::connect(&gateway.address).await.expect("connected");
    let mut writing = Client::connect(&gateway.address).await.expect("connected");
    for round in 0..150 {
        let verb = ["exit1", "sigterm", "sigkill"][round % 3];
        let death = dying.ask("message", &activity("dummy", verb, "kim", json!({}))).await;
        let mut echoes = Vec::new();
        for n in 0..20 {
            echoes.push(writing.ask("message", &echo(&n.to_string())).await);
        }
        for answer in std::iter::once(death).chain(echoes) {
            answer.value().await.expect("an answer");
        }
    }
}

#[tokio::test]
async fn a_persistent_worker_that_dies_is_told_to_every_attached_session() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let secret = json!({"password": "shared"});
    let mut first = Client::connect(&gateway.address).await.expect("connected");
    let mut second = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut first, "kim", secret.clone()).await;
    connect(&mut second, "kim", secret.clone()).await;
    first.event().await.expect("the other's connect");
    for (verb, expected) in [("exit", format!("{GONE}3")), ("crash", "Error: boom".into())] {
        let dying = first.ask("message", &puppet(verb, "kim", json!({"content": "boom"}))).await;
        let behind = first.ask("message", &puppet("send", "kim", json!({}))).await;
        assert_eq!(error(&dying.value().await.expect("an answer")), expected); // core 86
        // The job behind it failed with it, or waited for the next worker.
        let behind = behind.value().await.expect("an answer");
        assert!(behind.get("error").is_none_or(|text| *text == expected), "{behind}");
        for client in [&mut first, &mut second] {
            let told = client.event().await.expect("an event").payload; // core 85
            assert_eq!((&told["type"], error(&told)), (&json!("error"), &*expected));
            assert_eq!(told["actor"], json!({"id": "kim", "type": "service"}));
            assert_eq!(client.event().await.expect("an event").payload["type"], "connect", "it is brought back");
        }
        // Whether or not it was run before, the job behind is seen by the other session at most once.
        connect(&mut first, "kim", secret.clone()).await; // core 87
        while second.event().await.expect("the other's connect").payload["type"] != "connect" {}
    }
}

#[tokio::test]
async fn a_blocked_worker_is_found_out_by_its_heartbeat() {
    // core 88, dummy 13
    let settings = json!({"platformHeartbeat": {"intervalMs": 50, "timeoutMs": 400}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let blocked = client.ask("message", &puppet("block", "kim", json!({}))).await;
    let echoed = client.call("message", &echo("others work")).await.expect("an answer");
    assert_eq!(echoed.get("error"), None);
    assert_eq!(error(&blocked.value().await.expect("an answer")), "platform process terminated");
    let told = client.event().await.expect("an event").payload;
    assert_eq!(error(&told), "platform process terminated");
}

#[tokio::test]
async fn a_job_that_never_ends_is_answered_at_its_deadline_and_the_next_one_runs() {
    // core 95
    let gateway = Gateway::start_with_puppet(json!({"jobs": {"timeoutMs": 300}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let hanging = client.ask("message", &puppet("hang", "kim", json!({}))).await;
    let next = client.ask("message", &puppet("send", "kim", json!({}))).await;
    assert_eq!(error(&hanging.value().await.expect("an answer")), "job timed out");
    assert_eq!(next.value().await.expect("an answer").get("error"), None);
}

#[tokio::test]
async fn a_first_connect_that_takes_too_long_fails_and_can_be_tried_again() {
    let settings = json!({"jobs": {"timeoutMs": 200, "connectTimeoutMs": 400}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for (ms, expected) in [(60_000, Some("job timed out")), (300, None)] {
        let secret = json!({"password": format!("sleep:{ms}")});
        client.call("credentials", &credentials("kim", secret)).await.expect("stored");
        let answer = client.call("message", &puppet("connect", "kim", json!({}))).await.expect("an answer");
        assert_eq!(answer.get("error").and_then(|text| text.as_str()), expected);
    }
}

#[tokio::test]
async fn a_slow_job_of_an_instance_is_answered_before_a_fast_one_behind_it() {
    // core 94
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let slow = client.ask("message", &puppet("sleep", "kim", json!({"ms": 200}))).await;
    let fast = client.ask("message", &puppet("send", "kim", json!({}))).await;
    assert_eq!(fast.value().await.expect("an answer")["type"], "send");
    // The client hands acknowledgements out in the order in which they came.
    let slow = slow.value().now_or_never().expect("it came before");
    assert_eq!(slow.expect("an answer")["type"], "sleep");
}

#[tokio::test]
async fn a_worker_that_cannot_start_fails_its_jobs_in_words() {
    // Settings that the gateway passes through unchecked, and that this worker refuses.
    let settings = json!({"packageConfig": {"@sockethub/platform-puppet": {"refuse": true}}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for _ in 0..2 {
        let answer = client.call("message", &puppet("send", "kim", json!({}))).await.expect("an answer");
        assert!(error(&answer).starts_with("Error: settings of puppet: refuse: unknown field"), "{answer}");
        client.event().await.expect("attached sessions are told");
    }
    let echoed = client.call("message", &echo("others work")).await.expect("an answer");
    assert_eq!(echoed.get("error"), None);
}

#[tokio::test]
async fn a_gateway_that_is_killed_leaves_no_worker_behind() {
    // core 90
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("message", &echo("start a worker")).await.expect("an answer");
    connect(&mut client, "kim", json!({})).await;
    let (workers, nurseries) = (gateway.workers(), gateway.nurseries());
    assert_eq!(workers.len(), 2);
    gateway.kill().await.expect("it lived");
    let gone = async {
        while workers.iter().chain(&nurseries).any(|pid| is_alive(*pid)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the workers end with their gateway");
}

#[tokio::test]
async fn not_even_what_is_stopped_outlives_a_gateway_that_is_killed() {
    // core 90: who is stopped does not see the end of its socket; the kernel has to end it.
    for method in ["exec", "nursery"] {
        let settings = json!({"platformStart": {"method": method}});
        let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        connect(&mut client, "kim", json!({})).await;
        let processes: Vec<u32> = gateway.workers().into_iter().chain(gateway.nurseries()).collect();
        assert_eq!(processes.len(), if method == "exec" { 1 } else { 2 });
        for pid in &processes {
            signal(*pid, "STOP").expect("it lives");
        }
        gateway.kill().await.expect("it lived");
        let gone = async {
            while processes.iter().any(|pid| is_alive(*pid)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("all end with their gateway");
    }
}

#[tokio::test]
async fn a_nursery_that_is_killed_is_replaced_and_its_workers_live_on() {
    let settings = json!({"platformStart": {"method": "nursery"}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let [nursery] = gateway.nurseries()[..] else { panic!("one nursery") };
    let workers = gateway.workers();
    signal(nursery, "KILL").expect("it lives");
    // Whether this worker is forked by the next nursery or started without one depends on who is faster; it works.
    connect(&mut client, "robin", json!({})).await;
    connect(&mut client, "sam", json!({})).await;
    assert!(matches!(gateway.nurseries()[..], [other] if other != nursery), "another one: {}", gateway.log());
    assert!(workers.iter().all(|pid| gateway.workers().contains(pid)), "the first worker lives on");
    for actor in ["kim", "robin", "sam"] {
        let answer = client.call("message", &puppet("send", actor, json!({}))).await.expect("an answer");
        assert_eq!(answer.get("error"), None, "{actor}");
    }
    assert_eq!(gateway.log().matches("the nursery failed").count(), 1, "{}", gateway.log());
}

#[tokio::test]
async fn workers_are_started_without_a_nursery_where_that_is_wanted() {
    let settings = json!({"platformStart": {"method": "exec"}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    assert_eq!((gateway.workers().len(), gateway.nurseries()), (1, vec![]));
}

#[tokio::test]
async fn a_gateway_that_is_asked_to_stop_answers_first() {
    // core 91
    let gateway = Gateway::start_with_puppet(json!({"shutdown": {"withinMs": 500}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let running = client.ask("message", &puppet("hang", "kim", json!({}))).await;
    let waiting = client.ask("message", &puppet("send", "kim", json!({}))).await;
    // Answered, so both above have been submitted: one session's events are taken in order.
    client.call("message", &echo("both are under way")).await.expect("an answer");
    let stopping = tokio::spawn(gateway.stop());
    for ack in [running, waiting] {
        assert_eq!(error(&ack.value().await.expect("an answer")), "gateway shutting down");
    }
    client.closed().await.expect("the connection closes");
    assert_eq!(stopping.await.expect("no panic").expect("an exit").code(), Some(0));
}
