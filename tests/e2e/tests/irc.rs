//! IRC, on a real server with accounts: what users of a network do.

use footbridge_e2e::{
    error,
    irc::{Sailor, message, room},
};
use footbridge_testkit::{
    certificate::Certificate,
    gateway::Gateway,
    irc::{InspIrcd, NgIrcd, User},
};
use serde_json::{Value, json};

struct Harbour {
    gateway: Gateway,
    server: InspIrcd,
}

impl Harbour {
    async fn open() -> Self {
        let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
        Self { gateway: Gateway::start(json!({"platforms": ["irc"]})).await.expect("a gateway"), server }
    }

    async fn sailor(&self, nick: &str) -> Sailor {
        Sailor::connected(&self.gateway, nick, self.server.port(), json!({})).await
    }

    async fn crew<const N: usize>(&self, nicks: [&str; N]) -> Vec<Sailor> {
        let mut crew = Vec::new();
        for nick in nicks {
            let mut sailor = self.sailor(nick).await;
            sailor.join("#deck").await;
            crew.push(sailor);
        }
        crew
    }

    async fn raw(&self, nick: &str) -> User {
        User::connect(self.server.port(), nick).await.expect("connected")
    }
}

#[tokio::test]
async fn what_one_says_reaches_the_others_and_not_the_speaker() {
    // irc 1, 10, 12, 13
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob", "cat", "dan", "eve"]).await;
    let target = json!({"type": "room", "id": "#deck", "name": "#deck"});
    let again = crew[0].join("#deck").await;
    assert_eq!(again["target"], target);
    let said = crew[0].say("#deck", "all hands : on deck :now").await;
    assert_eq!((said.get("error"), &said["object"]["content"]), (None, &json!("all hands : on deck :now")));
    for sailor in &mut crew[1..] {
        // irc 21
        let heard = sailor.hears_said("all hands : on deck :now").await;
        assert_eq!(heard["actor"], json!({"type": "person", "id": "ann@localhost", "name": "ann"}));
        assert_eq!(heard["target"], json!({"type": "room", "id": "localhost/#deck", "name": "#deck"}));
        assert!(heard["published"].is_string(), "{heard}");
    }
    crew[1].say("#deck", "aye").await;
    let mut before = Vec::new();
    crew[0]
        .hears(|push| {
            before.push(push.clone());
            push["object"]["content"] == "aye"
        })
        .await;
    assert!(before.iter().all(|push| push["actor"]["id"] != "ann@localhost"), "{before:?}");
}

#[tokio::test]
async fn several_speak_at_once_and_each_gets_its_own_answer() {
    // irc 14
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob", "cat"]).await;
    let speak = crew.iter_mut().map(|sailor| async {
        let mut answers = Vec::new();
        for nth in 0..3 {
            let content = format!("{nth} of {}", sailor.actor);
            answers.push((sailor.say("#deck", &content).await, content));
        }
        (sailor.actor.clone(), answers)
    });
    for (actor, answers) in futures_util::future::join_all(speak).await {
        for (answer, content) in answers {
            assert_eq!(answer.get("error"), None, "{answer}");
            assert_eq!((&answer["object"]["content"], &answer["actor"]["id"]), (&json!(content), &json!(actor)));
        }
    }
}

#[tokio::test]
async fn actions_notices_and_slashes() {
    // irc 16, 17, 22
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob"]).await;
    assert_eq!(crew[0].say("#deck", "/me waves").await["object"]["content"], "/me waves");
    let waved = crew[1].hears(|push| push["type"] == "send").await;
    assert_eq!(waved["object"], json!({"type": "me", "content": "waves"}));
    crew[0].say("#deck", "see a/me b").await;
    assert_eq!(crew[1].hears_said("see a/me b").await["object"]["type"], "message");
    let mut raw = harbour.raw("lou").await;
    raw.say("JOIN #deck").await.unwrap();
    raw.until(" 366 ").await.unwrap();
    crew[0].say("#deck", "/notice mind the gap").await;
    raw.until("NOTICE #deck :mind the gap").await.expect("a notice");
    crew[0].say("#deck", "/quit now").await;
    raw.until("PRIVMSG #deck :/quit now").await.expect("no command is run");
    raw.say("PRIVMSG #deck :\u{1}ACTION nods\u{1}").await.unwrap();
    let nodded = crew[1].hears(|push| push["object"]["type"] == "me" && push["actor"]["name"] == "lou").await;
    assert_eq!(nodded["object"]["content"], "nods");
}

#[tokio::test]
async fn a_channel_that_was_not_joined_is_not_spoken_in_but_people_are_spoken_to() {
    // irc 15, 27
    let harbour = Harbour::open().await;
    let mut ann = harbour.sailor("ann").await;
    let unjoined = "cannot send message to a channel of which you've not first joined.";
    assert_eq!(error(&ann.say("#deck", "hello?").await), unjoined);
    ann.join("#deck").await;
    assert_eq!(ann.say("#deck", "hello").await.get("error"), None);
    ann.succeeds(json!({"type": "leave", "target": room("#deck")})).await;
    assert_eq!(error(&ann.say("#deck", "hello?").await), unjoined);
    let mut bob = harbour.sailor("bob").await;
    let to_bob = json!({"type": "person", "id": "bob@localhost", "name": "bob"});
    ann.succeeds(json!({"type": "send", "target": to_bob, "object": message("psst")})).await;
    let heard = bob.hears_said("psst").await;
    assert_eq!(heard["target"], json!({"type": "person", "id": "localhost/bob", "name": "bob"}));
    // The name is derived from the id where it is missing.
    let nameless = json!({"type": "person", "id": "bob@localhost"});
    ann.succeeds(json!({"type": "send", "target": nameless, "object": message("again")})).await;
    bob.hears_said("again").await;
    let nobody = json!({"type": "person", "id": "nobody@localhost", "name": "nobody"});
    let lost = ann.does(json!({"type": "send", "target": nobody, "object": message("psst")})).await;
    assert!(error(&lost).contains("No such nick"), "{lost}");
}

#[tokio::test]
async fn a_topic_arrives_whole_and_later_ones_learn_it() {
    // irc 18, 23
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob"]).await;
    let topic = json!({"type": "topic", "content": "ships and tides : today"});
    crew[0].succeeds(json!({"type": "update", "target": room("#deck"), "object": topic})).await;
    let told = crew[1].hears(|push| push["object"]["type"] == "topic" && push.get("target").is_some()).await;
    assert_eq!((&told["object"], &told["actor"]["name"]), (&topic, &json!("ann")));
    let mut cat = harbour.sailor("cat").await;
    cat.join("#deck").await;
    let told = cat.hears(|push| push["object"]["type"] == "topic" && push.get("target").is_some()).await;
    assert_eq!((&told["object"], &told["actor"]["id"]), (&topic, &json!("ann@localhost")));
    assert_eq!(told["target"]["id"], "localhost/#deck");
}

#[tokio::test]
async fn the_message_of_the_day_comes_once() {
    // irc 24
    let harbour = Harbour::open().await;
    let mut ann = harbour.sailor("ann").await;
    let today = ann.hears(|push| push["object"]["type"] == "topic").await;
    assert_eq!(today["actor"], json!({"type": "service", "id": "localhost", "name": "localhost"}));
    assert_eq!(today["object"]["content"], "Welcome to the harbour. - Mind the gap.");
}

#[tokio::test]
async fn who_is_there_is_told_with_roles() {
    // irc 20
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob", "cat"]).await;
    let mut raw = harbour.raw("lou").await;
    raw.say("JOIN #deck").await.unwrap();
    raw.until(" 366 ").await.unwrap();
    let bob = &mut crew[1];
    bob.hears(|push| push["type"] == "join" && push["actor"]["name"] == "lou").await;
    bob.succeeds(json!({"type": "query", "target": room("#deck"), "object": {"type": "attendance"}})).await;
    let mut roles = std::collections::BTreeMap::new();
    while roles.len() < 3 {
        let push = bob.hears(|push| push["object"]["type"] == "presence").await;
        roles.insert(push["actor"]["name"].as_str().unwrap().to_owned(), push["object"]["role"].clone());
    }
    let told: Vec<_> = roles.iter().map(|(name, role)| (&**name, role.as_str().unwrap())).collect();
    assert_eq!(told, [("ann", "owner"), ("cat", "member"), ("lou", "member")]);
    let nowhere = json!({"type": "person", "id": "bob@localhost", "name": "bob"});
    let refused = bob.does(json!({"type": "query", "target": nowhere, "object": {"type": "attendance"}})).await;
    assert_eq!(error(&refused), "cannot query attendance without a valid channel name");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words_to_who_asked() {
    // irc 11, 30
    let harbour = Harbour::open().await;
    let mut raw = harbour.raw("lou").await;
    raw.say("JOIN #bridge\r\nMODE #bridge +i").await.unwrap();
    raw.until("MODE #bridge :+i").await.unwrap();
    let mut crew = harbour.crew(["ann", "bob"]).await;
    let refused = crew[0].does(json!({"type": "join", "target": room("#bridge")})).await;
    assert!(error(&refused).contains("invite"), "{refused}");
    assert_eq!(crew[0].say("#deck", "still here").await.get("error"), None);
    crew[1].hears_said("still here").await;
    let topic = json!({"type": "topic", "content": "mutiny"});
    let refused = crew[0].does(json!({"type": "update", "target": room("#bridge"), "object": topic})).await;
    assert!(error(&refused).to_lowercase().contains("not on"), "{refused}");
    let announced = crew[0].does(json!({"type": "announce", "target": room("#deck"), "object": message("x")})).await;
    assert_eq!(error(&announced), "platform method announce not available");
}

#[tokio::test]
async fn another_nick_is_another_actor() {
    // irc 19
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann", "bob"]).await;
    let target = |nick: &str| json!({"type": "person", "id": format!("{nick}@localhost"), "name": nick});
    let taken = crew[0].does(json!({"type": "update", "target": target("bob"), "object": {"type": "address"}})).await;
    assert!(error(&taken).contains("in use"), "{taken}");
    assert_eq!(crew[0].say("#deck", "still ann").await.get("error"), None);
    crew[0].succeeds(json!({"type": "update", "target": target("anna"), "object": {"type": "address"}})).await;
    let told = crew[1].hears(|push| push["object"]["type"] == "address").await;
    assert_eq!((&told["actor"]["id"], &told["target"]["id"]), (&json!("ann@localhost"), &json!("anna@localhost")));
    crew[0].actor = "anna@localhost".to_owned();
    assert_eq!(crew[0].say("#deck", "now anna").await.get("error"), None);
    assert_eq!(crew[1].hears_said("now anna").await["actor"]["id"], "anna@localhost");
}

#[tokio::test]
async fn a_taken_nick_is_told_and_its_owner_undisturbed() {
    // irc 5
    let harbour = Harbour::open().await;
    let mut crew = harbour.crew(["ann"]).await;
    let mut twin = Sailor::arrive(&harbour.gateway, "twin").await;
    let refused = twin.connect(harbour.server.port(), json!({"nick": "ann"})).await;
    assert_eq!(error(&refused), "unable to connect to server: nicknames unavailable");
    assert_eq!(crew[0].say("#deck", "still here").await.get("error"), None);
}

#[tokio::test]
async fn another_nick_than_the_wanted_one_is_told_and_given_back() {
    let harbour = Harbour::open().await;
    let mut ann = harbour.raw("ann").await;
    let mut twin = Sailor::arrive(&harbour.gateway, "twin").await;
    let credentials = json!({"nick": "ann", "alternativeNicks": ["ann_"]});
    let connected = twin.connect(harbour.server.port(), credentials).await;
    assert_eq!(connected.get("error"), None, "{connected}");
    let told = twin.hears(|push| push["object"]["type"] == "address").await;
    assert_eq!((&told["actor"]["id"], &told["target"]["id"]), (&json!("ann@localhost"), &json!("ann_@localhost")));
    let mut lou = harbour.raw("lou").await;
    lou.say("JOIN #deck").await.unwrap();
    lou.until(" 366 ").await.unwrap();
    twin.join("#deck").await;
    assert!(lou.until(" JOIN ").await.unwrap().starts_with(":ann_!"));
    // Its owner leaves, and it is taken back.
    ann.say("QUIT").await.unwrap();
    let again = twin.hears(|push| push["object"]["type"] == "address").await;
    assert_eq!((&again["actor"]["id"], &again["target"]["id"]), (&json!("ann_@localhost"), &json!("ann@localhost")));
    assert!(lou.until(" NICK ").await.unwrap().ends_with("ann"));
}

#[tokio::test]
async fn accounts_log_in_with_sasl_and_wrong_passwords_do_not() {
    // irc 2, 4
    let harbour = Harbour::open().await;
    harbour.server.register("kim", "right-password").await.expect("an account");
    let port = harbour.server.port();
    let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
    let refused = kim.connect(port, json!({"password": "wrong-password"})).await;
    assert_eq!(error(&refused), "unable to connect to server: sasl authentication failed");
    let mut lou = Sailor::connected(&harbour.gateway, "lou", port, json!({})).await;
    let mut kim = Sailor::connected(&harbour.gateway, "kim", port, json!({"password": "right-password"})).await;
    kim.join("#deck").await;
    lou.join("#deck").await;
    let mut raw = harbour.raw("raw").await;
    raw.say("WHOIS kim").await.unwrap();
    raw.until(" 330 ").await.expect("logged in");
}

#[tokio::test]
async fn two_tabs_of_one_account_share_a_connection() {
    // irc 6
    let harbour = Harbour::open().await;
    harbour.server.register("kim", "right-password").await.expect("an account");
    let port = harbour.server.port();
    let (mut one, mut two) =
        (Sailor::arrive(&harbour.gateway, "kim").await, Sailor::arrive(&harbour.gateway, "kim").await);
    let password = json!({"password": "right-password"});
    let (first, second) = tokio::join!(one.connect(port, password.clone()), two.connect(port, password));
    assert_eq!((first.get("error"), second.get("error")), (None, None), "{first} {second}");
    assert_eq!(harbour.gateway.workers().len(), 1);
    one.join("#deck").await;
    assert_eq!(two.say("#deck", "from the other tab").await.get("error"), None);
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_refused_unless_that_is_allowed() {
    // irc 8
    let harbour = Harbour::open().await;
    let port = harbour.server.tls_port();
    let mut ann = Sailor::arrive(&harbour.gateway, "ann").await;
    let refused = ann.connect(port, json!({"secure": true})).await;
    assert_eq!(error(&refused), "error connecting to server.");
    let lax = json!({"secure": true, "allowInvalidCert": true});
    let mut ann = Sailor::connected(&harbour.gateway, "ann", port, lax).await;
    ann.join("#deck").await;
    assert_eq!(ann.say("#deck", "in private").await.get("error"), None);
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let harbour = Harbour::open().await;
    harbour.server.register("kim", "right-password").await.expect("an account");
    let own = Certificate::for_names(&["DNS:kim.example"]).expect("a certificate");
    let print = fingerprint(&own);
    let mut raw = harbour.raw("kim").await;
    raw.say("PRIVMSG NickServ :IDENTIFY right-password").await.unwrap();
    raw.until("You are now").await.unwrap();
    raw.say(&format!("PRIVMSG NickServ :CERT ADD {print}")).await.unwrap();
    raw.until("Added").await.unwrap();
    raw.say("QUIT").await.unwrap();
    let text = |file: std::path::PathBuf| Certificate::text(&file).expect("PEM");
    let mine = json!({
        "secure": true, "allowInvalidCert": true, "saslMechanism": "EXTERNAL",
        "clientCertificate": text(own.certificate()), "clientKey": text(own.key()), "nick": "kimberly", "username": "kim"
    });
    Sailor::connected(&harbour.gateway, "kimberly", harbour.server.tls_port(), mine).await;
    let mut raw = harbour.raw("raw").await;
    raw.say("WHOIS kimberly").await.unwrap();
    raw.until(" 330 raw kimberly kim ").await.expect("logged in");
}

/// What the server knows a certificate by.
fn fingerprint(certificate: &Certificate) -> String {
    #[expect(clippy::disallowed_methods, reason = "openssl is a program")]
    let said = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-md5", "-in"])
        .arg(certificate.certificate())
        .output()
        .expect("openssl is installed");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.rsplit('=').next().unwrap_or_default().trim().replace(':', "").to_lowercase()
}

#[tokio::test]
async fn after_a_disconnect_one_may_connect_again() {
    // irc 26
    let harbour = Harbour::open().await;
    let mut ann = harbour.sailor("ann").await;
    let mut raw = harbour.raw("lou").await;
    raw.say("JOIN #deck").await.unwrap();
    ann.join("#deck").await;
    raw.until("ann!").await.unwrap();
    ann.succeeds(json!({"type": "disconnect"})).await;
    raw.until("QUIT").await.expect("it leaves in good manners");
    ann.succeeds(json!({"type": "connect"})).await;
    ann.join("#deck").await;
    raw.until("JOIN").await.expect("it is there again");
    assert_eq!(ann.say("#deck", "back").await.get("error"), None);
}

#[tokio::test]
async fn a_server_with_a_password_and_without_capabilities() {
    let server = NgIrcd::start("sesame").await.expect("ngIRCd");
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut kim = Sailor::arrive(&gateway, "kim").await;
    let refused = kim.connect(server.port(), json!({})).await;
    assert!(error(&refused).starts_with("unable to connect to server: "), "{refused}");
    let open = json!({"serverPassword": "sesame"});
    let mut kim = Sailor::connected(&gateway, "kim", server.port(), open.clone()).await;
    let mut lou = Sailor::connected(&gateway, "lou", server.port(), open).await;
    kim.join("#deck").await;
    lou.join("#deck").await;
    assert_eq!(kim.say("#deck", "old school").await.get("error"), None);
    lou.hears_said("old school").await;
}

#[tokio::test]
async fn what_is_long_or_has_several_lines_arrives_in_pieces_and_whole() {
    let harbour = Harbour::open().await;
    let mut ann = harbour.sailor("ann").await;
    ann.join("#deck").await;
    let mut raw = harbour.raw("lou").await;
    raw.say("JOIN #deck").await.unwrap();
    raw.until(" 366 ").await.unwrap();
    let words = "äöü ".repeat(200);
    let long = json!({"type": "message", "content": format!("{words}\nover and out"), "multiline": true});
    ann.succeeds(json!({"type": "send", "target": room("#deck"), "object": long})).await;
    let mut heard = String::new();
    loop {
        let line = raw.until("PRIVMSG #deck :").await.expect("a piece");
        let piece = line.split_once(" :").map(|(_, piece)| piece).unwrap_or_default();
        if piece == "over and out" {
            break;
        }
        heard.push_str(piece.trim_end());
        heard.push(' ');
    }
    assert_eq!(heard.trim_end(), words.trim_end());
}

#[tokio::test]
async fn line_ends_in_names_are_refused_and_nothing_is_written() {
    // irc 9, 28
    let harbour = Harbour::open().await;
    let broken = "IRC values must not contain CR or LF characters";
    let mut crew = harbour.crew(["ann", "bob"]).await;
    let bad: [Value; 3] = [
        json!({"type": "join", "target": {"type": "room", "id": "#x", "name": "#x\r\nQUIT"}}),
        json!({"type": "leave", "target": {"type": "room", "id": "#x", "name": "#deck\nQUIT"}}),
        json!({"type": "update", "target": room("#deck"), "object": {"type": "topic", "content": "a\r\nQUIT"}}),
    ];
    for activity in bad {
        assert_eq!(error(&crew[0].does(activity).await), broken);
    }
    assert_eq!(crew[0].say("#deck", "still here").await.get("error"), None);
    crew[1].hears_said("still here").await;
    let mut eve = Sailor::arrive(&harbour.gateway, "eve").await;
    let refused = eve.connect(1, json!({"nick": "eve\r\nQUIT"})).await;
    assert_eq!(error(&refused), broken, "before any connection: nobody listens on that port");
}
