//! XMPP, with twenty in a room of a real server: all that is said reaches everybody, in the order of whoever says it.

use std::collections::BTreeMap;

use footbridge_e2e::xmpp::{PASSWORD, Sailor, message, target};
use footbridge_testkit::{
    gateway::Gateway,
    socketio::Ack,
    xmpp::{Server, Software, User},
};
use futures_util::{StreamExt as _, future::join_all, stream};
use serde_json::json;

const ROOM: &str = "deck@muc.x.example";
/// Actors in the room, each with a session and a worker of its own.
const CREW: usize = 20;
/// What is said in all each way.
const MESSAGES: usize = 500;
/// Sessions that are opened at the same time.
const AT_ONCE: usize = 4;

struct Ship {
    _server: Server,
    gateway: Gateway,
    /// Stays in the room.
    _owner: User,
    crew: Vec<Sailor>,
}

impl Ship {
    async fn manned() -> Self {
        let server = Server::start(Software::Prosody).await.expect("Prosody");
        let settings = json!({
            "platforms": ["xmpp"],
            "logging": {"level": "warn"},
            "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0},
            "packageConfig": {"@sockethub/platform-xmpp": {"certificateAuthorities": server.authority()}}
        });
        let gateway = Gateway::start(settings).await.expect("a gateway");
        for nth in 0..CREW {
            server.register(&name(nth), PASSWORD).await.expect("an account");
        }
        server.register("owner", PASSWORD).await.expect("an account");
        let owner = open_room(&server).await;
        let crew = stream::iter(0..CREW).map(|nth| aboard(&gateway, name(nth), server.port()));
        let crew = crew.buffered(AT_ONCE).collect().await;
        Self { _server: server, gateway, _owner: owner, crew }
    }
}

fn name(nth: usize) -> String {
    format!("sailor{nth}")
}

/// Texts with a number, by who says them.
type Said = BTreeMap<String, Vec<String>>;

/// `count` texts of somebody.
fn texts(word: &str, count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("{word} {nth}")).collect()
}

#[tokio::test]
async fn all_that_twenty_say_reaches_each_of_them_in_order() {
    let mut ship = Ship::manned().await;
    assert_eq!(ship.gateway.workers().len(), CREW);
    let texts = texts("ahoy", MESSAGES / CREW);
    let asked = join_all(ship.crew.iter_mut().map(|sailor| says_all(sailor, &texts))).await;
    let heard = join_all(ship.crew.iter_mut().map(|sailor| hears(sailor, MESSAGES, "")));
    let (heard, ()) = tokio::join!(heard, all_succeed(asked.into_iter().flatten()));
    let said: Said = (0..CREW).map(|nth| (name(nth), texts.clone())).collect();
    for (sailor, (heard, _)) in ship.crew.iter().zip(heard) {
        assert_eq!(heard, said, "what {} heard", sailor.actor);
    }
}

#[tokio::test]
async fn a_long_talk_of_two_reaches_the_whole_room_in_order() {
    let mut ship = Ship::manned().await;
    let asked = says_all(&mut ship.crew[0], &texts("ahoy", MESSAGES)).await;
    // The second answers what it hears of the first.
    let heard = ship.crew.iter_mut().enumerate().map(|(nth, sailor)| {
        let answers = if nth == 1 { "sailor0" } else { "" };
        hears(sailor, 2 * MESSAGES, answers)
    });
    let (heard, ()) = tokio::join!(join_all(heard), all_succeed(asked));
    let said = Said::from([(name(0), texts("ahoy", MESSAGES)), (name(1), texts("aye, ahoy", MESSAGES))]);
    let mut answered = Vec::new();
    for (sailor, (heard, asked)) in ship.crew.iter().zip(heard) {
        assert_eq!(heard, said, "what {} heard", sailor.actor);
        answered.extend(asked);
    }
    assert_eq!(answered.len(), MESSAGES);
    all_succeed(answered).await;
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
async fn says_all(speaker: &mut Sailor, texts: &[String]) -> Vec<Ack> {
    let mut asked = Vec::with_capacity(texts.len());
    for text in texts {
        asked.push(says(speaker, text).await);
    }
    asked
}

async fn says(speaker: &mut Sailor, text: &str) -> Ack {
    speaker.asks(json!({"type": "send", "target": target(ROOM), "object": message(text)})).await
}

async fn all_succeed(asked: impl IntoIterator<Item = Ack>) {
    for answer in join_all(asked.into_iter().map(Ack::value)).await {
        let answer = answer.expect("an answer");
        assert_eq!(answer.get("error"), None, "{answer}");
    }
}

/// What everybody says, `count` messages in all, by who says it; each of the one who is `answered` is answered.
async fn hears(sailor: &mut Sailor, count: usize, answered: &str) -> (Said, Vec<Ack>) {
    let (mut heard, mut asked) = (Said::new(), Vec::new());
    for _ in 0..count {
        let push = sailor.hears(|push| push["type"] == "send").await;
        let speaker = push["actor"]["name"].as_str().expect("a nick").to_owned();
        let content = push["object"]["content"].as_str().expect("a text").to_owned();
        if speaker == answered {
            asked.push(says(sailor, &format!("aye, {content}")).await);
        }
        heard.entry(speaker).or_default().push(content);
    }
    (heard, asked)
}
