//! IRC, with a server that says what the story says: what real ones do rarely, and what hostile ones do.

#![expect(clippy::unwrap_used, reason = "tests")]

use footbridge_e2e::{
    error,
    irc::{Sailor, message, room},
    until,
};
use footbridge_testkit::{
    gateway::{Gateway, signal},
    irc::{Conversation, Peer},
};
use serde_json::{Value, json};

async fn harbour(settings: Value) -> (Gateway, Peer) {
    let gateway = Gateway::start(json!({"packageConfig": {"@sockethub/platform-irc": settings}})).await;
    (gateway.expect("a gateway"), Peer::listen().await.expect("a port"))
}

/// Somebody who is connected, and the server's side of it.
async fn aboard(gateway: &Gateway, peer: &Peer, object: Value) -> (Sailor, Conversation) {
    let offered = "message-tags server-time batch labeled-response echo-message draft/chathistory";
    let (sailor, conversation) = tokio::join!(Sailor::connected(gateway, "kim", peer.port(), object), async {
        let mut conversation = peer.accept().await.unwrap();
        conversation.register(offered).await.unwrap();
        conversation
    });
    (sailor, conversation)
}

/// Lets the server confirm a `JOIN` and answer what fences it.
async fn joined(conversation: &mut Conversation, channel: &str) {
    conversation.hear("JOIN ").await.unwrap();
    conversation.say(&format!(":kim!kim@host JOIN {channel}")).await.unwrap();
    fence(conversation).await;
}

/// Answers the next `PING`.
async fn fence(conversation: &mut Conversation) {
    let ping = conversation.hear("PING ").await.unwrap();
    let token = ping.trim_start_matches("PING ").trim_start_matches(':');
    conversation.say(&format!(":irc.test PONG irc.test :{token}")).await.unwrap();
}

#[tokio::test]
async fn in_the_clear_and_without_a_secret_nothing_is_negotiated() {
    // irc 1
    let (gateway, peer) = harbour(json!({})).await;
    let (_sailor, ()) = tokio::join!(Sailor::connected(&gateway, "kim", peer.port(), json!({})), async {
        let mut conversation = peer.accept().await.unwrap();
        let mut said = vec![conversation.line().await.unwrap().unwrap(), conversation.line().await.unwrap().unwrap()];
        said.sort();
        assert_eq!(said, ["NICK kim", "USER kim 8 * :kim"]);
        conversation.welcome("kim").await.unwrap();
        std::mem::forget(conversation);
    });
}

/// Plays a server with SASL to the end of the exchange: what it was sent, and what it says to `verdict`.
async fn sasl(peer: &Peer, mechanism: &str, verdict: &str) -> (Vec<String>, Conversation) {
    let mut conversation = peer.accept().await.unwrap();
    conversation.hear("CAP LS").await.unwrap();
    conversation.say(":irc.test CAP * LS :sasl").await.unwrap();
    conversation.hear("CAP REQ").await.unwrap();
    conversation.say(":irc.test CAP * ACK :sasl").await.unwrap();
    assert_eq!(conversation.hear("AUTHENTICATE").await.unwrap(), format!("AUTHENTICATE {mechanism}"));
    conversation.say(":irc.test AUTHENTICATE +").await.unwrap();
    let mut payload = vec![conversation.hear("AUTHENTICATE").await.unwrap()];
    if mechanism == "OAUTHBEARER" && verdict.contains("904") {
        conversation.say("AUTHENTICATE eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=").await.unwrap();
        payload.push(conversation.hear("AUTHENTICATE").await.unwrap());
    }
    conversation.say(verdict).await.unwrap();
    if verdict.contains("903") {
        conversation.hear("CAP END").await.unwrap();
        conversation.welcome("kim").await.unwrap();
    }
    (payload, conversation)
}

#[tokio::test]
async fn sasl_says_what_the_mechanism_wants() {
    // irc 2, 3, 4
    let (gateway, peer) = harbour(json!({})).await;
    let welcome = ":irc.test 903 kim :SASL authentication successful";
    let wrong = ":irc.test 904 kim :SASL authentication failed";
    let failed = "unable to connect to server: sasl authentication failed";
    let bearer = "AUTHENTICATE biwsAWF1dGg9QmVhcmVyIHRva2VuAQE=";
    let oauth = json!({"token": "token", "saslMechanism": "OAUTHBEARER"});
    let stories = [
        ("kim", "PLAIN", json!({"password": "secret"}), welcome, None, vec!["AUTHENTICATE a2ltAGtpbQBzZWNyZXQ="]),
        ("lou", "PLAIN", json!({"token": "secret"}), wrong, Some(failed), vec!["AUTHENTICATE bG91AGxvdQBzZWNyZXQ="]),
        ("max", "OAUTHBEARER", oauth.clone(), welcome, None, vec![bearer]),
        ("ned", "OAUTHBEARER", oauth, wrong, Some(failed), vec![bearer, "AUTHENTICATE AQ=="]),
    ];
    for (nick, mechanism, object, verdict, failure, payload) in stories {
        let mut sailor = Sailor::arrive(&gateway, nick).await;
        let (answer, (said, mut conversation)) =
            tokio::join!(sailor.connect(peer.port(), object), sasl(&peer, mechanism, verdict));
        assert_eq!(said, payload);
        assert_eq!(answer.get("error").and_then(Value::as_str), failure, "{answer}");
        if failure.is_some() {
            conversation.hear("QUIT").await.unwrap();
            conversation.closed().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_the_contract_refuses_is_refused_before_any_connection() {
    // irc 7
    let (gateway, peer) = harbour(json!({})).await;
    let mut sailor = Sailor::arrive(&gateway, "kim").await;
    for (object, wording) in [
        (json!({"password": "a", "token": "b"}), "/object: must NOT be valid"),
        (json!({"password": "a", "saslMechanism": "FROB"}), "must be equal to one of the allowed values"),
        (json!({"password": "a", "saslMechanism": "OAUTHBEARER"}), "/object"),
        (json!({"password": ""}), "must NOT have fewer than 1 characters"),
        (json!({"host": "x"}), "/object: must NOT have additional properties: host"),
    ] {
        let refused = sailor.show(peer.port(), object).await;
        assert!(error(&refused).contains(wording), "{refused}");
    }
}

#[tokio::test]
async fn refusals_and_silence_have_the_contracts_words() {
    let (gateway, peer) = harbour(json!({"connectTimeoutMs": 400})).await;
    let nobody = Peer::listen().await.unwrap().port();
    for (said, words) in [
        (":irc.test 433 * kim :Nickname is already in use", "unable to connect to server: nicknames unavailable"),
        (":irc.test 464 * :Password incorrect", "unable to connect to server: bad password"),
        ("ERROR :Closing Link: proxy", "unable to connect to server: bad proxy configuration"),
        ("", "connection timeout to server."),
        ("close", "unable to connect to server: socket ended"),
    ] {
        let mut sailor = Sailor::arrive(&gateway, "kim").await;
        let (answer, _conversation) = tokio::join!(sailor.connect(peer.port(), json!({})), async {
            let mut conversation = peer.accept().await.unwrap();
            conversation.hear("NICK").await.unwrap();
            if said == "close" {
                return None;
            }
            conversation.say(said).await.unwrap();
            Some(conversation)
        });
        assert_eq!(error(&answer), words);
    }
    let mut sailor = Sailor::arrive(&gateway, "kim").await;
    assert_eq!(error(&sailor.connect(nobody, json!({})).await), "error connecting to server.");
}

#[tokio::test]
async fn a_second_join_is_answered_without_traffic_and_members_are_asked_for_once() {
    // irc 10, 20
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let (_, ()) = tokio::join!(kim.join("#deck"), joined(&mut server, "#deck"));
    kim.join("#deck").await;
    kim.succeeds(json!({"type": "query", "target": room("#deck"), "object": {"type": "attendance"}})).await;
    let next = server.line().await.unwrap().unwrap();
    assert!(next.starts_with("NAMES #deck"), "{next}");
    kim.succeeds(json!({"type": "disconnect"})).await;
    let rest = server.hear("QUIT").await.unwrap();
    assert!(rest.starts_with("QUIT"), "{rest}");
    server.closed().await.unwrap();
}

#[tokio::test]
async fn a_tagged_line_is_understood_and_dated_by_the_server() {
    // irc 29
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({"ircv3": true})).await;
    server.say("@time=2020-01-02T03:04:05.678Z;x=\\:\\s :lou!l@h PRIVMSG #deck :a : b :c").await.unwrap();
    let heard = kim.hears_said("a : b :c").await;
    assert_eq!(heard["published"], "2020-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn a_lost_connection_fails_what_waits_and_is_made_again_with_its_channels() {
    // irc 25
    let (gateway, peer) = harbour(json!({})).await;
    let wanted = json!({"extensions": ["connection"]});
    let (mut kim, mut server) = aboard(&gateway, &peer, wanted).await;
    let (_, ()) = tokio::join!(kim.join("#deck"), async {
        let join = server.hear("@").await.unwrap();
        let label = join.trim_start_matches("@label=").split(' ').next().unwrap().to_owned();
        server.say(&format!("@label={label} :kim!kim@host JOIN #deck")).await.unwrap();
    });
    let (lost, ()) = tokio::join!(kim.say("#deck", "is anybody there"), async {
        server.hear("@").await.unwrap();
        drop(server);
    });
    assert_eq!(error(&lost), "connection to server closed.");
    let gone = kim.hears(|push| push["object"]["code"] == "disconnected").await;
    assert_eq!(gone["object"]["content"], "connection to server closed.");
    let mut server = peer.accept().await.unwrap();
    server.register("").await.unwrap();
    assert_eq!(server.hear("JOIN").await.unwrap(), "JOIN #deck");
    server.say(":kim!kim@host JOIN #deck").await.unwrap();
    kim.hears(|push| push["object"]["code"] == "connected").await;
    let (said, ()) = tokio::join!(kim.say("#deck", "back again"), async {
        server.hear("PRIVMSG #deck :back again").await.unwrap();
        fence(&mut server).await;
    });
    assert_eq!(said.get("error"), None, "{said}");
}

#[tokio::test]
async fn without_reconnection_a_new_connect_really_connects() {
    // irc 25
    let (gateway, peer) = harbour(json!({"reconnect": false})).await;
    let (mut kim, server) = aboard(&gateway, &peer, json!({})).await;
    drop(server);
    let (connected, _server) = tokio::join!(
        async {
            loop {
                // Until the loss has been noticed, the connection counts as standing.
                let said = kim.say("#deck", "x").await;
                if error(&said).contains("uninitialized") || error(&said).contains("connection to server closed") {
                    break;
                }
            }
            kim.does(json!({"type": "connect"})).await
        },
        async {
            let mut server = peer.accept().await.unwrap();
            server.register("").await.unwrap();
            server
        }
    );
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn history_is_an_answer_and_no_push() {
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({"ircv3": true})).await;
    let query = json!({"type": "query", "target": room("#deck"), "object": {"type": "history", "limit": 2}});
    let (answer, ()) = tokio::join!(kim.does(query), async {
        let asked = server.hear("@label=").await.unwrap();
        assert!(asked.contains(" CHATHISTORY LATEST #deck * 2"), "{asked}");
        let label = asked.trim_start_matches("@label=").split(' ').next().unwrap().to_owned();
        server
            .say(&format!(
                "@label={label} :irc.test BATCH +1 chathistory #deck\r\n\
                 @batch=1;time=2020-01-02T03:04:05.000Z;msgid=a :lou!l@h PRIVMSG #deck :one\r\n\
                 @batch=1;time=2020-01-02T03:04:06.000Z;msgid=b :lou!l@h PRIVMSG #deck :two\r\n\
                 :irc.test BATCH -1\r\n:lou!l@h PRIVMSG #deck :live"
            ))
            .await
            .unwrap();
    });
    assert_eq!((&answer["type"], &answer["totalItems"]), (&json!("collection"), &json!(2)), "{answer}");
    assert_eq!(answer["items"][0]["object"]["content"], "one");
    assert_eq!(answer["items"][1]["published"], "2020-01-02T03:04:06.000Z");
    let mut heard = Vec::new();
    kim.hears(|push| {
        heard.push(push["object"]["content"].clone());
        push["object"]["content"] == "live"
    })
    .await;
    assert!(!heard.contains(&json!("one")), "{heard:?}");
}

/// Memory of a worker that is its own, in bytes.
fn memory(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
}

#[tokio::test]
async fn whatever_a_hostile_server_sends_its_user_can_go_on_and_memory_stays_bounded() {
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({"ircv3": true})).await;
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    let tags = format!("@{} :lou!l@h PRIVMSG #deck :tags\r\n", "a=b;".repeat(200_000));
    let bombs: Vec<Vec<u8>> = vec![
        vec![b'x'; 8 * 1024 * 1024],
        b"\r\n\0\r\n\n\n:\r\n@\r\n \r\n:a\r\n\xff\xfe\r\n".to_vec(),
        tags.into_bytes(),
        format!(":irc.test 372 kim :- {}\r\n", "m".repeat(400)).repeat(20_000).into_bytes(),
        (0..10_000).flat_map(|nth| format!(":u{nth}!u@h JOIN #c{nth}\r\n").into_bytes()).collect(),
        (0..20_000).flat_map(|nth| format!(":irc.test BATCH +b{nth} x\r\n").into_bytes()).collect(),
        (0..20_000).flat_map(|nth| format!(":irc.test 332 kim #t{nth} :topic\r\n").into_bytes()).collect(),
        ":irc.test 005 kim CHANMODES=, PREFIX=( LINELEN=0 NICKLEN=-1 CHANTYPES= :x\r\n".repeat(1000).into_bytes(),
        ":irc.test CAP kim LS * :a b c\r\n".repeat(20_000).into_bytes(),
    ];
    for bomb in bombs {
        let (heard, ()) = tokio::join!(kim.hears_said("still with us?"), async {
            server.write(&bomb).await.unwrap();
            server.say("\r\n:lou!l@h PRIVMSG kim :still with us?").await.unwrap();
        });
        assert_eq!(heard["actor"]["name"], "lou");
    }
    assert_eq!(gateway.workers(), [worker], "it has not been restarted");
    let held = memory(worker);
    assert!(held < 24 * 1024 * 1024, "{held} bytes");
}

#[tokio::test]
async fn a_flood_costs_those_only_whose_server_it_is() {
    let (gateway, peer) = harbour(json!({"lineIntervalMs": 0})).await;
    let (kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let quiet = Peer::listen().await.unwrap();
    let (mut lou, mut other) = tokio::join!(Sailor::connected(&gateway, "lou", quiet.port(), json!({})), async {
        let mut conversation = quiet.accept().await.unwrap();
        conversation.register("").await.unwrap();
        conversation
    });
    let flood = tokio::spawn(async move {
        let joins: Vec<_> = (0..1000).flat_map(|nth| format!(":u{nth}!u@h JOIN #c{nth}\r\n").into_bytes()).collect();
        while server.write(&joins).await.is_ok() {}
    });
    for nth in 0..20 {
        let text = format!("psst {nth}");
        let target = json!({"type": "person", "id": "max@localhost", "name": "max"});
        let (said, ()) =
            tokio::join!(lou.does(json!({"type": "send", "target": target, "object": message(&text)})), async {
                other.hear("PRIVMSG max :psst").await.unwrap();
                fence(&mut other).await;
            });
        assert_eq!(said.get("error"), None, "{said}");
        other.say(&format!(":max!m@h PRIVMSG lou :aye {nth}")).await.unwrap();
        lou.hears_said(&format!("aye {nth}")).await;
    }
    flood.abort();
    drop(kim);
}

#[tokio::test]
async fn negotiation_without_an_end_ends_at_the_deadline() {
    let (gateway, peer) = harbour(json!({"connectTimeoutMs": 600})).await;
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let (answer, ()) = tokio::join!(kim.connect(peer.port(), json!({"ircv3": true})), async {
        let mut server = peer.accept().await.unwrap();
        server.hear("CAP LS").await.unwrap();
        let chunk = ":irc.test CAP * LS * :vendor.example/a=b vendor.example/c\r\n".repeat(100);
        while server.write(chunk.as_bytes()).await.is_ok() {}
    });
    assert!(error(&answer).starts_with("connection timeout") || error(&answer).starts_with("unable to"), "{answer}");
}

#[tokio::test]
async fn a_private_message_needs_no_name_beside_the_id() {
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let target = json!({"type": "person", "id": "lou@localhost"});
    let (said, ()) =
        tokio::join!(kim.does(json!({"type": "send", "target": target, "object": message("psst")})), async {
            server.hear("PRIVMSG lou :psst").await.unwrap();
            fence(&mut server).await;
        });
    assert_eq!(said.get("error"), None, "{said}");
}

#[tokio::test]
async fn private_networks_can_be_closed_to_users() {
    let (gateway, peer) = harbour(json!({"allowPrivateAddresses": false})).await;
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let refused = kim.connect(peer.port(), json!({})).await;
    assert_eq!(error(&refused), "error connecting to server.");
    until(|| gateway.log().contains("blocked non-public address")).await;
}

#[tokio::test]
async fn a_gateway_that_stops_lets_its_users_leave_in_good_manners() {
    let (gateway, peer) = harbour(json!({})).await;
    let (_kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let (stopped, quit) = tokio::join!(gateway.stop(), server.hear("QUIT"));
    assert!(stopped.unwrap().success());
    assert!(quit.unwrap().starts_with("QUIT"));
    server.closed().await.unwrap();
}

#[tokio::test]
async fn a_worker_that_died_is_replaced_and_back_in_its_channels() {
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let (_, ()) = tokio::join!(kim.join("#deck"), joined(&mut server, "#deck"));
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    signal(worker, "KILL").unwrap();
    let mut server = peer.accept().await.unwrap();
    server.register("").await.unwrap();
    joined(&mut server, "#deck").await;
    server.say(":lou!l@h PRIVMSG #deck :welcome back").await.unwrap();
    kim.hears_said("welcome back").await;
}

#[tokio::test]
async fn a_connect_that_nobody_waits_for_any_more_leaves_no_connection() {
    let settings = json!({
        "jobs": {"connectTimeoutMs": 300},
        "packageConfig": {"@sockethub/platform-irc": {"connectTimeoutMs": 60000}}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let peer = Peer::listen().await.unwrap();
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let (answer, mut server) = tokio::join!(kim.connect(peer.port(), json!({})), async {
        let mut server = peer.accept().await.unwrap();
        server.hear("NICK").await.unwrap();
        server
    });
    assert!(error(&answer).contains("timed out"), "{answer}");
    server.closed().await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_read_can_be_left() {
    let settings = json!({
        "platforms": ["irc"],
        "jobs": {"timeoutMs": 500},
        "packageConfig": {"@sockethub/platform-irc": {"lineIntervalMs": 0}}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let peer = Peer::listen().await.unwrap();
    let (mut kim, _deaf) = aboard(&gateway, &peer, json!({})).await;
    let target = json!({"type": "person", "id": "lou@localhost", "name": "lou"});
    let long = format!("/me {}", "waves ".repeat(10_000));
    let send = json!({"type": "send", "target": target, "object": message(&long)});
    let mut told = 0;
    while kim.does(send.clone()).await.get("error").is_none() {
        told += 1;
        assert!(told < 1000, "somebody reads all this");
    }
    kim.succeeds(json!({"type": "disconnect"})).await;
    let (connected, _) = tokio::join!(kim.does(json!({"type": "connect"})), async {
        let mut server = peer.accept().await.unwrap();
        server.register("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn more_than_may_wait_is_refused_and_not_cut_off_in_silence() {
    let settings = json!({"platforms": ["irc"], "sockethub": {"maxPayloadBytes": 1_000_000}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let peer = Peer::listen().await.unwrap();
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let target = json!({"type": "person", "id": "lou@localhost", "name": "lou"});
    let long = json!({"type": "message", "content": "ahoy ".repeat(60_000)});
    let refused = kim.does(json!({"type": "send", "target": target, "object": long})).await;
    assert_eq!(error(&refused), "too much is waiting to be sent to the server");
    server.hear("PRIVMSG lou :ahoy").await.unwrap();
}

#[tokio::test]
async fn who_leaves_while_the_connection_is_away_does_not_come_back() {
    let (gateway, peer) = harbour(json!({})).await;
    let (mut kim, server) = aboard(&gateway, &peer, json!({"extensions": ["connection"]})).await;
    drop(server);
    kim.hears(|push| push["object"]["code"] == "disconnected").await;
    // core 4.4: only what ends it makes sense now.
    assert_eq!(error(&kim.say("#deck", "x").await), "send called on uninitialized platform");
    kim.succeeds(json!({"type": "disconnect"})).await;
    // There is nothing left that could be ended, and so nothing that could come back.
    assert_eq!(error(&kim.does(json!({"type": "disconnect"})).await), "disconnect called on uninitialized platform");
    let (connected, _server) = tokio::join!(kim.does(json!({"type": "connect"})), async {
        let mut server = peer.accept().await.unwrap();
        server.register("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn services_that_come_back_learn_who_we_are_without_a_new_connection() {
    let (gateway, peer) = harbour(json!({})).await;
    let object = json!({"password": "secret", "nickServ": true});
    let (_kim, mut server) = tokio::join!(Sailor::connected(&gateway, "kim", peer.port(), object), async {
        let mut server = peer.accept().await.unwrap();
        server.hear("CAP LS").await.unwrap();
        server.say(":irc.test CAP * LS :cap-notify").await.unwrap();
        server.hear("CAP END").await.unwrap();
        server.welcome("kim").await.unwrap();
        server
    });
    server.hear("PRIVMSG NickServ :IDENTIFY").await.unwrap();
    server.say(":irc.test CAP kim NEW :sasl=PLAIN").await.unwrap();
    assert_eq!(server.hear("CAP REQ").await.unwrap(), "CAP REQ :sasl");
    server.say(":irc.test CAP kim ACK :sasl").await.unwrap();
    assert_eq!(server.hear("AUTHENTICATE").await.unwrap(), "AUTHENTICATE PLAIN");
    server.say("AUTHENTICATE +").await.unwrap();
    assert_eq!(server.hear("AUTHENTICATE").await.unwrap(), "AUTHENTICATE a2ltAGtpbQBzZWNyZXQ=");
    server.say(":irc.test 903 kim :SASL authentication successful").await.unwrap();
    server.say(":irc.test CAP kim NEW :sasl=PLAIN\r\nPING :done").await.unwrap();
    assert_eq!(server.line().await.unwrap().as_deref(), Some("PONG :done"));
}
