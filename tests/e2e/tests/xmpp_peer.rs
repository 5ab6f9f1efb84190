//! XMPP, with a server that says what the story says: what real ones hardly say, and what hostile ones do.

use footbridge_e2e::{
    error,
    xmpp::{Sailor, gateway, gateway_with, message, person, target},
};
use footbridge_testkit::{
    certificate::Certificate,
    gateway::Gateway,
    xmpp::{Conversation, DOMAIN, Peer, attribute},
};
use serde_json::{Value, json};

/// A server's way to say that it has no stream any more.
const CLOSE: &str = "</stream:stream>";

async fn harbour() -> (Gateway, Peer) {
    (gateway("").await, Peer::listen().await.expect("a peer"))
}

/// kim, connected to the peer, and the peer's end of it.
async fn aboard(gateway: &Gateway, peer: &Peer, object: Value) -> (Sailor, Conversation) {
    aboard_as("kim", gateway, peer, object).await
}

async fn aboard_as(user: &str, gateway: &Gateway, peer: &Peer, object: Value) -> (Sailor, Conversation) {
    let mut sailor = Sailor::arrive(gateway, user).await;
    let (connected, server) = tokio::join!(sailor.connect(peer.port(), object), async {
        let mut server = peer.accept().await.expect("a client");
        server.take_for(user);
        server.log_in("").await.expect("logged in");
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
    (sailor, server)
}

/// What kim's `connect` is answered when the server does this.
async fn refused(gateway: &Gateway, peer: &Peer, serve: impl AsyncFnOnce(Conversation)) -> String {
    let mut kim = Sailor::arrive(gateway, "kim").await;
    let (answer, ()) = tokio::join!(kim.connect(peer.port(), json!({"server": "xmpp://127.0.0.1"})), async {
        serve(peer.accept().await.expect("a client")).await;
    });
    let text = error(&answer);
    assert!(text.starts_with("connection failed: "), "{text}");
    assert!(text.ends_with(&format!(". (service: xmpp://127.0.0.1:{})", peer.port())), "{text}");
    text.to_owned()
}

fn from_lou(body: &str) -> String {
    format!("<message from='lou@{DOMAIN}/raw' to='kim@{DOMAIN}/web' type='chat'><body>{body}</body></message>")
}

/// Waits until a push that was sent after everything else has arrived, and tells what came before it.
async fn pushes(kim: &mut Sailor, server: &mut Conversation) -> Vec<Value> {
    server.say(&from_lou("and that was all")).await.expect("said");
    let mut all = kim.hears_all_until(|push| push["object"]["content"] == "and that was all").await;
    all.pop();
    all
}

#[tokio::test]
async fn connecting_says_nothing_but_what_it_must() {
    // platforms.md 8.3, 8.6
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    kim.tell("lou@x.example/raw", "psst").await;
    let first = server.element().await.unwrap().expect("something");
    assert!(first.starts_with("<message") && first.contains("psst"), "no presence, no roster: {first}");
    assert_eq!(attribute(&first, "from"), None, "{first}");
    assert!(attribute(&first, "id").is_some_and(|id| !id.is_empty()), "{first}");
    server.say("<iq type='get' id='q1' from='x.example'><what xmlns='nobody:knows'/></iq>").await.unwrap();
    let answer = server.hear("q1").await.unwrap();
    assert!(answer.contains("service-unavailable") && attribute(&answer, "type") == Some("error"), "{answer}");
    assert_eq!(pushes(&mut kim, &mut server).await, [] as [Value; 0]);
}

#[tokio::test]
async fn presence_is_on_the_wire_what_it_says() {
    // xmpp 16, 17
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let update = |object: Value| json!({"type": "update", "object": object});
    kim.succeeds(update(json!({"type": "presence", "presence": "away", "content": "lunch & tea"}))).await;
    let away = server.hear("<presence").await.unwrap();
    assert!(away.contains("<show>away</show>") && away.contains("<status>lunch &amp; tea</status>"), "{away}");
    kim.succeeds(update(json!({"type": "presence", "presence": "online"}))).await;
    let online = server.hear("<presence").await.unwrap();
    assert!(!online.contains("<show") && attribute(&online, "type").is_none(), "{online}");
    kim.succeeds(update(json!({"type": "presence", "presence": "offline"}))).await;
    let offline = server.hear("<presence").await.unwrap();
    assert_eq!(attribute(&offline, "type"), Some("unavailable"), "{offline}");
}

#[tokio::test]
async fn answers_go_to_their_questions_and_nobody_elses() {
    // xmpp 19
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let rooms = ["a@muc.x.example", "b@muc.x.example"];
    let mut asked = Vec::new();
    for room in rooms {
        kim.succeeds(json!({"type": "query", "target": target(room), "object": {"type": "attendance"}})).await;
        let question = server.hear("disco#items").await.unwrap();
        assert_eq!((attribute(&question, "to"), attribute(&question, "type")), (Some(room), Some("get")), "{question}");
        asked.push(question);
    }
    let ids: Vec<_> = asked.iter().map(|question| attribute(question, "id").unwrap()).collect();
    assert!(ids.iter().all(|id| id.starts_with("attendance_")) && ids[0] != ids[1], "{ids:?}");
    let items = |name: &str| {
        format!("<query xmlns='http://jabber.org/protocol/disco#items'><item jid='x@y' name='{name}'/></query>")
    };
    // Neither a stranger's answer, nor one to a question that was not asked.
    let strange = format!("<iq type='result' id='{}' from='eve@x.example'>{}</iq>", ids[0], items("eve"));
    let unasked = format!("<iq type='result' id='attendance_1' from='{}'>{}</iq>", rooms[0], items("eve"));
    server.say(&format!("{strange}{unasked}")).await.unwrap();
    for (nth, name) in [(1, "bob"), (0, "ann")] {
        server.answer(&asked[nth], &items(name)).await.unwrap();
        let told = kim.hears(|push| push["object"]["type"] == "attendance").await;
        assert_eq!(told["actor"]["id"], rooms[nth]);
        assert_eq!(told["object"]["members"], json!([name]));
    }
    // An answer that came is not taken twice.
    server.answer(&asked[0], &items("eve")).await.unwrap();
    assert_eq!(pushes(&mut kim, &mut server).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_server_that_cannot_be_found_is_told_with_its_name() {
    // xmpp 22
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    kim.succeeds(json!({"type": "join", "target": target("deck@muc.nowhere.example")})).await;
    server.hear("muc.nowhere.example").await.unwrap();
    let condition = "<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
    server
        .say(&format!(
            "<presence type='error' from='deck@muc.nowhere.example/kim' to='kim@x.example/web'>\
             <error type='cancel'>{condition}</error></presence>"
        ))
        .await
        .unwrap();
    let told = kim.hears(|push| push.get("error").is_some()).await;
    assert_eq!(told["type"], "join");
    assert_eq!(error(&told), "remote server not found deck@muc.nowhere.example/kim");
}

#[tokio::test]
async fn another_connection_of_the_same_resource_ends_this_one_for_good() {
    // xmpp 23
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    server
        .say(&format!(
            "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
             <text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced by new connection</text></stream:error>{CLOSE}"
        ))
        .await
        .unwrap();
    let failed = kim.hears(|push| push["type"] == "connect").await;
    let text = "Connection failed: StreamError: conflict - Replaced by new connection. Manual reconnection required.";
    assert_eq!(error(&failed), text);
    assert_eq!(failed["object"], json!({"type": "connect", "status": "failed", "condition": "conflict"}));
    assert_eq!(failed["actor"], person("kim@x.example/web"));
    let told = kim.hears(|push| push["type"] == "error").await;
    assert_eq!(error(&told), "Replaced by new connection");
    assert_eq!(told["actor"], json!({"id": "unknown", "type": "person"}));
    assert_eq!(told["object"], json!({"type": "message", "condition": "conflict"}));
    // The next to connect is one who was asked to.
    let (connected, _server) = tokio::join!(kim.does(json!({"type": "connect"})), async {
        let mut server = peer.accept().await.unwrap();
        server.log_in("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_no_certificate() {
    let authority = Certificate::authority().expect("an authority");
    let gateway = gateway(&Certificate::text(&authority.certificate()).unwrap()).await;
    let peer = Peer::listen().await.unwrap();
    for names in [&["DNS:y.example"][..], &["DNS:localhost", "IP:127.0.0.1"]] {
        let other = authority.issue(names).unwrap();
        refused(&gateway, &peer, async |server| {
            server.secure(&other).await.map(drop).expect_err("the client hangs up");
        })
        .await;
    }
    let right = authority.issue(&["DNS:x.example"]).unwrap();
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let (connected, _server) = tokio::join!(kim.connect(peer.port(), json!({})), async {
        let mut server = peer.accept().await.unwrap().secure(&right).await.unwrap();
        server.log_in("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn a_server_that_never_finishes_is_given_up_in_time() {
    let gateway = gateway_with("", json!({"connectTimeoutMs": 700})).await;
    let peer = Peer::listen().await.unwrap();
    let quiet = refused(&gateway, &peer, async |mut server| {
        server.hear("<stream").await.unwrap();
        server.closed().await.unwrap();
    });
    quiet.await;
    // Features without end.
    refused(&gateway, &peer, async |mut server| {
        server.open("").await.unwrap();
        while server.say("<stream:features><a xmlns='b'/></stream:features>").await.is_ok() {}
    })
    .await;
}

#[tokio::test]
async fn what_no_stream_may_be_ends_the_attempt_and_is_told() {
    let (gateway, peer) = harbour().await;
    let header = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
    let bombs = [
        // An entity that would grow, one that would read a file, markup that no stream has, a page.
        format!("<!DOCTYPE s [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><stream:stream id='&b;' {header}>"),
        format!("<!DOCTYPE s SYSTEM 'file:///etc/passwd'><stream:stream {header}>"),
        format!("<stream:stream id='&unheard;' {header}>"),
        "<html><body>Not here</body></html>".to_owned(),
        "HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(),
    ];
    for bomb in bombs {
        refused(&gateway, &peer, async |mut server| {
            server.hear("<stream").await.unwrap();
            server.say(&bomb).await.unwrap();
            server.closed().await.unwrap();
        })
        .await;
    }
}

/// Sends the same bytes for ever, at most so many times; whether the client has hung up.
async fn flood(server: &mut Conversation, piece: &str, times: usize) -> bool {
    for _ in 0..times {
        if server.say(piece).await.is_err() {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_stanza_without_end_costs_its_own_user_only() {
    let (gateway, peer) = harbour().await;
    let other = Peer::listen().await.unwrap();
    let (mut lou, mut friendly) = aboard_as("lou", &gateway, &other, json!({})).await;
    let kibi = "x".repeat(1024);
    let deep = "<a>".repeat(1000);
    let attribute_without_end = format!("<message a='{kibi}");
    let name_without_end = format!("<{kibi}");
    let children = "<a/>".repeat(1000);
    for (begin, piece) in [
        ("<message><body>", &kibi),
        ("<message>", &deep),
        ("<message>", &children),
        (&attribute_without_end, &kibi),
        (&name_without_end, &kibi),
        ("", &"<!-- -->".repeat(100)),
    ] {
        let (mut kim, mut server) = aboard(&gateway, &peer, json!({"reconnect": false})).await;
        server.say(begin).await.unwrap();
        // 100 MiB or what is like it.
        assert!(flood(&mut server, piece, 100 * 1024 * 1024 / piece.len()).await, "{begin} was read to its end");
        kim.hears(|push| push["type"] == "connect" && push.get("error").is_some()).await;
        friendly
            .say("<message from='ann@x.example' to='lou@x.example/web'><body>still here</body></message>")
            .await
            .unwrap();
        lou.hears_said("still here").await;
    }
}

#[tokio::test]
async fn what_is_forged_does_not_become_truth() {
    let (gateway, peer) = harbour().await;
    let extensions = json!({"extensions": ["carbons", "roster", "connection"]});
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let (connected, mut server) = tokio::join!(kim.connect(peer.port(), extensions), async {
        let mut server = peer.accept().await.unwrap();
        server.log_in("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
    let forwarded = "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='lou@x.example/raw' \
                     to='kim@x.example/web' type='chat'><body>send money</body></message></forwarded>";
    for from in ["eve@x.example/raw", "kim@y.example", "x.example", "kim@x.example/phone", "kim@x.example.evil"] {
        for way in ["received", "sent"] {
            server
                .say(&format!(
                    "<message from='{from}' to='kim@x.example/web'><{way} xmlns='urn:xmpp:carbons:2'>{forwarded}</{way}>\
                     </message>"
                ))
                .await
                .unwrap();
        }
        let item = "<item jid='eve@x.example' subscription='both'/>";
        server
            .say(&format!(
                "<iq type='set' id='push-{from}' from='{from}'><query xmlns='jabber:iq:roster'>{item}</query></iq>"
            ))
            .await
            .unwrap();
        let history = "<result xmlns='urn:xmpp:mam:2' id='1'>";
        server
            .say(&format!("<message from='{from}' to='kim@x.example/web'>{history}{forwarded}</result></message>"))
            .await
            .unwrap();
    }
    let told = pushes(&mut kim, &mut server).await;
    assert!(told.iter().all(|push| !push.to_string().contains("money")), "{told:?}");
    assert!(told.iter().all(|push| !push.to_string().contains("eve@")), "{told:?}");
    // The same from whom it may come from is told.
    let carbon = format!("<received xmlns='urn:xmpp:carbons:2'>{forwarded}</received>");
    server.say(&format!("<message from='kim@x.example' to='kim@x.example/web'>{carbon}</message>")).await.unwrap();
    let heard = kim.hears_said("send money").await;
    assert_eq!(heard["actor"], person("lou@x.example/raw"));
}

#[tokio::test]
async fn a_server_that_asks_and_does_not_read_fills_nothing() {
    let (gateway, peer) = harbour().await;
    let (mut kim, mut deaf) = aboard(&gateway, &peer, json!({})).await;
    let question = format!("<iq type='get' id='1' from='{}@x.example'><q xmlns='n'/></iq>", "e".repeat(900));
    let questions = question.repeat(500);
    for _ in 0..40 {
        deaf.say(&questions).await.unwrap();
    }
    // It is there still, and can be left.
    assert_eq!(pushes(&mut kim, &mut deaf).await, [] as [Value; 0]);
    kim.does(json!({"type": "disconnect"})).await;
    let (connected, _server) = tokio::join!(kim.does(json!({"type": "connect"})), async {
        let mut server = peer.accept().await.unwrap();
        server.log_in("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
}

#[tokio::test]
async fn odd_stanzas_are_survived() {
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    for odd in [
        "<message/>",
        "<message from=''><body/></message>",
        "<message from='@'><body>who?</body></message>",
        "<presence from='not a jid@@'/>",
        "<presence from='lou@x.example/raw' type='unheard-of'/>",
        "<presence from='lou@x.example/raw'><show>sleeping</show><priority>many</priority></presence>",
        "<iq/>",
        "<iq type='result'/>",
        "<iq type='set' id=''/>",
        "<iq type='error' id='1'><error/></iq>",
        "<message type='error' from='lou@x.example'/>",
        "<message from='lou@x.example/raw' type='chat'><body>a</body><body>b</body><delay xmlns='urn:xmpp:delay' \
         stamp='yesterday'/></message>",
        "<what xmlns='nobody:knows'/>",
        "\n \n",
    ] {
        server.say(odd).await.unwrap();
    }
    pushes(&mut kim, &mut server).await;
    kim.tell("lou@x.example/raw", "still here").await;
    server.hear("still here").await.unwrap();
    assert!(!gateway.log().contains("panic"), "{}", gateway.log());
}

#[tokio::test]
async fn a_big_room_comes_in_few_pushes_to_who_wants_that() {
    let (gateway, peer) = harbour().await;
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let (connected, mut server) = tokio::join!(kim.connect(peer.port(), json!({"extensions": ["occupants"]})), async {
        let mut server = peer.accept().await.unwrap();
        server.log_in("").await.unwrap();
        server
    });
    assert_eq!(connected.get("error"), None, "{connected}");
    kim.succeeds(json!({"type": "join", "target": target("deck@muc.x.example")})).await;
    server.hear("deck@muc.x.example/kim").await.unwrap();
    let presence = |nick: &str, status: &str| {
        let item = format!("<item affiliation='member' role='participant'/>{status}");
        let user = format!("<x xmlns='http://jabber.org/protocol/muc#user'>{item}</x>");
        format!("<presence from='deck@muc.x.example/{nick}' to='kim@x.example/web'>{user}</presence>")
    };
    let crowd: String = (0..1000).fold(String::new(), |crowd, nth| crowd + &presence(&format!("sailor{nth}"), ""));
    server.say(&crowd).await.unwrap();
    server.say(&presence("kim", "<status code='110'/>")).await.unwrap();
    let (mut nicks, mut heard) = (std::collections::BTreeSet::new(), 0);
    while nicks.len() < 1001 {
        let push = kim.hears(|_| true).await;
        heard += 1;
        let single = [push["actor"]["id"].clone()];
        let many = push["object"]["items"].as_array().into_iter().flatten().map(|item| item["id"].clone());
        let ids: Vec<_> = if push["object"]["type"] == "occupants" { many.collect() } else { single.to_vec() };
        nicks.extend(ids.into_iter().map(|id| id.to_string()));
    }
    assert!(heard <= 20, "{heard} pushes");
}

#[tokio::test]
async fn a_message_that_cannot_be_delivered_comes_back_as_an_error() {
    let (gateway, peer) = harbour().await;
    let (mut kim, mut server) = aboard(&gateway, &peer, json!({})).await;
    let send = json!({"type": "send", "target": person("nobody@x.example"), "object": message("anybody?")});
    kim.succeeds(send).await;
    server.hear("anybody").await.unwrap();
    let condition = "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
    server
        .say(&format!(
            "<message type='error' from='nobody@x.example' to='kim@x.example/web' id='1'>\
             <error type='cancel'>{condition}</error></message>"
        ))
        .await
        .unwrap();
    let told = kim.hears(|push| push.get("error").is_some()).await;
    assert_eq!((&told["type"], &told["actor"]["type"]), (&json!("message"), &json!("room")));
    assert_eq!(told["target"], person("kim@x.example/web"));
    assert!(error(&told).starts_with("<error type=\"cancel\"") && error(&told).ends_with("</error>"), "{told}");
}
