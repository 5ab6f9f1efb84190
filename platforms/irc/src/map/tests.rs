use footbridge_schemas::{Manifest, Schemas};
use serde_json::{Value, json};

use super::*;

const RECEIVED: Time = Time(1_772_359_200_000);
const SERVER: &str = "irc.example";

/// What lines mean, errors that no job waits for included, and that the schema lets pass whatever it says of them.
fn map_all(isupport: &Isupport, lines: &[&str]) -> Vec<Value> {
    let mut mapper = Mapper::new(Names::new(SERVER));
    let mut out = Vec::new();
    for line in lines {
        let line = Line::read(line).unwrap();
        if numerics::is_failure(&line) {
            out.extend(mapper.unclaimed(&line, RECEIVED));
        } else {
            mapper.map(&line, isupport, RECEIVED, &mut out);
        }
    }
    let schemas = Schemas::compile("0", Manifest::builtin(), false).unwrap();
    let platform = schemas.platform(&"irc".into()).unwrap();
    let values = out.iter().map(|activity| serde_json::to_value(activity).unwrap());
    values.inspect(|value| assert_eq!(platform.accepts_push(value), Ok(()), "{value}")).collect()
}

fn map(line: &str) -> Vec<Value> {
    map_all(&Isupport::default(), &[line])
}

fn p(nick: &str) -> Value {
    json!({"type": "person", "id": format!("{nick}@irc.example"), "name": nick})
}

fn r(channel: &str) -> Value {
    json!({"type": "room", "id": format!("irc.example/{channel}"), "name": channel})
}

fn v() -> Value {
    json!({"type": "service", "id": "irc.example"})
}

fn activity(kind: &str, actor: Value, target: Value, object: Value) -> Value {
    let published = "2026-03-01T10:00:00.000Z";
    let mut activity = json!({"type": kind, "published": published});
    for (member, value) in [("actor", actor), ("target", target), ("object", object)] {
        if !value.is_null() {
            activity[member] = value;
        }
    }
    activity
}

fn message(text: &str) -> Value {
    json!({"type": "message", "content": text})
}

fn role(role: &str) -> Value {
    json!({"type": "presence", "role": role})
}

fn relationship(role: &str, channel: &str) -> Value {
    json!({
        "type": "relationship", "relationship": "role",
        "subject": {"type": "presence", "role": role}, "object": r(channel),
    })
}

#[test]
fn each_row_of_the_table_is_one_activity() {
    let addressee = json!({"type": "person", "id": "irc.example/kai", "name": "kai"});
    let topic = |text: &str| json!({"type": "topic", "content": text});
    let table = [
        (":lou!l@h JOIN #deck", activity("join", p("lou"), r("#deck"), Value::Null)),
        (":lou!l@h JOIN :#deck", activity("join", p("lou"), r("#deck"), Value::Null)),
        (":lou!l@h JOIN #deck lou :Lou Reed", activity("join", p("lou"), r("#deck"), Value::Null)),
        (":lou!l@h PART #deck", activity("leave", p("lou"), r("#deck"), message("user has left the channel"))),
        (":lou!l@h PART #deck :off", activity("leave", p("lou"), r("#deck"), message("user has left the channel"))),
        (":lou!l@h QUIT :Ping timeout", activity("leave", p("lou"), v(), message("user has quit"))),
        (":lou!l@h QUIT", activity("leave", p("lou"), v(), message("user has quit"))),
        (":lou!l@h NICK :lu", activity("update", p("lou"), p("lu"), json!({"type": "address"}))),
        (":lou!l@h NICK lu", activity("update", p("lou"), p("lu"), json!({"type": "address"}))),
        (":lou!l@h PRIVMSG #deck :all hands", activity("send", p("lou"), r("#deck"), message("all hands"))),
        (":lou!l@h PRIVMSG #deck ahoy", activity("send", p("lou"), r("#deck"), message("ahoy"))),
        // irc 21
        (":lou!l@h PRIVMSG #deck :a : b :c", activity("send", p("lou"), r("#deck"), message("a : b :c"))),
        (":lou!l@h PRIVMSG &deck :hi", activity("send", p("lou"), r("&deck"), message("hi"))),
        (":lou!l@h PRIVMSG kai :psst", activity("send", p("lou"), addressee.clone(), message("psst"))),
        // irc 22
        (
            ":lou!l@h PRIVMSG #deck :\x01ACTION waves\x01",
            activity("send", p("lou"), r("#deck"), json!({"type": "me", "content": "waves"})),
        ),
        (
            ":lou!l@h PRIVMSG #deck :+\x01ACTION waves\x01",
            activity("send", p("lou"), r("#deck"), json!({"type": "me", "content": "waves"})),
        ),
        (":irc.example NOTICE kai :look out", activity("send", v(), p("kai"), message("look out"))),
        (":NickServ!n@services NOTICE kai :who?", activity("send", v(), p("kai"), message("who?"))),
        ("NOTICE kai :no source", Value::Null),
        (":lou!l@h NOTICE #deck :hear", activity("send", p("lou"), r("#deck"), message("hear"))),
        (":irc.example NOTICE #deck :hear", activity("send", v(), r("#deck"), message("hear"))),
        (":lou!l@h TOPIC #deck :new : one", activity("update", p("lou"), r("#deck"), topic("new : one"))),
        (":irc.example 353 kai = #deck :@lou", activity("update", p("lou"), r("#deck"), role("owner"))),
        (":irc.example 353 kai @ #deck %lou!l@h", activity("update", p("lou"), r("#deck"), role("admin"))),
        (":irc.example 352 kai #deck l h s lou H@ :0 Lou", activity("update", p("lou"), r("#deck"), role("owner"))),
        (":irc.example 352 kai #ops l h s lou H :0 Lou", activity("update", p("lou"), r("#ops"), role("member"))),
        (
            ":irc.example 352 kai #deck l h s lou G*+ :0 L",
            activity("update", p("lou"), r("#deck"), role("participant")),
        ),
        (":irc.example 354 kai 152 #deck l h s lou H@ 0", activity("update", p("lou"), r("#deck"), role("member"))),
        (":lou!l@h MODE #deck +o kai", activity("add", p("lou"), p("kai"), relationship("owner", "#deck"))),
        (":lou!l@h MODE #deck -h kai", activity("remove", p("lou"), p("kai"), relationship("admin", "#deck"))),
        (":lou!l@h MODE #deck +v kai", activity("add", p("lou"), p("kai"), relationship("participant", "#deck"))),
    ];
    for (line, want) in table {
        let want = if want.is_null() { Vec::new() } else { vec![want] };
        assert_eq!(map(line), want, "{line}");
    }
}

#[test]
fn what_the_table_does_not_name_says_nothing() {
    for line in [
        ":irc.example 001 kai :Welcome",
        ":irc.example 005 kai CASEMAPPING=ascii :are supported by this server",
        ":irc.example 251 kai :There are 3 users",
        ":irc.example 301 kai lou :gone",
        ":irc.example 315 kai #deck :End of WHO list",
        ":irc.example 324 kai #deck +nt",
        ":irc.example 329 kai #deck 1700000000",
        ":irc.example 331 kai #deck :No topic is set",
        ":irc.example 341 kai lou #deck",
        ":irc.example 366 kai #deck :End of NAMES list",
        ":irc.example 375 kai :- Message of the day -",
        ":irc.example 376 kai :End of MOTD",
        ":irc.example 422 kai :MOTD File is missing",
        ":irc.example 352 kai #deck l h s undefined H :0 x",
        ":irc.example 900 kai k!k@h kai :You are now logged in",
        ":lou!l@h KICK #deck kai :out",
        ":lou!l@h INVITE kai :#deck",
        ":lou!l@h AWAY :tea",
        ":kai MODE kai :+i",
        ":lou!l@h MODE #deck +nt",
        ":lou!l@h MODE #deck +b *!*@h",
        ":lou!l@h MODE #deck",
        ":lou!l@h MODE #deck +o",
        ":lou!l@h PRIVMSG kai :\x01VERSION\x01",
        ":lou!l@h PRIVMSG kai",
        ":lou!l@h JOIN",
        "ERROR :Closing link",
        "CAP * LS :sasl",
        "ZORK a b c",
        "PRIVMSG #deck :from nobody",
    ] {
        assert_eq!(map(line), Vec::<Value>::new(), "{line}");
    }
}

// irc 23
#[test]
fn a_topic_is_told_once_it_is_known_who_set_it_and_when() {
    let lines = [
        ":irc.example 332 kai #deck :one",
        ":irc.example 332 kai #Hold[1] :two : three",
        ":irc.example 333 kai #hold{1} lou!l@h 1000000000",
        ":irc.example 333 kai #deck mia soon",
        ":irc.example 333 kai #deck mia 1000000000",
    ];
    let told = map_all(&Isupport::default(), &lines);
    let mut two = activity("update", p("lou"), r("#hold{1}"), json!({"type": "topic", "content": "two : three"}));
    two["published"] = "2001-09-09T01:46:40.000Z".into();
    assert_eq!(told, [two, activity("update", p("mia"), r("#deck"), json!({"type": "topic", "content": "one"}))]);
}

// irc 24
#[test]
fn the_message_of_the_day_is_one_push() {
    let lines = [
        ":irc.example 372 kai :left over",
        ":irc.example 375 kai :- irc.example -",
        ":irc.example 372 kai :- welcome",
        ":irc.example 372 kai :-  aboard",
        ":irc.example 376 kai :End of MOTD command",
        ":irc.example 376 kai :End of MOTD command",
    ];
    let service = json!({"type": "service", "id": "irc.example", "name": "irc.example"});
    let object = json!({"type": "topic", "content": "- welcome -  aboard"});
    assert_eq!(map_all(&Isupport::default(), &lines), [activity("update", service, Value::Null, object)]);
}

// irc 29
#[test]
fn the_servers_time_counts_more_than_ours() {
    let told = map("@time=2020-01-02T03:04:05.678Z;x=y :lou!l@h PRIVMSG #deck :then");
    assert_eq!(told[0]["published"], "2020-01-02T03:04:05.678Z");
    assert_eq!(map("@time=yesterday :lou!l@h PRIVMSG #deck :now")[0]["published"], "2026-03-01T10:00:00.000Z");
}

// irc 20
#[test]
fn each_member_of_a_room_is_a_push_with_its_role() {
    let told = map(":irc.example 353 kai = #deck :~ann &bob @cid %dan +eve fay *gus ");
    let seen: Vec<_> = told.iter().map(|one| (one["actor"]["name"].as_str(), one["object"]["role"].as_str())).collect();
    let want = [
        ("ann", "owner"),
        ("bob", "owner"),
        ("cid", "owner"),
        ("dan", "admin"),
        ("eve", "participant"),
        ("fay", "member"),
        ("gus", "participant"),
    ];
    assert_eq!(seen, want.map(|(nick, role)| (Some(nick), Some(role))));
}

#[test]
fn a_mode_line_is_walked_by_the_servers_habits() {
    let mut isupport = Isupport::default();
    isupport.token("CHANMODES=beI,k,lj,nt");
    isupport.token("PREFIX=(qaohv)~&@%+");
    let line = ":lou!l@h MODE #deck +bk-v+lqo-j *!*@h key ann 5 bob cid";
    let told = map_all(&isupport, &[line]);
    let seen: Vec<_> = told
        .iter()
        .map(|one| {
            [&one["type"], &one["target"]["name"], &one["object"]["subject"]["role"]].map(|part| part.as_str().unwrap())
        })
        .collect();
    assert_eq!(seen, [["remove", "ann", "participant"], ["add", "bob", "owner"], ["add", "cid", "owner"]]);
}

#[test]
fn channels_are_what_the_server_says_they_are() {
    let mut isupport = Isupport::default();
    isupport.token("CHANTYPES=#!");
    isupport.token("STATUSMSG=@+");
    let told = map_all(&isupport, &[":a PRIVMSG !x :1", ":a PRIVMSG &x :2", ":a PRIVMSG @#x :3", ":a PRIVMSG @x :4"]);
    let ids: Vec<_> = told.iter().map(|one| one["target"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["irc.example/!x", "irc.example/&x", "irc.example/#x", "irc.example/@x"]);
    assert_eq!(told.iter().filter(|one| one["target"]["type"] == "room").count(), 2);
}

#[test]
fn errors_that_nobody_waits_for_are_pushed_as_the_contract_shows_them() {
    let me = json!({"type": "person", "id": "kai@irc.example"});
    let room = json!({"type": "room", "id": "irc.example/#deck"});
    let error = |kind: &str, actor: &Value, target: &Value, text: &str| {
        let mut error = activity(kind, actor.clone(), target.clone(), Value::Null);
        error["error"] = text.into();
        error
    };
    let nowhere = json!({"type": "person", "id": "#zork@irc.example"});
    let mut table = vec![
        (":s 403 kai #zork :No such channel".to_owned(), error("join", &v(), &nowhere, "no such channel #zork")),
        (":s 472 kai x :is unknown mode char".to_owned(), error("update", &me, &v(), "is unknown mode char")),
    ];
    for number in [432, 433, 437] {
        table.push((format!(":s {number} * lou :is taken"), error("update", &p("lou"), &v(), "is taken")));
    }
    for number in [471, 473, 474, 475, 476, 477, 478, 482] {
        table.push((format!(":s {number} kai #deck :no"), error("update", &me, &room, "no")));
    }
    for (line, want) in table {
        assert_eq!(map(&line), [want], "{line}");
    }
    for number in [401, 404, 405, 407, 411, 412, 441, 442, 443, 461, 464, 465, 481, 484] {
        assert_eq!(map(&format!(":s {number} kai #deck :no")), Vec::<Value>::new(), "{number}");
    }
    assert_eq!(map("FAIL PRIVMSG CANNOT_SEND #deck :no"), Vec::<Value>::new());
}

/// 86 lines of everything a session sees, each with what it counts as.
const SESSION: &str = include_str!("tests/session.txt");

#[test]
fn a_whole_session_counts_as_the_contracts_corpus_does() {
    let lines: Vec<(&str, &str)> = SESSION.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let lines: Vec<_> = lines.into_iter().map(|(counts, line)| (counts, line.replace("^A", "\x01"))).collect();
    assert_eq!(lines.len(), 86);
    let text: Vec<&str> = lines.iter().map(|(_, line)| &**line).collect();
    let told = map_all(&Isupport::default(), &text);
    let errors = told.iter().filter(|one| one.get("error").is_some()).count();
    assert_eq!((told.len() - errors, errors), (42, 7));
    let of = |kind: &str| lines.iter().filter(|(counts, _)| *counts == kind).count();
    assert_eq!((of("ignored"), of("ping"), of("pong")), (22, 2, 3));
    // Each line by itself, with all before it, adds what it is marked with.
    let marked: usize = lines.iter().filter_map(|(counts, _)| counts.parse::<usize>().ok()).sum();
    assert_eq!(marked, told.len());
    for place in 1..=text.len() {
        let before = map_all_unchecked(&text[..place - 1]);
        let after = map_all_unchecked(&text[..place]);
        assert_eq!(after - before, lines[place - 1].0.parse().unwrap_or(0), "{}", text[place - 1]);
    }
}

fn map_all_unchecked(lines: &[&str]) -> usize {
    let mut mapper = Mapper::new(Names::new(SERVER));
    let mut out = Vec::new();
    for line in lines {
        let line = Line::read(line).unwrap();
        if numerics::is_failure(&line) {
            out.extend(mapper.unclaimed(&line, RECEIVED));
        } else {
            mapper.map(&line, &Isupport::default(), RECEIVED, &mut out);
        }
    }
    out.len()
}
