//! A client whose connection breaks comes back to its session: it loses nothing and gets nothing twice.

use footbridge_e2e::{LOOK, connect, credentials, puppet};
use footbridge_testkit::{
    activity::echo,
    gateway::Gateway,
    request,
    socketio::{Client, Event},
};
use serde_json::{Value, json};

/// A client of the puppet platform as `kim`.
async fn kim(gateway: &Gateway) -> Client {
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"token": "t"})).await;
    client
}

/// Another client of the same instance, to make it push.
async fn other(gateway: &Gateway) -> Client {
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("credentials", &credentials("kim", json!({"token": "t"}))).await.expect("stored");
    client
}

/// Makes the platform push messages with these numbers; whoever else is attached gets the answer as an event, too.
async fn push(client: &mut Client, numbers: std::ops::RangeInclusive<u64>) {
    let activity = |n| json!({"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": n}});
    let activities = numbers.map(activity).collect::<Vec<_>>();
    let answer = client.call("message", &puppet("push", "kim", json!({"activities": activities}))).await;
    assert_eq!(answer.expect("an answer").get("error"), None);
}

/// The next event, which must be a pushed message: its number and its offset.
async fn pushed(client: &mut Client) -> (u64, u64) {
    let event = client.event().await.expect("an event");
    assert_eq!(event.name, "message", "{event:?}");
    (event.payload["object"]["n"].as_u64().expect("a pushed message"), event.offset.expect("a number"))
}

/// Everything that arrived before now.
async fn settled(client: &mut Client) -> Vec<Event> {
    client.call("message", &echo("barrier")).await.expect("an answer");
    std::iter::from_fn(|| client.arrived()).collect()
}

fn pid(client: &Client) -> String {
    client.pid().expect("it may come back").to_owned()
}

#[tokio::test]
async fn what_is_pushed_while_a_client_is_away_arrives_once_and_in_order() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let (mut away, mut here) = (kim(&gateway).await, other(&gateway).await);
    push(&mut away, 1..=2).await;
    assert_eq!((pushed(&mut away).await, pushed(&mut away).await), ((1, 1), (2, 2)));
    let pid = pid(&away);
    away.abort().await;
    push(&mut here, 3..=300).await;
    let mut back = Client::resume(&gateway.address, &pid, 2).await.expect("connected");
    assert_eq!(back.pid(), Some(&*pid));
    for n in 3..=300 {
        assert_eq!(pushed(&mut back).await, (n, n));
    }
    let answer = back.event().await.expect("the other's answer");
    assert_eq!((&answer.payload["type"], answer.offset), (&json!("push"), Some(301)));
    push(&mut here, 301..=301).await;
    assert_eq!(pushed(&mut back).await, (301, 302), "it goes on as before");
}

#[tokio::test]
async fn nothing_comes_twice_whatever_the_client_claims_to_know() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = kim(&gateway).await;
    push(&mut client, 1..=3).await;
    let pid = pid(&client);
    for (offset, expected) in [(1, vec![2, 3]), (3, vec![]), (99, vec![]), (0, vec![1, 2, 3])] {
        client.abort().await;
        client = Client::resume(&gateway.address, &pid, offset).await.expect("connected");
        assert_eq!(client.pid(), Some(&*pid));
        let offsets = settled(&mut client).await.into_iter().map(|event| event.offset.expect("a number"));
        assert_eq!(offsets.collect::<Vec<_>>(), expected, "after {offset}");
    }
}

#[tokio::test]
async fn more_than_is_kept_is_counted_and_said() {
    let settings = json!({"session": {"backlogMessages": 2}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let (away, mut here) = (kim(&gateway).await, other(&gateway).await);
    let pid = pid(&away);
    away.abort().await;
    push(&mut here, 1..=5).await;
    let mut back = Client::resume(&gateway.address, &pid, 0).await.expect("connected");
    let notice = back.event().await.expect("a notice");
    assert_eq!((&*notice.name, notice.offset), ("error", None));
    assert_eq!(notice.payload["summary"], "4 messages were lost while you were away");
    assert_eq!(pushed(&mut back).await, (5, 5));
    assert_eq!(back.event().await.expect("the other's answer").offset, Some(6));
}

#[tokio::test]
async fn who_is_not_known_gets_a_session_of_their_own() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut first = kim(&gateway).await;
    let unknown = "0123456789abcdef0123456789abcdef";
    for claimed in [unknown, "", "a\"b", &pid(&first).to_uppercase(), first.transport_id()] {
        let stranger = Client::resume(&gateway.address, claimed, 0).await.expect("connected");
        assert!(![claimed, &*pid(&first)].contains(&&*pid(&stranger)));
    }
    // Its client keeps the last number it heard, and would come back with it.
    let mut fresh = Client::resume(&gateway.address, unknown, 7).await.expect("connected");
    connect(&mut fresh, "kim", json!({"token": "t"})).await;
    push(&mut first, 1..=1).await;
    assert_eq!(pushed(&mut fresh).await, (1, 8));
}

#[tokio::test]
async fn a_connection_that_has_a_session_cannot_ask_for_another() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let (mut first, mut second) = (kim(&gateway).await, other(&gateway).await);
    first.send_raw(format!("40{}", json!({"pid": pid(&second), "offset": "0"}))).await;
    push(&mut first, 1..=1).await;
    assert_eq!(pushed(&mut first).await, (1, 1));
    assert!(settled(&mut second).await.is_empty(), "it is not attached yet, and not disturbed");
}

#[tokio::test]
async fn who_leaves_in_so_many_words_is_forgotten() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let client = kim(&gateway).await;
    let known = pid(&client);
    client.send_raw("41".into()).await;
    while sessions(&gateway).await > 0 {
        tokio::time::sleep(LOOK).await;
    }
    let back = Client::resume(&gateway.address, &known, 0).await.expect("connected");
    assert_ne!(pid(&back), known);
    // On the same transport it may begin again.
    client.send_raw("40".into()).await;
    while sessions(&gateway).await < 2 {
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_connection_that_only_seems_alive_makes_room_for_the_new_one() {
    // The address has room for two: its own place is no obstacle.
    let settings = json!({"rateLimiter": {"maxConnectionsPerIp": 2}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let (mut old, mut here) = (kim(&gateway).await, other(&gateway).await);
    push(&mut here, 1..=1).await;
    assert_eq!(pushed(&mut old).await, (1, 1));
    assert_eq!(old.event().await.expect("the other's answer").offset, Some(2));
    let mut new = Client::resume(&gateway.address, &pid(&old), 0).await.expect("connected");
    assert_eq!(pid(&new), pid(&old));
    assert_eq!(pushed(&mut new).await, (1, 1));
    assert_eq!(new.event().await.expect("the other's answer").offset, Some(2));
    // Not told to stay away: it would.
    assert!(matches!(old.event().await, Err(footbridge_testkit::socketio::Error::Closed)));
    push(&mut here, 2..=2).await;
    assert_eq!(pushed(&mut new).await, (2, 3));
}

#[tokio::test]
async fn an_answer_that_cannot_be_acknowledged_any_more_is_told_by_an_event() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = kim(&gateway).await;
    let _unanswered = client.ask("message", &puppet("sleep", "kim", json!({"ms": 1500}))).await;
    settled(&mut client).await;
    let pid = pid(&client);
    client.abort().await;
    let mut back = Client::resume(&gateway.address, &pid, 0).await.expect("connected");
    assert_eq!(back.pid(), Some(&*pid));
    let answer = back.event().await.expect("the answer");
    assert_eq!((&*answer.name, &answer.payload["type"]), ("message", &json!("sleep")));
    assert_eq!(answer.offset, Some(1));
}

#[tokio::test]
async fn last_words_count() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let client = kim(&gateway).await;
    let pid = pid(&client);
    let words =
        json!({"activities": [{"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": 1}}]});
    client.emit("message", &puppet("push", "kim", words)).await;
    // It writes what it was given, and hangs up without a word.
    drop(client);
    let mut back = Client::resume(&gateway.address, &pid, 0).await.expect("connected");
    assert_eq!(back.pid(), Some(&*pid));
    assert_eq!(pushed(&mut back).await, (1, 1));
}

#[tokio::test]
async fn only_so_many_of_an_address_are_waited_for() {
    let settings = json!({"rateLimiter": {"maxConnectionsPerIp": 1}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let first = kim(&gateway).await;
    let first_pid = pid(&first);
    first.abort().await;
    // Who is away has no place: the next one is let in as soon as the gateway has noticed.
    let mut second = loop {
        let client = Client::connect(&gateway.address).await.expect("connected");
        if client.pid().is_some() {
            break client;
        }
    };
    connect(&mut second, "kim", json!({"token": "t"})).await;
    let second_pid = pid(&second);
    assert_eq!(sessions(&gateway).await, 2);
    second.abort().await;
    while sessions(&gateway).await > 1 {
        tokio::time::sleep(LOOK).await;
    }
    let back = Client::resume(&gateway.address, &second_pid, 0).await.expect("connected");
    assert_eq!(pid(&back), second_pid, "the younger one is waited for");
    back.abort().await;
    let back = loop {
        let client = Client::resume(&gateway.address, &first_pid, 0).await.expect("connected");
        if let Some(pid) = client.pid() {
            break pid.to_owned();
        }
    };
    assert_ne!(back, first_pid, "the older one is not");
}

#[tokio::test]
async fn without_recovery_handlers_get_exactly_one_argument() {
    let settings = json!({"session": {"recovery": false}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = kim(&gateway).await;
    assert_eq!(client.pid(), None);
    push(&mut client, 1..=1).await;
    assert_eq!(client.event().await.expect("an event").offset, None);
    client.abort().await;
    while sessions(&gateway).await > 0 {
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_gateway_that_stops_waits_for_nobody() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let (away, mut here) = (kim(&gateway).await, kim(&gateway).await);
    let secret = pid(&away);
    away.abort().await;
    push(&mut here, 1..=1).await;
    assert!(!gateway.log().contains(&secret), "it is the client's alone");
    assert!(gateway.stop().await.expect("it ends").success());
    // Its connection ends without a word, so that it comes back by itself.
    let mut words = Vec::new();
    while let Ok(event) = here.event().await {
        words.push(event.name);
    }
    assert!(words.iter().all(|word| word == "message"), "{words:?}");
}

/// Sessions there are, clients away included.
async fn sessions(gateway: &Gateway) -> u64 {
    let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
    let health: Value = serde_json::from_str(&ready.body).expect("JSON");
    health["sessions"].as_u64().expect("a number")
}
