//! IRC, as networks and operators see it: who is behind a connection, and which connections there are.

use footbridge_e2e::{
    error,
    irc::{Sailor, room},
    until,
};
use footbridge_testkit::{
    gateway::{Gateway, signal},
    irc::{InspIrcd, NgIrcd, Peer, User},
    request,
    socketio::Client,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A gateway behind a proxy, that introduces users to the server at `port` with `password`.
async fn harbour(port: u16, password: &str) -> Gateway {
    let network = json!({"password": password, "gateway": "hub"});
    let settings = json!({
        "credentialCheck": {"reconnectIpSource": "proxy"},
        "packageConfig": {"@sockethub/platform-irc": {"webirc": {format!("localhost:{port}"): network}}}
    });
    Gateway::start(settings).await.expect("a gateway")
}

/// Somebody whose browser is at `address`.
async fn from(gateway: &Gateway, nick: &str, address: &str) -> Sailor {
    let client = Client::connect_with(&gateway.address, &[("x-forwarded-for", address)]).await.expect("connected");
    Sailor { client, actor: format!("{nick}@localhost") }
}

#[tokio::test]
async fn a_network_that_trusts_the_gateway_sees_where_users_come_from() {
    let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
    let gateway = harbour(server.port(), server.webirc_password()).await;
    let mut watcher = User::connect(server.port(), "watcher").await.unwrap();
    watcher.say("JOIN #deck").await.unwrap();
    watcher.until(" 366 ").await.unwrap();
    for (nick, address, host) in
        [("kim", "203.0.113.9", "203.0.113.9"), ("lou", "2001:db8::7", "2001:db8::7"), ("max", "::5", "0::5")]
    {
        let mut sailor = from(&gateway, nick, address).await;
        let connected = sailor.connect(server.port(), json!({})).await;
        assert_eq!(connected.get("error"), None, "{connected}");
        sailor.join("#deck").await;
        let seen = watcher.until(" JOIN ").await.unwrap();
        assert!(seen.contains(&format!(":{nick}!")) && seen.contains(&format!("@{host} JOIN")), "{seen}");
    }
}

#[tokio::test]
async fn the_introduction_comes_before_everything_that_a_server_with_a_password_wants() {
    let server = NgIrcd::start("gangway").await.expect("ngIRCd");
    let gateway = harbour(server.port(), server.webirc_password()).await;
    let mut kim = from(&gateway, "kim", "203.0.113.9").await;
    let connected = kim.connect(server.port(), json!({"serverPassword": "gangway"})).await;
    assert_eq!(connected.get("error"), None, "{connected}");
    let whois = kim.succeeds(json!({
        "type": "query", "target": {"type": "person", "id": "kim@localhost", "name": "kim"}, "object": {"type": "whois"}
    }));
    let told = whois.await.to_string();
    assert!(told.contains("203.0.113.9"), "{told}");
}

#[tokio::test]
async fn a_user_is_the_same_to_the_network_after_a_lost_connection_and_after_a_lost_worker() {
    let peer = Peer::listen().await.unwrap();
    let gateway = harbour(peer.port(), "s3cret").await;
    let mut kim = from(&gateway, "kim", "203.0.113.9").await;
    let introduction = "WEBIRC s3cret hub 203.0.113.9 203.0.113.9";
    let (connected, first) = tokio::join!(kim.connect(peer.port(), json!({})), async {
        let mut conversation = peer.accept().await.unwrap();
        assert_eq!(conversation.line().await.unwrap().as_deref(), Some(introduction));
        conversation.register("").await.unwrap();
        conversation
    });
    assert_eq!(connected.get("error"), None, "{connected}");
    drop(first);
    let mut second = peer.accept().await.unwrap();
    assert_eq!(second.line().await.unwrap().as_deref(), Some(introduction));
    second.register("").await.unwrap();
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    signal(worker, "KILL").unwrap();
    let mut third = peer.accept().await.unwrap();
    assert_eq!(third.line().await.unwrap().as_deref(), Some(introduction));
}

/// What the gateway answers whoever asks it for the owner of a connection to `server`.
async fn ident(gateway: SocketAddr, client: SocketAddr, server: u16) -> String {
    let mut stream = TcpStream::connect(gateway).await.expect("ident");
    stream.write_all(format!("{}, {server}\r\n", client.port()).as_bytes()).await.expect("written");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("an answer");
    line
}

#[tokio::test]
async fn servers_that_ask_who_it_is_tell_users_apart_and_know_them_again() {
    let peer = Peer::listen().await.unwrap();
    let settings = json!({
        "credentialCheck": {"reconnectIpSource": "proxy"},
        "ident": {"listen": "127.0.0.1:0"},
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let listen: SocketAddr = gateway.listens("answering ident").parse().expect("an address");
    let mut names = Vec::new();
    let mut aboard = Vec::new();
    for (nick, address) in [("kim", "203.0.113.9"), ("lou", "203.0.113.10"), ("max", "203.0.113.9")] {
        let mut sailor = from(&gateway, nick, address).await;
        let (connected, conversation) = tokio::join!(sailor.connect(peer.port(), json!({})), async {
            let mut conversation = peer.accept().await.unwrap();
            let said = ident(listen, conversation.client, peer.port()).await;
            let asked = format!("{}, {} : USERID : UNIX : ", conversation.client.port(), peer.port());
            names.push(said.strip_prefix(&asked).expect("a name").trim_end().to_owned());
            conversation.register("").await.unwrap();
            conversation
        });
        assert_eq!(connected.get("error"), None, "{connected}");
        aboard.push((sailor, conversation));
    }
    assert_eq!(names[0], names[2]);
    assert_ne!(names[0], names[1]);
    assert!(!names.iter().any(|name| name.contains("203")), "{names:?}");
    // Nobody is behind a connection of others, and soon nobody behind one that has ended.
    let foreign = ident(listen, listen, peer.port()).await;
    assert!(foreign.ends_with(" : ERROR : NO-USER\r\n"), "{foreign}");
    let (kim, conversation) = aboard.remove(0);
    drop(conversation);
    let again = peer.accept().await.unwrap();
    let said = ident(listen, again.client, peer.port()).await;
    assert!(said.trim_end().ends_with(&names[0]), "{said}");
    drop(kim);
}

#[tokio::test]
async fn a_network_shows_the_name_that_it_was_told() {
    let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
    // Real servers ask on this port only, which takes a privilege.
    let listen = format!("{}:113", server.asks());
    if let Err(error) = TcpListener::bind(&listen).await {
        eprintln!("skipped: {listen} cannot be listened on: {error}");
        return;
    }
    let gateway = Gateway::start(json!({
        "ident": {"listen": listen},
        "packageConfig": {"@sockethub/platform-irc": {"localAddresses": [server.asks()]}}
    }));
    let gateway = gateway.await.expect("a gateway");
    let mut watcher = User::connect(server.port(), "watcher").await.unwrap();
    watcher.say("JOIN #deck").await.unwrap();
    watcher.until(" 366 ").await.unwrap();
    let mut kim = Sailor::connected(&gateway, "kim", server.port(), json!({})).await;
    kim.join("#deck").await;
    let seen = watcher.until(" JOIN ").await.unwrap();
    let name = seen.split_once('!').and_then(|(_, rest)| rest.split_once('@')).expect("user@host").0;
    let shown = name.strip_prefix('u').expect("a name that was told");
    assert!(shown.len() == 9 && shown.bytes().all(|byte| byte.is_ascii_hexdigit()), "{seen}");
}

#[tokio::test]
async fn connections_are_made_from_where_the_operator_says() {
    let peer = Peer::listen().await.unwrap();
    let settings = json!({
        "packageConfig": {"@sockethub/platform-irc": {"localAddresses": ["127.0.0.5"]}},
        "sandbox": {"mode": "required"}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let (_kim, conversation) = tokio::join!(Sailor::connected(&gateway, "kim", peer.port(), json!({})), async {
        let mut conversation = peer.accept().await.unwrap();
        conversation.register("").await.unwrap();
        conversation
    });
    assert_eq!(conversation.client.ip().to_string(), "127.0.0.5");
}

#[tokio::test]
async fn a_network_is_not_met_by_all_users_at_once() {
    let peer = Peer::listen().await.unwrap();
    // Two at once, and further ones a minute apart; without a name of its own there is no such rule.
    let habits = json!({"localhost": {"connectsAtOnce": 2, "connectIntervalMs": 60_000}});
    let settings = json!({
        "metrics": {"listen": "127.0.0.1:0"},
        "packageConfig": {"@sockethub/platform-irc": {"networks": habits, "connectTimeoutMs": 2000}}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut aboard = Vec::new();
    for (nick, server) in [("kim", "localhost"), ("lou", "localhost"), ("max", "127.0.0.1")] {
        let (sailor, conversation) =
            tokio::join!(Sailor::connected(&gateway, nick, peer.port(), json!({"server": server})), async {
                let mut conversation = peer.accept().await.unwrap();
                conversation.register("").await.unwrap();
                conversation
            });
        aboard.push((sailor, conversation));
    }
    let mut ned = Sailor::arrive(&gateway, "ned").await;
    let late = ned.connect(peer.port(), json!({})).await;
    assert_eq!(error(&late), "connection timeout to server.");
    let metrics = request::get(&gateway.listens("serving metrics"), "/metrics").await.expect("an answer").body;
    assert!(metrics.contains("sockethub_connect_delayed_total{platform=\"irc\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn what_the_operator_does_not_allow_is_not_connected_to() {
    let (allowed, other) = (Peer::listen().await.unwrap(), Peer::listen().await.unwrap());
    let lists = json!({"allow": [format!("localhost:{}", allowed.port()), "*:1"], "deny": ["[::1]", "*:1"]});
    let settings = json!({"packageConfig": {"@sockethub/platform-irc": {"egress": lists}}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let refusal = "error connecting to server: the gateway's setting egress does not allow it.";
    for (nick, port, server) in
        [("lou", other.port(), "localhost"), ("max", allowed.port(), "127.0.0.1"), ("ned", 1, "::1")]
    {
        let mut sailor = Sailor::arrive(&gateway, nick).await;
        let refused = sailor.connect(port, json!({"server": server})).await;
        assert_eq!(error(&refused), refusal, "{server}:{port}");
    }
    // The first to be accepted is who is let through.
    let (kim, mut conversation) = tokio::join!(Sailor::connected(&gateway, "kim", allowed.port(), json!({})), async {
        let mut conversation = allowed.accept().await.unwrap();
        assert_eq!(conversation.register("").await.unwrap(), "kim");
        conversation
    });
    let mut kim: Sailor = kim;
    let (joined, ()): (Value, ()) = tokio::join!(kim.does(json!({"type": "join", "target": room("#deck")})), async {
        conversation.hear("JOIN ").await.unwrap();
        conversation.say(":kim!kim@host JOIN #deck").await.unwrap();
        let ping = conversation.hear("PING ").await.unwrap();
        let token = ping.trim_start_matches("PING ").trim_start_matches(':');
        conversation.say(&format!(":irc.test PONG irc.test :{token}")).await.unwrap();
    });
    assert_eq!(joined.get("error"), None, "{joined}");
}

#[tokio::test]
async fn a_setting_that_means_nothing_is_named() {
    let settings = json!({"packageConfig": {"@sockethub/platform-irc": {"egress": {"deny": ["irc example"]}}}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let refused = kim.connect(1, json!({})).await;
    assert_ne!(error(&refused), "", "{refused}");
    until(|| gateway.log().contains("egress: 'irc example' is no host")).await;
}
