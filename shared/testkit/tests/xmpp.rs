//! The servers for XMPP are what tests take them for.

use footbridge_testkit::xmpp::{Peer, ROOMS, Server, Software, User};

async fn pair(software: Software) -> (Server, User, User) {
    let server = Server::start(software).await.expect("a server");
    for user in ["kim", "lou"] {
        server.register(user, "ahoy-there").await.expect("an account");
    }
    let kim = User::connect(&server, "kim", "ahoy-there", "raw").await.expect("kim");
    let lou = User::connect(&server, "lou", "ahoy-there", "raw").await.expect("lou");
    (server, kim, lou)
}

async fn people_talk(software: Software) {
    let (mut server, mut kim, mut lou) = pair(software).await;
    kim.say("<message to='lou@x.example/raw' type='chat'><body>psst</body></message>").await.expect("said");
    let heard = lou.until("psst").await.expect("a message");
    assert!(heard.contains("kim@x.example/raw"), "{heard}");
    let room = format!("deck@{ROOMS}");
    kim.join(&room, "kim").await.expect("a new room");
    let ready = "<x xmlns='jabber:x:data' type='submit'/>";
    let owner = "http://jabber.org/protocol/muc#owner";
    kim.say(&format!("<iq type='set' id='kim-opens' to='{room}'><query xmlns='{owner}'>{ready}</query></iq>"))
        .await
        .expect("said");
    kim.until("kim-opens").await.expect("it is opened");
    lou.join(&room, "lou").await.expect("an open room");
    lou.say(&format!("<message to='{room}' type='groupchat'><body>all hands</body></message>")).await.expect("said");
    kim.until("all hands").await.expect("what is said in the room");
    for user in ["muc.x.example", "upload.x.example"] {
        kim.say(&format!(
            "<iq type='get' id='d-{user}' to='{user}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
        ))
        .await
        .expect("said");
        let told = kim.until(&format!("d-{user}")).await.expect("an answer");
        assert!(told.contains("<feature "), "{told}");
    }
    server.stop().await;
    kim.until("nothing more").await.expect_err("it has ended");
    server.restart().await.expect("it starts again");
    User::connect(&server, "kim", "ahoy-there", "raw").await.expect("the account is there");
}

#[tokio::test]
async fn people_talk_on_prosody() {
    people_talk(Software::Prosody).await;
}

#[tokio::test]
async fn people_talk_on_ejabberd() {
    people_talk(Software::Ejabberd).await;
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let (server, ..) = pair(Software::Prosody).await;
    assert!(User::connect(&server, "kim", "wrong", "raw").await.is_err());
}

#[tokio::test]
async fn nobody_connects_to_a_peer_that_is_gone() {
    let port = Peer::listen().await.expect("a port").port();
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
