//! What comes and goes leaves nothing behind.

use footbridge_e2e::{LOOK, connect, left, puppet, until};
use footbridge_testkit::{activity::echo, gateway::Gateway, request, socketio::Client};
use serde_json::json;

/// Tasks and open files of the gateway.
async fn holdings(listen: &str) -> [u64; 2] {
    let text = request::get(listen, "/metrics").await.expect("an answer").body;
    ["sockethub_tasks ", "process_open_fds "].map(|name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}in {text}"))
    })
}

/// One of everything that a session can do to a gateway: instances that live, crash and are brought back, jobs that hang,
/// connections that break and come back or do not, with and without a good-bye.
async fn visit(gateway: &Gateway, number: usize) {
    let actor = format!("kim{}", number % 5);
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("message", &echo("a worker that is shared")).await.expect("an answer");
    connect(&mut client, &actor, json!({"password": number.to_string()})).await;
    if number.is_multiple_of(3) {
        client.call("message", &puppet("crash", &actor, json!({}))).await.expect("an answer");
    }
    client.emit("message", &puppet("sleep", &actor, json!({"ms": 50}))).await;
    let pid = client.pid().expect("it may come back").to_owned();
    match number % 4 {
        0 => client.disconnect().await,
        1 => client.abort().await,
        2 => drop(client),
        _ => {
            client.abort().await;
            let back = Client::resume(&gateway.address, &pid, 0).await.expect("connected");
            back.disconnect().await;
        }
    }
}

/// Visits, and everybody has left and every instance has ended.
async fn round(gateway: &Gateway, numbers: std::ops::Range<usize>) {
    for number in numbers {
        visit(gateway, number).await;
    }
    left(gateway).await;
    until(|| gateway.workers().len() == 1).await;
}

#[tokio::test]
async fn tasks_files_and_processes_come_back_to_what_they_were() {
    // core 119
    let settings = json!({
        "metrics": {"listen": "127.0.0.1:0"},
        "session": {"lingerMs": 100},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0}
    });
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let listen = gateway.listens("serving metrics");
    // The first round opens what is kept on purpose: a shared worker, the process that others are forked from, connections
    // to a Redis behind the gateway.
    round(&gateway, 0..100).await;
    let before = holdings(&listen).await;
    round(&gateway, 100..300).await;
    while holdings(&listen).await.iter().zip(before).any(|(now, before)| *now > before) {
        tokio::time::sleep(LOOK).await;
    }
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let children = footbridge_testkit::gateway::children(gateway.pid());
    assert!(children.iter().all(|pid| !stat(*pid).contains(") Z ")), "zombies among {children:?}");
    assert!(children.len() <= 2, "one worker and one nursery: {children:?}");
}
