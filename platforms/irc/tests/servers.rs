//! Registration with real servers: `InspIRCd` with Atheme, and `ngIRCd`.

use std::time::Duration;

use footbridge_irc::credentials::Credentials;
use footbridge_irc::line::Line;
use footbridge_irc::outgoing::Outgoing;
use footbridge_irc::registration::{Refused, Registered, Registration, Step};
use footbridge_testkit::irc::{InspIrcd, NgIrcd};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// What became of a registration, with the connection.
struct Registering {
    stream: BufReader<TcpStream>,
    end: Result<Box<Registered>, Refused>,
}

/// Registers in clear text, with the members of `object` besides nick and server.
async fn register(port: u16, nick: &str, object: &Value) -> Registering {
    let mut whole = json!({"type": "credentials", "nick": nick, "server": "localhost", "secure": false});
    for (member, value) in object.as_object().into_iter().flatten() {
        whole[member] = value.clone();
    }
    let activity = json!({"actor": {"id": format!("{nick}@localhost")}, "object": whole});
    let credentials = Credentials::parse(activity.to_string().as_bytes()).expect("they obey the schema");
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens"));
    let (mut registration, mut send) = Registration::new(&credentials).expect("they can be sent");
    let talk = async {
        loop {
            say(&mut stream, send.drain(..)).await;
            let mut text = String::new();
            assert_ne!(
                stream.read_line(&mut text).await.expect("the connection holds"),
                0,
                "the server closed the connection"
            );
            match registration.on_line(&Line::read(&text).expect("servers send lines"), &mut send) {
                Step::Continue => {}
                Step::Registered(registered) => return Ok(registered),
                Step::Refused(refused) => return Err(refused),
                Step::Upgrade { port } => panic!("nobody demanded TLS on port {port}"),
            }
        }
    };
    let end = tokio::time::timeout(Duration::from_secs(20), talk).await.expect("the server answers");
    Registering { stream, end }
}

async fn say(stream: &mut BufReader<TcpStream>, lines: impl Iterator<Item = Outgoing>) {
    let mut bytes = Vec::new();
    lines.for_each(|line| line.write_to(&mut bytes));
    stream.get_mut().write_all(&bytes).await.expect("the connection holds");
}

// irc 1, irc 2, irc 4, irc 5
#[tokio::test]
async fn a_server_with_services_knows_accounts_by_their_password() {
    let server = InspIrcd::start().await.unwrap();
    server.register("kai", "pencil").await.unwrap();

    let plain = register(server.port(), "lou", &json!({})).await.end.unwrap();
    assert!(plain.nick == "lou" && !plain.authenticated && !plain.caps.has("batch"));

    let known = register(server.port(), "kay", &json!({"username": "kai", "password": "pencil"})).await;
    let registered = known.end.as_ref().unwrap();
    assert!(registered.authenticated && registered.nick == "kay");
    assert!(["sasl", "batch", "labeled-response", "server-time"].iter().all(|name| registered.caps.has(name)));
    assert!(!registered.caps.has("echo-message"), "nobody asked for it");

    let unknown = register(server.port(), "mia", &json!({"username": "kai", "password": "pen"})).await;
    assert_eq!(unknown.end.unwrap_err(), Refused::Sasl);
    let scram = json!({"username": "kai", "password": "pencil", "saslMechanism": "SCRAM-SHA-256"});
    assert_eq!(register(server.port(), "mia", &scram).await.end.unwrap_err(), Refused::Capabilities);

    let taken = register(server.port(), "kay", &json!({})).await;
    assert_eq!(taken.end.unwrap_err(), Refused::Nicknames);
    let other = register(server.port(), "kay", &json!({"alternativeNicks": ["a.b", "kay_"]})).await;
    assert_eq!(other.end.unwrap().nick, "kay_");
    drop(known.stream);
}

#[tokio::test]
async fn where_there_is_no_sasl_nickserv_learns_the_password() {
    let server = InspIrcd::start().await.unwrap();
    server.register("kai", "pencil").await.unwrap();
    let object = json!({"password": "pencil", "sasl": false, "nickServ": true});
    let Registering { mut stream, end } = register(server.port(), "kai", &object).await;
    let registered = end.unwrap();
    assert!(!registered.authenticated);
    say(&mut stream, registered.identify.into_iter()).await;
    let known = async {
        let mut text = String::new();
        while !text.contains("You are now identified") {
            text.clear();
            assert_ne!(stream.read_line(&mut text).await.unwrap(), 0, "the server closed the connection");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), known).await.expect("NickServ answers");
}

#[tokio::test]
async fn a_server_with_a_password_wants_it_and_nothing_else() {
    let server = NgIrcd::start("door").await.unwrap();
    let known = register(server.port(), "kai", &json!({"serverPassword": "door"})).await;
    assert_eq!(known.end.unwrap().nick, "kai");
    let capable = register(server.port(), "kay", &json!({"serverPassword": "door", "ircv3": true})).await.end.unwrap();
    assert!(capable.caps.has("multi-prefix") && !capable.caps.has("batch"));
    let missing = register(server.port(), "mia", &json!({"serverPassword": "door", "password": "x"})).await;
    assert_eq!(missing.end.unwrap_err(), Refused::Capabilities);
    let unknown = register(server.port(), "lou", &json!({"serverPassword": "wrong"})).await.end.unwrap_err();
    assert!(matches!(unknown, Refused::Password | Refused::Proxy { .. }), "{unknown:?}");
}
