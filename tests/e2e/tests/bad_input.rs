//! Whatever a client sends: an answer in the contract's words or a clean end, bounded memory, and nobody else notices.

use std::{fs, time::Duration};

use footbridge_e2e::{drained, error};
use footbridge_testkit::{activity::echo, gateway::Gateway, request, socketio::Client};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Resident memory in KiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

#[tokio::test]
async fn packets_that_are_no_events_end_their_connection_or_are_answered() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    for packet in [
        "42",
        "42{}",
        "42[",
        "42[]",
        "42[1]",
        "9",
        "4",
        "49",
        "40/x,",
        "45999-[]",
        "\u{0}",
        "42[\"message\"",
        "43[",
        "41/x,",
    ] {
        let client = Client::connect(&gateway.address).await.expect("connected");
        client.send_raw(packet.into()).await;
        assert_eq!(other.call("message", &echo(packet)).await.expect("an answer").get("error"), None, "{packet:?}");
    }
}

#[tokio::test]
async fn what_is_no_activity_is_answered_in_words() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for input in [json!("text"), json!(null), json!(7), json!([1]), json!(true)] {
        for event in ["message", "credentials"] {
            let answer = client.call(event, &input).await.expect("an answer");
            assert_eq!(error(&answer), "message received is not an object.", "{event} {input}"); // core 26, 27
        }
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_before_it_costs_anything() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 100_000 / open.len();
        let middle = if open == "[" { "" } else { "1" };
        let deep = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        let mut message = echo("deep");
        message["object"] = json!("DEEP");
        let array = json!(["message", message]).to_string().replace("\"DEEP\"", &deep);
        let answer = client.ask_raw(&array).await.text().await.expect("an answer");
        assert!(answer.contains(r#""error":"message received is nested too deeply.""#));
    }
    assert_eq!(client.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
}

#[tokio::test]
async fn a_flood_far_above_what_may_wait_leaves_memory_bounded() {
    let settings = json!({"session": {"maxPendingBytes": 4_194_304}, "sockethub": {"maxPayloadBytes": 262_144}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    other.call("message", &echo("start the worker")).await.expect("an answer");
    let before = resident(gateway.pid());
    let large = json!(["message", echo(&"x".repeat(200_000))]).to_string();
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for _ in 0..20 {
        let mut answers = Vec::new();
        for _ in 0..15 {
            answers.push(client.ask_raw(&large).await);
        }
        for answer in answers {
            answer.text().await.expect("an answer");
        }
    }
    assert_eq!(other.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
    // What is accepted may be held; a queue outside the process takes longer to work it off.
    drained(&gateway).await;
    let grown = resident(gateway.pid()).saturating_sub(before) / 1024;
    assert!(grown < 40, "{grown} MiB after 60 MB of messages");
}

#[tokio::test]
async fn who_does_not_read_is_closed_and_costs_no_more_than_its_share() {
    let settings = json!({"session": {"maxPendingBytes": 1_048_576}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    let mut stream = TcpStream::connect(&gateway.address).await.expect("connected");
    let upgrade = format!(
        "GET /sockethub/?EIO=4&transport=websocket HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n",
        gateway.address
    );
    stream.write_all(upgrade.as_bytes()).await.expect("written");
    stream.write_all(&text_frame("40")).await.expect("written");
    let message = format!("421{}", json!(["message", echo(&"x".repeat(60_000))]));
    let frame = text_frame(&message);
    // It asks and asks and never reads an answer: first the kernel's buffers fill, then its share, then it is closed.
    let mut closed = false;
    for _ in 0..2_000 {
        if tokio::time::timeout(Duration::from_secs(20), stream.write_all(&frame)).await.is_ok_and(|sent| sent.is_err())
        {
            closed = true;
            break;
        }
    }
    assert!(closed, "120 MB were taken from a client that reads nothing");
    assert_eq!(other.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
}

/// A masked websocket text frame.
fn text_frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..=125 => frame.push(0x80 | u8::try_from(short).expect("below 126")),
        medium @ 126..=0xffff => {
            frame.push(0x80 | 0x7e);
            frame.extend(u16::try_from(medium).expect("below 65536").to_be_bytes());
        }
        long => {
            frame.push(0x80 | 0x7f);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

#[tokio::test]
async fn a_request_that_is_half_sent_is_given_up() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut stream = TcpStream::connect(&gateway.address).await.expect("connected");
    stream
        .write_all(b"GET /sockethub/?EIO=4&transport=polling HTTP/1.1\r\nhost: a\r\nx-half: ")
        .await
        .expect("written");
    let path = "/sockethub/?EIO=4&transport=polling";
    let open = request::get(&gateway.address, path).await.expect("an answer").body;
    let open: Value = serde_json::from_str(&open[1..]).expect("JSON");
    let mut body = TcpStream::connect(&gateway.address).await.expect("connected");
    let sid = open["sid"].as_str().expect("a session id");
    let head = format!("POST {path}&sid={sid} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n42[");
    body.write_all(head.as_bytes()).await.expect("written");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    assert_eq!(client.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
    for mut half in [stream, body] {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), half.read_to_end(&mut rest)).await;
        ended.expect("the gateway hangs up").expect("a clean end");
    }
}

#[tokio::test]
async fn the_engines_refusals_have_their_codes() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    for (path, code, message) in [
        ("/sockethub/?EIO=3&transport=polling", 5, "Unsupported protocol version"), // core 4
        ("/sockethub/?EIO=4&transport=carrier-pigeon", 0, "Transport unknown"),
        ("/sockethub/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA", 1, "Session ID unknown"),
    ] {
        let refused = request::get(&gateway.address, path).await.expect("an answer");
        assert_eq!(refused.status, 400, "{path}");
        let body: Value = serde_json::from_str(&refused.body).expect("JSON");
        assert_eq!(body, json!({"code": code, "message": message}), "{path}");
    }
    let posted = request::send(&gateway.address, "POST", "/sockethub/?EIO=4&transport=polling", &[], "").await;
    assert_eq!(posted.expect("an answer").body, r#"{"code":2,"message":"Bad handshake method"}"#);
    for path in ["/sockethub", "/sockethub/x", "/nowhere"] {
        assert_eq!(request::get(&gateway.address, path).await.expect("an answer").status, 404, "{path}");
    }
}
