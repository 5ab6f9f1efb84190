//! What is published takes several questions, one after the other.

use serde_json::{Value, json};

use super::bench::{Bench, attribute};

/// Answers the last question; `inside` with a condition of an error is an error.
#[track_caller]
fn answer(bench: &mut Bench, sent: &[String], kind: &str, inside: &str) -> (Vec<String>, Vec<Result<Value, String>>) {
    assert_eq!(sent.len(), 1, "{sent:?}");
    let id = attribute(&sent[0], "id");
    let out = bench.hear(&format!("<iq type='{kind}' id='{id}' from='io@x.example'>{inside}</iq>"));
    (out.sent, out.done)
}

fn error(condition: &str) -> String {
    format!("<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
}

fn bookmark() -> Value {
    json!({"target": {"id": "deck@muc.x.example", "type": "room"}, "object": {"type": "bookmark", "name": "Deck"}})
}

const CONFERENCE: &str = "<publish node=\"urn:xmpp:bookmarks:1\"><item id=\"deck@muc.x.example\">\
    <conference xmlns=\"urn:xmpp:bookmarks:1\" autojoin=\"false\" name=\"Deck\"/></item></publish>";

#[test]
fn a_server_that_takes_no_options_with_a_bookmark_is_told_them_before() {
    let mut bench = Bench::with(&[]);
    let at_once = bench.call("add", &bookmark()).sent;
    let options = [("persist_items", "true"), ("max_items", "max"), ("access_model", "whitelist")];
    for (name, value) in options {
        let field = format!("<field var=\"pubsub#{name}\"><value>{value}</value></field>");
        assert!(at_once[0].contains(&field), "{at_once:?}");
    }
    assert!(at_once[0].contains(CONFERENCE) && at_once[0].contains("<publish-options>"));
    let (create, done) = answer(&mut bench, &at_once, "error", &error("resource-constraint"));
    assert!(done.is_empty() && create[0].contains("<create node=\"urn:xmpp:bookmarks:1\"/><configure><x "));
    assert!(create[0].contains("pubsub#node_config") && create[0].contains("<value>whitelist</value>"));
    let (configure, done) = answer(&mut bench, &create, "error", &error("conflict"));
    let owner = "<pubsub xmlns=\"http://jabber.org/protocol/pubsub#owner\"><configure node=\"urn:xmpp:bookmarks:1\">";
    assert!(done.is_empty() && configure[0].contains(owner), "{configure:?}");
    let (plain, done) = answer(&mut bench, &configure, "result", "");
    assert!(done.is_empty() && plain[0].contains(CONFERENCE) && !plain[0].contains("options"), "{plain:?}");
    assert_eq!(answer(&mut bench, &plain, "result", ""), (vec![], vec![Ok(Value::Null)]));
}

#[test]
fn a_bookmark_that_could_be_read_by_others_is_not_published() {
    let mut bench = Bench::with(&[]);
    let at_once = bench.call("add", &bookmark()).sent;
    let (create, _) = answer(&mut bench, &at_once, "error", &error("conflict"));
    let (configure, _) = answer(&mut bench, &create, "error", &error("conflict"));
    let ended = answer(&mut bench, &configure, "error", &error("forbidden"));
    assert_eq!(ended, (vec![], vec![Err("forbidden".to_owned())]));
    // Nor is it tried again where the server does nothing of the kind.
    let at_once = bench.call("add", &bookmark()).sent;
    let ended = answer(&mut bench, &at_once, "error", &error("service-unavailable"));
    assert_eq!(ended, (vec![], vec![Err("service-unavailable".to_owned())]));
}

#[test]
fn where_nothing_was_bookmarked_there_are_no_bookmarks() {
    let mut bench = Bench::with(&[]);
    let asked = bench.call("query", &json!({"object": {"type": "bookmarks"}})).sent;
    let none = json!({"summary": "io@x.example", "items": []});
    assert_eq!(answer(&mut bench, &asked, "error", &error("item-not-found")).1, [Ok(none)]);
}

#[test]
fn a_picture_is_published_before_it_is_ours() {
    let mut bench = Bench::with(&[]);
    let picture = json!({"object": {"type": "avatar", "mediaType": "image/gif", "content": "aGk="}});
    let data = bench.call("update", &picture).sent;
    // SHA-1 of "hi".
    let id = "c22b5f9178342609428d6f51b2c5af4c0bde6a42";
    let want = format!(
        "<publish node=\"urn:xmpp:avatar:data\"><item id=\"{id}\"><data xmlns=\"urn:xmpp:avatar:data\">aGk=</data></item>"
    );
    assert!(data[0].contains(&want) && !data[0].contains(" to="), "{data:?}");
    let (metadata, done) = answer(&mut bench, &data, "result", "");
    let info = format!("<info bytes=\"2\" id=\"{id}\" type=\"image/gif\"/>");
    assert!(done.is_empty() && metadata[0].contains("node=\"urn:xmpp:avatar:metadata\""), "{metadata:?}");
    assert!(metadata[0].contains(&info), "{metadata:?}");
    assert_eq!(answer(&mut bench, &metadata, "result", "").1, [Ok(Value::Null)]);
    let none = bench.call("update", &json!({"object": {"type": "avatar"}})).sent;
    assert!(none[0].contains("<item><metadata xmlns=\"urn:xmpp:avatar:metadata\"/></item>"), "{none:?}");
    assert_eq!(answer(&mut bench, &none, "error", &error("forbidden")).1, [Err("forbidden".to_owned())]);
}

#[test]
fn a_picture_that_no_server_would_take_is_refused_here() {
    let mut bench = Bench::with(&[]);
    let large = "A".repeat(4 * 64 * 1024);
    for (content, want) in [("?", "object.content is no base64: "), (&*large, "object.content has 196608 bytes, ")] {
        let out = bench.call("update", &json!({"object": {"type": "avatar", "content": content}}));
        assert!(out.sent.is_empty() && out.done[0].clone().unwrap_err().starts_with(want), "{:?}", out.done);
    }
}

#[test]
fn what_changes_of_a_vcard_changes_and_the_rest_stays() {
    let mut bench = Bench::with(&[]);
    let object = json!({"type": "profile", "name": "Io", "email": "io@x", "content": "", "nickname": "ion"});
    let asked = bench.call("update", &json!({"object": object})).sent;
    assert!(asked[0].contains("type=\"get\"") && asked[0].contains("<vCard xmlns=\"vcard-temp\"/>"));
    let card = "<vCard xmlns='vcard-temp'><FN>Old</FN><DESC>Old</DESC><PHOTO><BINVAL>aGk=</BINVAL></PHOTO></vCard>";
    let (set, done) = answer(&mut bench, &asked, "result", card);
    let want = "<vCard xmlns=\"vcard-temp\"><PHOTO><BINVAL>aGk=</BINVAL></PHOTO><FN>Io</FN><NICKNAME>ion</NICKNAME>\
        <EMAIL><USERID>io@x</USERID></EMAIL></vCard>";
    assert!(done.is_empty() && set[0].contains("type=\"set\"") && set[0].contains(want), "{set:?}");
    let (nick, done) = answer(&mut bench, &set, "result", "");
    let want = "<publish node=\"http://jabber.org/protocol/nick\"><item id=\"current\">\
        <nick xmlns=\"http://jabber.org/protocol/nick\">ion</nick></item></publish>";
    assert!(done.is_empty() && nick[0].contains(want), "{nick:?}");
    assert_eq!(answer(&mut bench, &nick, "result", "").1, [Ok(Value::Null)]);
}

#[test]
fn a_vcard_that_is_not_there_is_made_and_one_that_cannot_be_read_is_not_overwritten() {
    let mut bench = Bench::with(&[]);
    let change = json!({"object": {"type": "profile", "name": "Io"}});
    let asked = bench.call("update", &change).sent;
    let (set, _) = answer(&mut bench, &asked, "error", &error("item-not-found"));
    assert!(set[0].contains("<vCard xmlns=\"vcard-temp\"><FN>Io</FN></vCard>"), "{set:?}");
    // Without a nickname there is nothing to publish.
    assert_eq!(answer(&mut bench, &set, "result", ""), (vec![], vec![Ok(Value::Null)]));
    let asked = bench.call("update", &change).sent;
    let ended = answer(&mut bench, &asked, "error", &error("internal-server-error"));
    assert_eq!(ended, (vec![], vec![Err("internal-server-error".to_owned())]));
}
