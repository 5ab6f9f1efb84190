//! What is there beyond the contract, for those who ask.

use serde_json::{Value, json};

use super::rig::{Rig, room};

const CAPS: [&str; 4] = ["batch", "labeled-response", "message-tags", "server-time"];

#[test]
fn who_asks_for_nothing_sees_nothing_new() {
    let mut rig = Rig::live();
    for line in [
        ":lou!l@h KICK #deck mia :out",
        ":lou!l@h INVITE kai #deck",
        ":lou!l@h AWAY :tea",
        ":lou!l@h ACCOUNT lou",
        ":lou!l@h CHGHOST l cloak",
        ":lou!l@h SETNAME :Lou",
        ":lou!l@h MODE #deck +nt",
        "@+typing=active :lou!l@h TAGMSG #deck",
        "@+draft/react=x;+draft/reply=m :lou!l@h TAGMSG #deck",
        ":lou!l@h REDACT #deck m1 :oops",
        ":s MARKREAD #deck timestamp=2020-01-01T00:00:00.000Z",
        "NOTE * X :y",
        ":s 730 kai :lou!l@h",
    ] {
        assert_eq!(rig.hear(line), "", "{line}");
    }
    let told = rig.hear("@msgid=m1;account=lou;bot;+draft/reply=m0 :lou!l@h PRIVMSG #deck :hi");
    assert_eq!(told, "push send lou@irc.example -> irc.example/#deck: {\"content\":\"hi\",\"type\":\"message\"}\n");
}

#[test]
fn who_asks_sees_each() {
    let all = json!({"ircv3": false, "extensions": [
        "account", "away", "bot", "echo", "identity", "ids", "invite", "kick", "mode", "notes", "react", "read", "redact", "reply", "typing",
    ]});
    let mut rig = Rig::live_with(&all, &[]);
    let deck = "irc.example/#deck";
    let table = [
        (
            ":lou!l@h KICK #deck mia :out",
            format!(
                r#"remove lou@irc.example -> {deck}: {{"content":"out","id":"mia@irc.example","name":"mia","type":"person"}}"#
            ),
        ),
        (
            ":lou!l@h INVITE kai :#deck",
            format!(r#"invite lou@irc.example -> {deck}: {{"id":"kai@irc.example","name":"kai","type":"person"}}"#),
        ),
        (
            ":lou!l@h AWAY :tea",
            r#"update lou@irc.example -> -: {"show":"away","status":"tea","type":"presence"}"#.into(),
        ),
        (":lou!l@h AWAY", r#"update lou@irc.example -> -: {"show":"online","type":"presence"}"#.into()),
        (":lou!l@h ACCOUNT lu", r#"update lou@irc.example -> -: {"account":"lu","type":"profile"}"#.into()),
        (
            ":lou!l@h CHGHOST l cloak",
            r#"update lou@irc.example -> -: {"host":"cloak","type":"profile","user":"l"}"#.into(),
        ),
        (":lou!l@h SETNAME :Lou R", r#"update lou@irc.example -> -: {"name":"Lou R","type":"profile"}"#.into()),
        (
            ":lou!l@h MODE #deck +nk key",
            format!(r#"update lou@irc.example -> {deck}: {{"content":"+nk key","type":"modes"}}"#),
        ),
        (
            "@+typing=active :lou!l@h TAGMSG #deck",
            format!(r#"send lou@irc.example -> {deck}: {{"state":"active","type":"typing"}}"#),
        ),
        (
            "@+draft/react=x;+draft/reply=m :lou!l@h TAGMSG #deck",
            format!(r#"send lou@irc.example -> {deck}: {{"content":"x","inReplyTo":"m","type":"reaction"}}"#),
        ),
        (
            ":lou!l@h REDACT #deck m1 :oops",
            format!(r#"delete lou@irc.example -> {deck}: {{"content":"oops","id":"m1","type":"message"}}"#),
        ),
        (
            ":s MARKREAD #deck timestamp=2020-01-01T00:00:00.000Z",
            format!(r#"update irc.example -> {deck}: {{"published":"2020-01-01T00:00:00.000Z","type":"read"}}"#),
        ),
        ("NOTE * CODE :words", r#"update irc.example -> -: {"code":"CODE","content":"words","type":"status"}"#.into()),
        (
            "@account=lu :lou!l@h PART #deck",
            format!(
                r#"leave lou@irc.example(lu) -> {deck}: {{"content":"user has left the channel","type":"message"}}"#
            ),
        ),
        ("@bot :lou!l@h JOIN #deck", format!(r"join lou@irc.example[bot] -> {deck}")),
        (":lou!l@h JOIN #deck lu :Lou", format!("join lou@irc.example(lu) -> {deck}")),
        (":lou!l@h JOIN #deck * :Lou", format!("join lou@irc.example -> {deck}")),
        (
            "@msgid=m1;+draft/reply=m0 :lou!l@h PRIVMSG #deck :hi",
            format!(
                r#"send lou@irc.example -> {deck}: {{"content":"hi","id":"m1","inReplyTo":"m0","type":"message"}}"#
            ),
        ),
        (
            ":kai!k@h PRIVMSG #deck :echoed",
            format!(r#"send kai@irc.example -> {deck}: {{"content":"echoed","type":"message"}}"#),
        ),
    ];
    for (line, want) in table {
        assert_eq!(rig.hear(line), format!("push {want}\n"), "{line}");
    }
}

#[test]
fn several_lines_are_one_message_where_the_server_can_take_it() {
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &[&CAPS[..], &["draft/multiline"]].concat());
    rig.hear(":kai!k@host.example JOIN #deck");
    let lines = json!({"type": "message", "content": "one\n\ntwo", "multiline": true, "inReplyTo": "m0"});
    assert_eq!(
        rig.call("send", &room("#deck"), &lines),
        "send @+draft/reply=m0;label=2 BATCH +m1 draft/multiline #deck\nsend @batch=m1 PRIVMSG #deck :one\n\
         send @batch=m1 PRIVMSG #deck :\nsend @batch=m1 PRIVMSG #deck :two\nsend BATCH -m1\n"
    );
    assert_eq!(rig.hear("@label=2 ACK"), "2 ok\n");
    let mut old = Rig::live();
    old.join("#deck");
    assert_eq!(
        old.call("send", &room("#deck"), &lines),
        "send PRIVMSG #deck :one\nsend PRIVMSG #deck :two\nsend PING :fb7-2\n"
    );
}

#[test]
fn a_message_of_several_lines_arrives_as_one() {
    let mut rig =
        Rig::live_with(&json!({"ircv3": true, "extensions": ["ids"]}), &[&CAPS[..], &["draft/multiline"]].concat());
    assert_eq!(rig.hear("@msgid=m7 :lou!l@h BATCH +a draft/multiline #deck"), "");
    assert_eq!(rig.hear("@batch=a :lou!l@h PRIVMSG #deck :one"), "");
    assert_eq!(rig.hear("@batch=a :lou!l@h PRIVMSG #deck :two "), "");
    assert_eq!(rig.hear("@batch=a;draft/multiline-concat :lou!l@h PRIVMSG #deck :three"), "");
    assert_eq!(
        rig.hear(":lou!l@h BATCH -a"),
        "push send lou@irc.example -> irc.example/#deck: {\"content\":\"one\\ntwo three\",\"id\":\"m7\",\"type\":\"message\"}\n"
    );
}

#[test]
fn history_is_answered_to_who_asks_and_told_to_nobody_else() {
    let caps = [&CAPS[..], &["draft/chathistory"]].concat();
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &caps);
    let history = json!({"type": "history", "limit": 2, "before": "2020-01-01T00:00:00Z"});
    assert_eq!(
        rig.call("query", &room("#deck"), &history),
        "send @label=1 CHATHISTORY BEFORE #deck timestamp=2020-01-01T00:00:00.000Z 2\n"
    );
    rig.hear("@label=1 :s BATCH +o labeled-response");
    rig.hear("@batch=o :s BATCH +h chathistory #deck");
    assert_eq!(rig.hear("@batch=h;msgid=m1 :lou!l@h PRIVMSG #deck :old"), "");
    // It happened, but does not happen.
    assert_eq!(rig.hear("@batch=h :kai!k@h JOIN #deck"), "");
    let answer = rig.hear(":s BATCH -h");
    assert_eq!(
        answer,
        "2 #deck [send lou@irc.example -> irc.example/#deck: {\"content\":\"old\",\"id\":\"m1\",\"type\":\"message\"}, \
         join kai@irc.example -> irc.example/#deck]\n"
    );
    assert_eq!(rig.hear(":s BATCH -o"), "");
    assert!(rig.say("#deck", "x").contains("not first joined"));
    // Played back unasked.
    rig.hear(":s BATCH +z chathistory #deck");
    assert_eq!(rig.hear("@batch=z :lou!l@h PRIVMSG #deck :old"), "");
    assert_eq!(rig.hear(":s BATCH -z"), "");
    assert_eq!(Rig::live().call("query", &room("#deck"), &history), "2 failed: this server has no draft/chathistory\n");
}

#[test]
fn whois_is_one_answer() {
    let mut rig = Rig::live();
    let lou = json!({"type": "person", "id": "lou@irc.example"});
    let whois = json!({"type": "whois"});
    assert_eq!(rig.call("query", &lou, &whois), "send WHOIS lou\nsend PING :fb7-1\n");
    for line in [
        ":s 311 kai lou l h * :Lou R",
        ":s 319 kai lou :@#deck #hold",
        ":s 312 kai lou irc.example :Here",
        ":s 301 kai lou :tea",
        ":s 330 kai lou lu :is logged in as",
        ":s 671 kai lou :is using a secure connection",
        ":s 317 kai lou 42 1700000000 :seconds idle",
    ] {
        assert_eq!(rig.hear(line), "", "{line}");
    }
    let answer = rig.hear(":s 318 kai lou :End of WHOIS");
    assert_eq!(
        answer,
        "2 query irc.example -> lou@irc.example: {\"account\":\"lu\",\"away\":\"tea\",\"bot\":false,\"host\":\"h\",\"idle\":42,\
         \"name\":\"lou\",\"operator\":false,\"realname\":\"Lou R\",\"rooms\":[\"@#deck\",\"#hold\"],\"secure\":true,\
         \"server\":\"irc.example\",\"type\":\"whois\",\"user\":\"l\"}\n"
    );
    rig.call("query", &lou, &whois);
    assert_eq!(rig.hear(":s 401 kai lou :No such nick"), "3 failed: No such nick\n");
}

#[test]
fn all_rooms_are_one_answer() {
    let mut rig = Rig::live();
    assert_eq!(rig.call("query", &Value::Null, &json!({"type": "rooms"})), "send LIST\nsend PING :fb7-1\n");
    rig.hear(":s 321 kai Channel :Users Name");
    rig.hear(":s 322 kai #deck 3 :Deck : duty");
    assert_eq!(
        rig.hear(":s 323 kai :End of LIST"),
        "2 irc.example [query irc.example -> -: {\"content\":\"Deck : duty\",\"id\":\"irc.example/#deck\",\"name\":\"#deck\",\
         \"totalItems\":3,\"type\":\"room\"}]\n"
    );
}

#[test]
fn contacts_are_watched_and_watched_again() {
    let mut rig = Rig::live_with(&json!({"reconnect": true, "ircv3": false, "extensions": ["presence"]}), &[]);
    let lou = json!({"type": "person", "id": "lou@irc.example"});
    assert_eq!(rig.call("request-friend", &lou, &Value::Null), "2 failed: this server watches nobody (MONITOR)\n");
    rig.hear(":s 005 kai MONITOR=100 :are supported by this server");
    assert_eq!(rig.call("request-friend", &lou, &Value::Null), "send MONITOR + lou\nsend PING :fb7-1\n");
    let online = "push update lou@irc.example -> -: {\"show\":\"online\",\"type\":\"presence\"}\n";
    assert_eq!(rig.hear(":s 730 kai :lou!l@h,mia!m@h"), online);
    rig.hear(":s PONG s :fb7-1");
    rig.down(crate::machine::Down::Abrupt);
    rig.greet(&[]);
    rig.hear(":s 005 kai MONITOR=100 :are supported by this server");
    assert_eq!(rig.hear(":s 376 kai :End of MOTD"), "send MONITOR + lou\n");
    assert!(rig.hear(":s 731 kai :lou").contains("offline"));
    rig.call("remove-friend", &lou, &Value::Null);
    assert_eq!(rig.hear(":s 730 kai :lou!l@h"), "");
    rig.hear(":s PONG s :fb7-1");
    let refused = "2 failed: name 'presence' in the extensions of the credentials to be told who comes and goes\n";
    assert_eq!(Rig::live().call("request-friend", &lou, &Value::Null), refused);
}

#[test]
fn a_server_watches_so_many_and_no_more() {
    let mut rig = Rig::live_with(&json!({"reconnect": true, "ircv3": false, "extensions": ["presence"]}), &[]);
    let of = |nick: &str| json!({"type": "person", "id": format!("{nick}@irc.example")});
    rig.hear(":s 005 kai MONITOR=3 :are supported by this server");
    rig.call("request-friend", &of("lou"), &Value::Null);
    rig.call("request-friend", &of("mia"), &Value::Null);
    // It had others of ours in its list.
    assert_eq!(rig.hear(":s 734 kai 3 mia :Monitor list is full"), "3 failed: Monitor list is full\n");
    rig.call("request-friend", &of("ned"), &Value::Null);
    rig.call("request-friend", &of("ola"), &Value::Null);
    assert_eq!(rig.call("request-friend", &of("pia"), &Value::Null), "6 failed: only 3 people can be watched\n");
    // The next server takes fewer: these are told of, the others forgotten.
    rig.down(crate::machine::Down::Abrupt);
    rig.greet(&[]);
    rig.hear(":s 005 kai MONITOR=1 :are supported by this server");
    assert_eq!(rig.settle(), "send MONITOR + lou,ned,ola\n");
    assert_eq!(rig.hear(":s 734 kai 1 ned,ola :Monitor list is full"), "");
    assert_eq!(rig.hear(":s 730 kai :ned!n@h"), "");
    assert!(rig.hear(":s 730 kai :lou!l@h").contains("online"));
}

#[test]
fn a_server_that_reads_utf8_only_is_sent_nothing_else() {
    let mut rig = Rig::live();
    rig.hear(":s 005 kai UTF8ONLY :are supported by this server");
    rig.join("#deck");
    // Cut where it has to be, but between characters: each line is text.
    let said = rig.say("#deck", &"ß🦀".repeat(300));
    let lines: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("send PRIVMSG #deck :")).collect();
    assert!(lines.len() > 3 && lines.concat() == "ß🦀".repeat(300), "{said}");
    assert_eq!(rig.hear("FAIL PRIVMSG INVALID_UTF8 :Not UTF-8"), "3 failed: Not UTF-8\n");
}

#[test]
fn rooms_are_kept_in_order() {
    let mut rig = Rig::live();
    let lou = json!({"type": "person", "id": "lou@irc.example", "content": "out you go"});
    let role = json!({
        "type": "relationship", "relationship": "role",
        "subject": {"type": "presence", "role": "owner"}, "object": {"type": "room", "id": "#deck"},
    });
    let target = json!({"type": "person", "id": "lou@irc.example"});
    let table = [
        (rig.call("remove", &room("#deck"), &lou), "KICK #deck lou :out you go"),
        (rig.call("add", &target, &role), "MODE #deck +o lou"),
        (rig.call("remove", &target, &role), "MODE #deck -o lou"),
        (rig.call("invite", &room("#deck"), &lou), "INVITE lou #deck"),
        (rig.call("update", &room("#deck"), &json!({"type": "modes", "content": "+kl key 5"})), "MODE #deck +kl key 5"),
        (rig.call("update", &Value::Null, &json!({"type": "presence", "show": "away"})), "AWAY :away"),
        (rig.call("update", &Value::Null, &json!({"type": "presence", "show": "online"})), "AWAY"),
    ];
    for (said, want) in table {
        assert_eq!(said.lines().next(), Some(&*format!("send {want}")));
    }
    assert_eq!(
        rig.hear(":s 441 kai lou #deck :They aren't on that channel"),
        "2 failed: They aren't on that channel\n"
    );
}

#[test]
fn typing_and_reactions_need_tags() {
    let typing = json!({"type": "typing", "state": "active"});
    let reaction = json!({"type": "reaction", "content": "+1", "inReplyTo": "m1"});
    let mut rig = Rig::live();
    assert_eq!(rig.call("send", &room("#deck"), &typing), "2 ok\n");
    assert_eq!(rig.call("send", &room("#deck"), &reaction), "3 failed: this server has no message-tags\n");
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &["message-tags"]);
    assert_eq!(rig.call("send", &room("#deck"), &typing), "send @+typing=active TAGMSG #deck\n2 ok\n");
    assert_eq!(
        rig.call("send", &room("#deck"), &reaction),
        "send @+draft/react=+1;+draft/reply=m1 TAGMSG #deck\nsend PING :fb7-1\n"
    );
}

#[test]
fn what_needs_a_capability_is_sent_where_there_is_one_and_refused_elsewhere() {
    let deck = room("#deck");
    let table = [
        (
            "delete",
            json!({"type": "message", "id": "m1", "content": "oops"}),
            "draft/message-redaction",
            "REDACT #deck m1 :oops",
        ),
        ("delete", json!({"type": "message", "id": "m1"}), "draft/message-redaction", "REDACT #deck m1"),
        (
            "update",
            json!({"type": "read", "published": "2020-01-01T00:00:00Z"}),
            "draft/read-marker",
            "MARKREAD #deck timestamp=2020-01-01T00:00:00.000Z",
        ),
        ("update", json!({"type": "read"}), "draft/read-marker", "MARKREAD #deck"),
        ("update", json!({"type": "profile", "name": "Kim of the Harbour"}), "setname", "SETNAME :Kim of the Harbour"),
        (
            "send",
            json!({"type": "reaction", "content": "+1", "inReplyTo": "m1"}),
            "message-tags",
            "@+draft/react=+1;+draft/reply=m1 TAGMSG #deck",
        ),
    ];
    for (verb, object, capability, line) in table {
        let mut rig = Rig::live_with(&json!({"ircv3": true}), &[capability]);
        assert_eq!(rig.call(verb, &deck, &object), format!("send {line}\nsend PING :fb7-1\n"));
        assert_eq!(rig.hear(":s PONG s :fb7-1"), "2 ok\n");
        let refused = Rig::live().call(verb, &deck, &object);
        assert_eq!(refused, format!("2 failed: this server has no {capability}\n"));
    }
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &["draft/read-marker"]);
    let never = json!({"type": "read", "published": "yesterday"});
    assert_eq!(rig.call("update", &deck, &never), "2 failed: object.published is no time\n");
}

#[test]
fn an_echo_is_for_those_who_ask() {
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &["echo-message"]);
    assert_eq!(rig.hear(":kai!k@h PRIVMSG #deck :said"), "");
    let mut rig = Rig::live_with(&json!({"ircv3": true, "extensions": ["echo"]}), &["echo-message"]);
    assert!(rig.hear(":kai!k@h PRIVMSG #deck :said").starts_with("push send kai@irc.example"));
}

#[test]
fn warnings_are_for_those_who_ask_and_failures_end_what_they_are_about() {
    let mut rig = Rig::live_with(&json!({"ircv3": false, "extensions": ["notes"]}), &[]);
    rig.call("join", &room("#deck"), &Value::Null);
    assert!(rig.hear("WARN JOIN SLOW #deck :It may take long").contains(r#""code":"SLOW""#));
    assert_eq!(rig.hear("FAIL JOIN FULL #deck :No room"), "2 failed: No room\n");
    assert!(rig.hear("FAIL * LATER :Come back").contains(r#""code":"LATER""#));
}

#[test]
fn who_asks_for_accounts_gets_them_with_the_attendance() {
    let mut rig = Rig::live_with(&json!({"ircv3": false, "extensions": ["account", "away"]}), &[]);
    let attendance = json!({"type": "attendance"});
    assert_eq!(rig.call("query", &room("#deck"), &attendance), "send NAMES #deck\n2 ok\n");
    rig.hear(":s 005 kai WHOX :are supported by this server");
    assert_eq!(rig.call("query", &room("#deck"), &attendance), "send WHO #deck %tcuhsnfa,153\n3 ok\n");
    assert_eq!(
        rig.hear(":s 354 kai 153 #deck l h s lou G@ lu"),
        "push update lou@irc.example(lu) -> irc.example/#deck: {\"role\":\"owner\",\"show\":\"away\",\"type\":\"presence\"}\n"
    );
    assert_eq!(
        rig.hear(":s 354 kai 153 #deck m h s mia H 0"),
        "push update mia@irc.example -> irc.example/#deck: {\"role\":\"member\",\"type\":\"presence\"}\n"
    );
    let mut rig = Rig::live_with(&json!({"ircv3": false, "extensions": ["bot"]}), &[]);
    rig.hear(":s 005 kai WHOX BOT=B :are supported by this server");
    assert_eq!(rig.call("query", &room("#deck"), &attendance), "send WHO #deck %tcuhsnfa,153\n2 ok\n");
    assert_eq!(
        rig.hear(":s 354 kai 153 #deck l h s lou HB lu"),
        "push update lou@irc.example[bot] -> irc.example/#deck: {\"role\":\"member\",\"type\":\"presence\"}\n"
    );
}
