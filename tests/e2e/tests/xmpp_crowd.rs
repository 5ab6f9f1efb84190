//! XMPP, with twenty in a room of a real server: all that two of them say to each other reaches everybody, in order.

use footbridge_e2e::xmpp::{PASSWORD, Sailor, message, target};
use footbridge_testkit::{
    gateway::Gateway,
    xmpp::{Server, Software, User},
};
use futures_util::{StreamExt as _, future::join_all, stream};
use serde_json::json;

const ROOM: &str = "deck@muc.x.example";
/// Actors in the room, each with a session and a worker of its own.
const CREW: usize = 20;
/// What each of two of them says.
const MESSAGES: usize = 500;
/// Sessions that are opened at the same time.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn all_that_two_say_to_each_other_reaches_the_whole_room_in_order() {
    let server = Server::start(Software::Prosody).await.expect("Prosody");
    let settings = json!({
        "platforms": ["xmpp"],
        "logging": {"level": "warn"},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0},
        "packageConfig": {"@sockethub/platform-xmpp": {"certificateAuthorities": server.authority()}}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    for nth in 0..CREW {
        server.register(&format!("sailor{nth}"), PASSWORD).await.expect("an account");
    }
    server.register("owner", PASSWORD).await.expect("an account");
    let _owner = open_room(&server).await;
    let mut crew: Vec<Sailor> = stream::iter(0..CREW)
        .map(|nth| aboard(&gateway, format!("sailor{nth}"), server.port()))
        .buffered(AT_ONCE)
        .collect()
        .await;
    assert_eq!(gateway.workers().len(), CREW);
    let asked = join_all(crew[..2].iter_mut().map(says_all)).await;
    let heard = join_all(crew.iter_mut().map(hears_all));
    let answered = join_all(asked.into_iter().flatten().map(footbridge_testkit::socketio::Ack::value));
    let (answers, heard) = tokio::join!(answered, heard);
    for answer in answers {
        let answer = answer.expect("an answer");
        assert_eq!(answer.get("error"), None, "{answer}");
    }
    let said: Vec<_> = (0..MESSAGES).map(|nth| nth.to_string()).collect();
    for (sailor, [first, second]) in crew.iter().zip(heard) {
        assert_eq!((&first, &second), (&said, &said), "what {} heard", sailor.actor);
    }
}

/// Somebody who has opened the room, and stays in it.
async fn open_room(server: &Server) -> User {
    let mut owner = User::connect(server, "owner", PASSWORD, "raw").await.expect("connected");
    owner.join(ROOM, "owner").await.expect("a new room");
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>";
    owner.say(&format!("<iq type='set' id='owner-opens' to='{ROOM}'>{form}</iq>")).await.expect("said");
    owner.until("owner-opens").await.expect("an answer");
    owner
}

async fn aboard(gateway: &Gateway, user: String, port: u16) -> Sailor {
    let mut sailor = Sailor::connected(gateway, &user, port, json!({})).await;
    sailor.join(ROOM, &user).await;
    sailor
}

/// Says everything without waiting in between.
async fn says_all(speaker: &mut Sailor) -> Vec<footbridge_testkit::socketio::Ack> {
    let mut asked = Vec::with_capacity(MESSAGES);
    for nth in 0..MESSAGES {
        let send = json!({"type": "send", "target": target(ROOM), "object": message(&nth.to_string())});
        asked.push(speaker.asks(send).await);
    }
    asked
}

/// What either says, as it comes, up to the last of both.
async fn hears_all(sailor: &mut Sailor) -> [Vec<String>; 2] {
    let mut heard = [Vec::with_capacity(MESSAGES), Vec::with_capacity(MESSAGES)];
    while heard.iter().any(|heard| heard.len() < MESSAGES) {
        let push = sailor.hears(|push| push["type"] == "send").await;
        let speaker = usize::from(push["actor"]["name"] == "sailor1");
        assert!(speaker == 1 || push["actor"]["name"] == "sailor0", "{push}");
        heard[speaker].push(push["object"]["content"].as_str().unwrap_or_default().to_owned());
    }
    heard
}
