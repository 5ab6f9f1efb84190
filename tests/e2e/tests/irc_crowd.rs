//! IRC, with a crowded channel on a real server: nothing that is said gets lost on the way to fifty workers and back out
//! of them.

use footbridge_e2e::irc::{Sailor, message, room};
use footbridge_testkit::{gateway::Gateway, irc::InspIrcd};
use futures_util::{StreamExt as _, future::join_all, stream};
use serde_json::{Value, json};

/// Actors in the channel, each with a session and a worker of its own.
const CREW: usize = 50;
/// What one of them says.
const LINES: usize = 1000;
/// Sessions that are opened at the same time.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn all_that_one_says_reaches_everybody_else_in_order() {
    let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
    // The server under test takes lines as they come, and all sessions come from one address.
    let gateway = Gateway::start(json!({
        "platforms": ["irc"],
        "logging": {"level": "warn"},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0},
        "packageConfig": {"@sockethub/platform-irc": {"linesAtOnce": 1000, "lineIntervalMs": 0, "connectIntervalMs": 0}}
    }));
    let gateway = gateway.await.expect("a gateway");
    let mut crew: Vec<Sailor> = stream::iter(0..CREW)
        .map(|nth| aboard(&gateway, format!("sailor{nth}"), server.port()))
        .buffered(AT_ONCE)
        .collect()
        .await;
    assert_eq!(gateway.workers().len(), CREW);
    let mut speaker = crew.swap_remove(0);
    let (answers, heard) = tokio::join!(says_all(&mut speaker), join_all(crew.iter_mut().map(hears_all)));
    for (nth, answer) in answers.iter().enumerate() {
        assert_eq!((answer.get("error"), &answer["object"]["content"]), (None, &json!(line(nth))));
    }
    let said: Vec<_> = (0..LINES).map(line).collect();
    assert_eq!(heard.len(), CREW - 1);
    for (sailor, heard) in crew.iter().zip(heard) {
        assert_eq!(heard, said, "what {} heard", sailor.actor);
    }
}

async fn aboard(gateway: &Gateway, nick: String, port: u16) -> Sailor {
    let mut sailor = Sailor::connected(gateway, &nick, port, json!({})).await;
    sailor.join("#deck").await;
    sailor
}

fn line(nth: usize) -> String {
    format!("line {nth} of {LINES} : said once")
}

/// Says everything without waiting in between; the answers.
async fn says_all(speaker: &mut Sailor) -> Vec<Value> {
    let mut asked = Vec::with_capacity(LINES);
    for nth in 0..LINES {
        let send = json!({"type": "send", "target": room("#deck"), "object": message(&line(nth))});
        let send = speaker.activity(send);
        asked.push(speaker.client.ask("message", &send).await);
    }
    let mut answers = Vec::with_capacity(LINES);
    for ack in asked {
        answers.push(ack.value().await.expect("an answer"));
    }
    answers
}

/// What is said in the channel, as it comes, up to the last line.
async fn hears_all(sailor: &mut Sailor) -> Vec<String> {
    let mut heard = Vec::with_capacity(LINES);
    while heard.last() != Some(&line(LINES - 1)) {
        let push = sailor.hears(|push| push["type"] == "send").await;
        assert_eq!(push["actor"]["id"], "sailor0@localhost");
        heard.push(push["object"]["content"].as_str().unwrap_or_default().to_owned());
    }
    heard
}
