//! Servers that mean harm.

use proptest::prelude::{Strategy, prop, proptest};
use proptest::sample::select;
use serde_json::{Value, json};

use super::rig::{Rig, room};

const CAPS: [&str; 6] =
    ["batch", "draft/chathistory", "draft/multiline", "echo-message", "labeled-response", "message-tags"];

/// Everything that can be asked for.
fn all() -> Value {
    json!({"ircv3": true, "bot": true, "extensions": [
        "account", "away", "bot", "connection", "echo", "identity", "ids", "invite", "kick", "mode", "notes", "presence", "react", "read",
        "redact", "reply", "typing",
    ]})
}

/// Lines that could mean something, in any order and with anything in them.
fn line() -> impl Strategy<Value = String> {
    let tags = ["", "@batch=a ", "@label=1 ", "@label=2;batch=b ", "@msgid=m;account=x;+typing=done;+draft/react=r "];
    let sources = ["", ":kai!k@h ", ":lou!l@h ", ":irc.example ", ":! "];
    let commands = [
        "JOIN",
        "PART",
        "QUIT",
        "NICK",
        "PRIVMSG",
        "NOTICE",
        "TOPIC",
        "MODE",
        "KICK",
        "INVITE",
        "AWAY",
        "ACCOUNT",
        "CHGHOST",
        "SETNAME",
        "TAGMSG",
        "REDACT",
        "MARKREAD",
        "FAIL",
        "NOTE",
        "BATCH",
        "CAP",
        "PING",
        "PONG",
        "ACK",
        "ERROR",
        "001",
        "005",
        "311",
        "318",
        "322",
        "323",
        "332",
        "333",
        "352",
        "353",
        "354",
        "372",
        "376",
        "396",
        "401",
        "403",
        "433",
        "472",
        "474",
        "482",
        "730",
        "731",
        "734",
        "900",
        "901",
        "903",
        "904",
        "AUTHENTICATE",
        "422",
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
        rig.call("request-friend", &json!({"type": "person", "id": "lou"}), &Value::Null);
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
    // One that never ends at all is forgotten with its job.
    let mut rig = Rig::live();
    rig.call("query", &Value::Null, &json!({"type": "rooms"}));
    for number in 0..1000 {
        rig.hear(&format!(":s 322 kai #{number} 3 :{}", "x".repeat(4000)));
    }
    let held = format!("{:?}", rig.machine).len();
    assert_eq!(rig.cancel(), "");
    let size = format!("{:?}", rig.machine).len();
    assert!(held > 200_000 && size < 20_000, "{held} {size}");
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &CAPS);
    rig.call("query", &room("#deck"), &json!({"type": "history"}));
    rig.hear("@label=1 :s BATCH +h chathistory #deck");
    for _ in 0..5000 {
        rig.hear(&format!("@batch=h :lou!l@h PRIVMSG #deck :{}", "x".repeat(4000)));
    }
    let answer = rig.hear(":s BATCH -h");
    assert!(answer.len() < 512 * 1024 && answer.starts_with("2 #deck [send"), "{}", answer.len());
}

#[test]
fn an_answer_about_somebody_has_an_end_too() {
    let mut rig = Rig::live();
    rig.call("query", &json!({"type": "person", "id": "lou"}), &json!({"type": "whois"}));
    for number in 0..5000 {
        rig.hear(&format!(":s 319 kai lou :#{number}{}", "x".repeat(4000)));
        rig.hear(&format!(":s 311 kai lou u h * :{number}{}", "y".repeat(4000)));
    }
    // It may leave out the end of the list, but not the answer to the fence.
    let answer = rig.hear(":s PONG s :fb7-1");
    assert!(answer.len() < 512 * 1024 && answer.starts_with("2 query"), "{}", answer.len());
}

#[test]
fn batches_within_batches_end_where_they_were_opened() {
    let mut rig = Rig::live_with(&all(), &CAPS);
    rig.call("query", &room("#deck"), &json!({"type": "history"}));
    // One in itself, two in each other, and a chain of them.
    rig.hear("@batch=a :s BATCH +a chathistory #deck");
    rig.hear("@batch=c :s BATCH +b draft/multiline #deck");
    rig.hear("@batch=b :s BATCH +c labeled-response");
    rig.hear("@label=1 :s BATCH +n0 labeled-response");
    for number in 1..10_000 {
        rig.hear(&format!("@batch=n{} :s BATCH +n{number} netsplit {}", number - 1, "x".repeat(400)));
    }
    let size = format!("{:?}", rig.machine).len();
    assert!(size < 100_000, "{size}");
    assert!(rig.hear("@batch=n9999 :lou!l@h PRIVMSG #deck :inside").contains("inside"));
    // The job's own batch was forgotten among all these; its end is found by what the label says.
    assert_eq!(rig.hear("@label=1 :s ACK"), "2 #deck []\n");
}

#[test]
fn line_breaks_hidden_in_tags_stay_values() {
    let mut rig = Rig::live_with(&all(), &CAPS);
    rig.hear(":kai!k@h JOIN #deck");
    let told = rig.hear("@msgid=m\\r\\nQUIT\\s:x :lou!l@h PRIVMSG #deck :hi");
    assert!(told.contains(r#""id":"m\r\nQUIT :x""#), "{told}");
    // Whoever answers that message sends one line.
    let answer = json!({"type": "message", "content": "ho", "inReplyTo": "m\r\nQUIT :x"});
    let said = rig.call("send", &room("#deck"), &answer);
    assert_eq!(said, "send @+draft/reply=m\\r\\nQUIT\\s:x;label=1 PRIVMSG #deck :ho\n");
    // irc 28
    let broken = "refused IRC values must not contain CR or LF characters\n";
    assert_eq!(rig.call("delete", &room("#deck"), &json!({"type": "message", "id": "m\r\nQUIT"})), broken);
    let away = json!({"type": "presence", "show": "away", "status": "a\r\nQUIT"});
    assert_eq!(rig.call("update", &Value::Null, &away), broken);
    assert_eq!(rig.call("disconnect", &Value::Null, &json!({"type": "message", "content": "a\nb"})), broken);
    assert_eq!(rig.hear("PING :a\u{b}b \u{1} c"), "send PONG :a\u{b}b \u{1} c\n");
}

#[test]
fn capabilities_that_come_and_go_without_end_cost_a_line_each() {
    let mut rig = Rig::live_with(&all(), &CAPS);
    let before = format!("{:?}", rig.machine).len();
    for number in 0..10_000 {
        assert_eq!(rig.hear(&format!(":s CAP kai LS * :vendor.example/{number}=x")), "");
        assert_eq!(rig.hear(&format!(":s CAP kai NEW :vendor.example/{number} sasl")), "");
        assert_eq!(rig.hear(":s CAP kai NEW :setname"), if number == 0 { "send CAP REQ :setname\n" } else { "" });
    }
    let size = format!("{:?}", rig.machine).len();
    assert!(size < before + 1000, "{before} {size}");
}

#[test]
fn tags_without_end_are_read_and_not_kept() {
    let mut rig = Rig::live_with(&all(), &CAPS);
    let before = format!("{:?}", rig.machine).len();
    let tags: String = (0..600).flat_map(|number| ["+t".into(), number.to_string(), "=abcdef;".into()]).collect();
    for _ in 0..1000 {
        rig.hear(&format!("@{tags} :lou!l@h PRIVMSG #deck :hi"));
        rig.hear(&format!("@{tags} :lou!l@h TAGMSG #deck"));
    }
    let size = format!("{:?}", rig.machine).len();
    assert!(size < before + 1000, "{before} {size}");
}

#[test]
fn a_message_of_lines_without_end_is_cut() {
    let mut rig = Rig::live_with(&all(), &CAPS);
    rig.hear(":lou!l@h BATCH +m draft/multiline #deck");
    for _ in 0..1000 {
        rig.hear(&format!("@batch=m :lou!l@h PRIVMSG #deck :{}", "x".repeat(400)));
    }
    let told = rig.hear(":lou!l@h BATCH -m");
    assert!(told.len() > 60_000 && told.len() < 80_000, "{}", told.len());
}
