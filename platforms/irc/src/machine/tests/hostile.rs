//! Servers that mean harm.

use proptest::prelude::{Strategy, prop, proptest};
use proptest::sample::select;
use serde_json::{Value, json};

use super::rig::{Rig, room};

const CAPS: [&str; 6] =
    ["batch", "draft/chathistory", "draft/multiline", "echo-message", "labeled-response", "message-tags"];

/// Everything that can be asked for.
fn all() -> Value {
    json!({"ircv3": true, "extensions": [
        "account", "away", "connection", "echo", "identity", "ids", "invite", "kick", "mode", "notes", "presence", "react", "read",
        "redact", "reply", "typing",
    ]})
}

/// Lines that could mean something, in any order and with anything in them.
fn line() -> impl Strategy<Value = String> {
    let tags = ["", "@batch=a ", "@label=1 ", "@label=2;batch=b ", "@msgid=m;account=x;+typing=done;+draft/react=r "];
    let sources = ["", ":kai!k@h ", ":lou!l@h ", ":irc.example ", ":! "];
    let commands = [
        "JOIN", "PART", "QUIT", "NICK", "PRIVMSG", "NOTICE", "TOPIC", "MODE", "KICK", "INVITE", "AWAY", "ACCOUNT",
        "CHGHOST", "SETNAME", "TAGMSG", "REDACT", "MARKREAD", "FAIL", "NOTE", "BATCH", "CAP", "PING", "PONG", "ACK",
        "ERROR", "001", "005", "311", "318", "322", "323", "332", "333", "352", "353", "354", "372", "376", "396",
        "401", "403", "433", "472", "474", "482", "730", "731",
    ];
    let word = select(vec![
        "kai",
        "lou",
        "#deck",
        "#x",
        "*",
        "+o",
        "-ov+b",
        "153",
        "152",
        "+a",
        "-a",
        "+b",
        "-b",
        "chathistory",
        "labeled-response",
        "draft/multiline",
        "fb7-1",
        "NEW",
        "DEL",
        "labeled-response",
        "PREFIX=(x)!",
        "CHANTYPES=",
        "CASEMAPPING=ascii",
        "\u{1}ACTION",
        "+\u{1}",
        "0",
        "9999999999999999999",
        "@+lou",
        ",",
        "!",
        "timestamp=",
    ]);
    let parameters = prop::collection::vec(word, 0..8);
    let last = prop::option::of("[ -~\u{1}äß🦀]{0,40}");
    (select(tags.to_vec()), select(sources.to_vec()), select(commands.to_vec()), parameters, last).prop_map(
        |(tags, source, command, parameters, last)| {
            let middle: String = parameters.iter().flat_map(|one| [" ", one]).collect();
            let last = last.map(|last| format!(" :{last}")).unwrap_or_default();
            format!("{tags}{source}{command}{middle}{last}")
        },
    )
}

proptest! {
    /// The rig holds each push against the schema.
    #[test]
    fn whatever_a_server_says_only_what_the_schema_allows_is_pushed(lines in prop::collection::vec(line(), 1..60)) {
        let mut rig = Rig::live_with(&all(), &CAPS);
        rig.call("join", &room("#deck"), &Value::Null);
        rig.call("query", &room("#deck"), &json!({"type": "history"}));
        rig.call("query", &json!({"type": "person", "id": "lou"}), &json!({"type": "whois"}));
        for line in lines {
            rig.hear(&line);
        }
        // Each job ended at most once, and the session is still of use.
        rig.hear("@label=x :s NOTICE kai :hello");
        rig.down(crate::machine::Down::Abrupt);
        assert!(rig.connect(&all()).contains("dial"));
    }
}

#[test]
fn a_flood_of_joins_batches_and_topics_is_forgotten() {
    let caps = ["batch", "labeled-response", "message-tags"];
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &caps);
    for number in 0..20_000 {
        rig.hear(&format!(":kai!k@h JOIN #{number}"));
        rig.hear(&format!("@label={number} :s BATCH +b{number} draft/multiline #x"));
        rig.hear(&format!("@batch=b{number} :lou PRIVMSG #x :{}", "x".repeat(200)));
        rig.hear(&format!(":s 332 kai #{number} :topic"));
        rig.hear(&format!(":s 372 kai :{}", "m".repeat(200)));
    }
    let size = format!("{:?}", rig.machine).len();
    assert!(size < 400_000, "{size}");
}

#[test]
fn an_endless_answer_is_cut_to_what_a_frame_holds() {
    let mut rig = Rig::live();
    rig.call("query", &Value::Null, &json!({"type": "rooms"}));
    for number in 0..5000 {
        rig.hear(&format!(":s 322 kai #{number} 3 :{}", "x".repeat(4000)));
    }
    let answer = rig.hear(":s 323 kai :End");
    assert!(answer.len() < 512 * 1024 && answer.starts_with("2 irc.example [query"), "{}", answer.len());
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &CAPS);
    rig.call("query", &room("#deck"), &json!({"type": "history"}));
    rig.hear("@label=1 :s BATCH +h chathistory #deck");
    for _ in 0..5000 {
        rig.hear(&format!("@batch=h :lou!l@h PRIVMSG #deck :{}", "x".repeat(4000)));
    }
    let answer = rig.hear(":s BATCH -h");
    assert!(answer.len() < 512 * 1024 && answer.starts_with("2 #deck [send"), "{}", answer.len());
}
