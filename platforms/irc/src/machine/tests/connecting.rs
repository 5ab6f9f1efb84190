//! The life of a connection.

use serde_json::{Value, json};

use super::rig::{Rig, room};
use crate::machine::Down;
use crate::webirc::Webirc;

// irc 1
#[test]
fn without_anything_to_authenticate_it_registers_in_clear_text() {
    let mut rig = Rig::new();
    assert_eq!(rig.connect(&json!({})), "dial irc.example:6667\n");
    assert!(!rig.machine.is_initialised());
    assert_eq!(rig.up(), "send USER kai 8 * :kai\nsend NICK kai\n");
    assert_eq!(rig.hear("NOTICE * :*** Looking up your hostname"), "");
    assert_eq!(rig.hear(":irc.example 001 kai :Welcome"), "1 ok\n");
    assert!(rig.machine.is_initialised());
    // Nothing that comes right behind is lost.
    assert!(rig.hear(":irc.example NOTICE kai :hello").starts_with("push send irc.example"));
}

#[test]
fn each_way_to_fail_has_its_text() {
    let before = [
        (Down::Unreachable, "error connecting to server."),
        (Down::Forbidden, "error connecting to server: the gateway's setting egress does not allow it."),
        (Down::Abrupt, "connection to server closed."),
        (Down::Orderly, "unable to connect to server: socket ended"),
        (Down::Silent, "connection timeout to server."),
    ];
    for (down, text) in before {
        let mut rig = Rig::new();
        rig.connect(&json!({}));
        if !matches!(down, Down::Unreachable | Down::Forbidden) {
            rig.up();
        }
        assert_eq!(rig.down(down), format!("1 failed: {text}\n"));
        // A new attempt begins at once.
        assert_eq!(rig.connect(&json!({})), "dial irc.example:6667\n");
    }
    // irc 4, 5
    let said = [
        (":s 433 * kai :Nickname is already in use", "nicknames unavailable", "send QUIT\n"),
        (":s 464 * :Password incorrect", "bad password", "send QUIT\n"),
        ("ERROR :Closing Link", "bad proxy configuration", ""),
    ];
    for (line, text, quit) in said {
        let mut rig = Rig::new();
        rig.connect(&json!({}));
        rig.up();
        assert_eq!(rig.hear(line), format!("{quit}1 failed: unable to connect to server: {text}\nclose\n"));
        // While the old connection closes, a new attempt waits for it.
        assert_eq!(rig.connect(&json!({})), "");
        assert_eq!(rig.down(Down::Orderly), "dial irc.example:6667\n");
        rig.up();
        assert_eq!(rig.hear(":s 001 kai :Welcome"), "2 ok\n");
    }
}

fn introduced(address: Option<&str>) -> Rig {
    let networks = serde_json::from_str(r#"{"irc.example": {"password": "s3cret", "gateway": "hub"}}"#).unwrap();
    Rig::with(Webirc::new(&networks, address).unwrap())
}

#[test]
fn a_network_is_told_first_where_its_user_comes_from_and_the_same_after_a_reconnection() {
    let mut rig = introduced(Some("203.0.113.9"));
    rig.connect(&json!({"serverPassword": "pass", "reconnect": true}));
    let introduction = "send WEBIRC s3cret hub 203.0.113.9 203.0.113.9\n";
    assert_eq!(rig.up(), format!("{introduction}send PASS pass\nsend USER kai 8 * :kai\nsend NICK kai\n"));
    rig.hear(":irc.example 001 kai :Welcome");
    rig.down(Down::Abrupt);
    assert!(rig.up().starts_with(introduction));
}

#[test]
fn other_servers_are_told_nothing() {
    let mut rig = introduced(Some("203.0.113.9"));
    rig.connect(&json!({"server": "irc.other"}));
    assert_eq!(rig.up(), "send USER kai 8 * :kai\nsend NICK kai\n");
}

#[test]
fn an_operators_password_is_not_shown_to_a_server_whose_certificate_is_not_checked() {
    let mut rig = introduced(Some("203.0.113.9"));
    let unchecked = json!({"secure": true, "allowInvalidCert": true});
    let refused = "1 failed: /object/allowInvalidCert is not possible with this server: \
                   it is one of the gateway's webirc\n";
    assert_eq!(rig.connect(&unchecked), refused);
}

#[test]
fn a_connection_that_is_forbidden_by_now_is_not_tried_again() {
    let mut rig = Rig::new();
    rig.connect(&json!({"reconnect": true}));
    rig.greet(&[]);
    assert!(rig.down(Down::Abrupt).contains("dial"));
    assert_eq!(rig.down(Down::Forbidden), "");
    assert_eq!(rig.wait(3600), "");
}

// irc 9
#[test]
fn a_nick_with_a_line_break_is_refused_before_any_connection() {
    for changes in [json!({"nick": "k\ri"}), json!({"username": "k\n"})] {
        assert_eq!(Rig::new().connect(&changes), "1 failed: IRC values must not contain CR or LF characters\n");
    }
}

#[test]
fn a_server_that_never_welcomes_is_given_up() {
    let mut rig = Rig::new();
    rig.connect(&json!({}));
    rig.up();
    assert_eq!(rig.wait(29), "");
    assert_eq!(rig.wait(1), "1 failed: connection timeout to server.\nclose\n");
}

// irc 6
#[test]
fn a_second_connect_shares_the_first_ones_connection() {
    let mut rig = Rig::new();
    rig.connect(&json!({}));
    assert_eq!(rig.connect(&json!({})), "");
    rig.up();
    assert_eq!(rig.hear(":s 001 kai :Welcome"), "1 ok\n2 ok\n");
    assert_eq!(rig.connect(&json!({})), "3 ok\n");
}

#[test]
fn a_second_connect_does_not_wait_for_ever() {
    let mut rig = Rig::new();
    rig.connect(&json!({}));
    rig.wait(10);
    rig.connect(&json!({}));
    assert_eq!(
        rig.wait(20),
        "1 failed: connection timeout to server.\n2 failed: connection timeout to server.\nclose\n"
    );
}

#[test]
fn a_repeated_connect_asks_a_silent_server_whether_it_is_there() {
    let mut rig = Rig::live();
    rig.wait(60);
    assert_eq!(rig.connect(&json!({})), "send PING :fb7-1\n");
    assert_eq!(rig.hear(":irc.example PONG irc.example :fb7-1"), "2 ok\n");
    rig.wait(60);
    assert_eq!(rig.connect(&json!({})), "send PING :fb7-2\n");
    assert_eq!(rig.wait(10), "dial irc.example:6667\n");
    rig.up();
    assert_eq!(rig.hear(":irc.example 001 kai :Welcome"), "3 ok\n");
}

// irc 25
#[test]
fn a_lost_connection_ends_its_jobs_and_can_be_made_again() {
    let mut rig = Rig::live();
    rig.call("join", &room("#deck"), &Value::Null);
    assert_eq!(rig.down(Down::Abrupt), "2 failed: connection to server closed.\n");
    assert!(!rig.machine.is_initialised());
    assert_eq!(rig.machine.deadline(), None);
    assert_eq!(
        rig.say("#deck", "x"),
        "3 failed: no client found, and no credentials specified. you must connect first\n"
    );
    assert_eq!(rig.connect(&json!({})), "dial irc.example:6667\n");
    assert!(rig.greet(&[]).ends_with("4 ok\n"));
}

// irc 26
#[test]
fn disconnect_then_connect_works_in_the_same_instance() {
    let mut rig = Rig::live();
    rig.join("#deck");
    assert_eq!(rig.call("disconnect", &Value::Null, &Value::Null), "send QUIT :bye\n3 ok\nclose\n");
    assert!(!rig.machine.is_initialised());
    assert_eq!(rig.connect(&json!({})), "");
    assert_eq!(rig.down(Down::Orderly), "dial irc.example:6667\n");
    assert_eq!(rig.greet(&[]), "send USER kai 8 * :kai\nsend NICK kai\n4 ok\n");
}

#[test]
fn with_reconnect_it_comes_back_to_where_it_was() {
    let changes = json!({"reconnect": true, "extensions": ["connection"], "ircv3": false});
    let mut rig = Rig::live_with(&changes, &[]);
    rig.join("#deck");
    rig.call("join", &room("#vault"), &json!({"type": "key", "content": "sesame"}));
    rig.hear(":kai!k@h JOIN #vault");
    let down = rig.down(Down::Abrupt);
    assert!(down.contains("\"code\":\"disconnected\""), "{down}");
    assert!(down.ends_with("dial irc.example:6667 after a pause\n"), "{down}");
    // The server is still away.
    assert_eq!(rig.down(Down::Unreachable), "dial irc.example:6667 after a pause\n");
    let greeted = rig.greet(&[]);
    assert!(!greeted.contains("connected"), "{greeted}");
    let settled = rig.settle();
    assert!(settled.starts_with("send JOIN #vault,#deck sesame\n"), "{settled}");
    assert!(settled.contains("\"code\":\"connected\""), "{settled}");
    // What is said now comes behind the request to be let in.
    assert!(rig.say("#vault", "open up").starts_with("send PRIVMSG #vault :open up\n"));
    assert_eq!(rig.hear(":s 475 kai #vault :Cannot join channel (+k)"), "4 failed: Cannot join channel (+k)\n");
    assert!(rig.say("#vault", "hello?").contains("not first joined"));
    rig.hear(":kai!k@h JOIN #deck");
    assert!(rig.say("#deck", "back").starts_with("send PRIVMSG #deck :back\n"));
}

#[test]
fn a_connect_does_not_wait_for_the_pause_to_end() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    rig.down(Down::Abrupt);
    assert_eq!(rig.connect(&json!({"reconnect": true})), "dial irc.example:6667\n");
    assert!(rig.greet(&[]).ends_with("2 ok\n"));
}

#[test]
fn a_password_that_is_refused_ends_all_attempts_to_come_back() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    rig.down(Down::Abrupt);
    rig.up();
    assert_eq!(rig.hear(":s 433 * kai :In use"), "send QUIT\ndial irc.example:6667 after a pause\n");
    rig.up();
    assert_eq!(rig.hear(":s 464 * :Password incorrect"), "send QUIT\nclose\n");
    assert_eq!(rig.down(Down::Orderly), "");
}

#[test]
fn transport_security_that_a_server_demands_is_obeyed() {
    let mut rig = Rig::new();
    rig.connect(&json!({"ircv3": true}));
    rig.up();
    assert_eq!(rig.hear(":s CAP * LS :sts=port=6697,duration=60"), "dial irc.example:6697 tls\n");
}

#[test]
fn what_a_server_demands_is_told_to_others_and_obeyed_before_it_is_asked() {
    let mut rig = Rig::new();
    rig.connect(&json!({"secure": true, "port": 6697}));
    rig.up();
    assert_eq!(rig.hear(":s CAP * LS :sts=duration=60"), "send CAP END\n");
    assert_eq!(rig.hear(":s 001 kai :Welcome"), "1 ok\nnote irc.example 6697 for 60 s\n");
    // Another client, who asked for clear text.
    let mut other = Rig::new();
    assert_eq!(other.connect(&json!({})), "dial irc.example:6667\n");
    assert_eq!(other.cleared(Some("6697")), "irc.example:6697 tls");
    // What is no note changes nothing, nor does one where TLS was wanted anyway.
    for (wanted, note, dialled) in [
        (json!({}), Some("0"), "irc.example:6667"),
        (json!({}), Some("x"), "irc.example:6667"),
        (json!({}), None, "irc.example:6667"),
        (json!({"secure": true, "port": 7000}), Some("6697"), "irc.example:7000 tls"),
    ] {
        let mut rig = Rig::new();
        rig.connect(&wanted);
        assert_eq!(rig.cleared(note), dialled);
    }
}

#[test]
fn a_demand_counts_only_from_who_has_proved_to_be_that_server() {
    for unproved in [json!({"ircv3": true}), json!({"secure": true, "allowInvalidCert": true})] {
        let mut rig = Rig::new();
        rig.connect(&unproved);
        rig.up();
        rig.hear(":s CAP * LS :sts=duration=60");
        assert_eq!(rig.hear(":s 001 kai :Welcome"), "1 ok\n");
    }
    let mut rig = Rig::new();
    rig.connect(&json!({"secure": true}));
    rig.up();
    rig.hear(":s CAP * LS :sts=duration=0");
    assert_eq!(rig.hear(":s 001 kai :Welcome"), "1 ok\nnote irc.example 6697 for 0 s\n");
}

#[test]
fn coming_back_may_wait_for_its_turn_and_connecting_may_not() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    rig.down(Down::Abrupt);
    assert_eq!(rig.wait(3600), "");
    assert_eq!(rig.cleared(None), "irc.example:6667");
    assert_eq!(rig.wait(30), "dial irc.example:6667 after a pause\n");
    assert_eq!(rig.connect(&json!({"reconnect": true})), "dial irc.example:6667\n");
    assert!(rig.wait(30).starts_with("2 failed: connection timeout to server.\n"));
    // Nobody connects who was told not to.
    let mut left = Rig::new();
    left.connect(&json!({}));
    left.cancel();
    assert_eq!(left.cleared(None), "nowhere");
}

#[test]
fn a_connect_that_nobody_waits_for_any_more_is_given_up() {
    let mut rig = Rig::new();
    rig.connect(&json!({}));
    assert_eq!(rig.cancel(), "close\n");
    assert_eq!(rig.down(Down::Orderly), "");
}

#[test]
fn an_alternative_nick_is_given_back_when_the_wanted_one_is_free() {
    let mut rig = Rig::new();
    rig.connect(&json!({"alternativeNicks": ["kai_"]}));
    rig.up();
    assert_eq!(rig.hear(":s 433 * kai :In use"), "send NICK kai_\n");
    // Told before the connect is answered.
    let told = "push update kai@irc.example -> kai_@irc.example: {\"type\":\"address\"}\n1 ok\n";
    assert_eq!(rig.hear(":s 001 kai_ :Welcome"), told);
    assert_eq!(rig.wait(60), "send NICK kai\n");
    // Not a job's error, and nobody's news.
    assert_eq!(rig.hear(":s 433 kai_ kai :In use"), "");
    let told = rig.hear(":kai!x@y QUIT :ping timeout");
    assert!(told.starts_with("send NICK kai\n"), "{told}");
    rig.hear(":kai_!k@h NICK kai");
    assert_eq!(rig.machine.deadline(), None);
}

#[test]
fn pings_are_answered_once() {
    let mut rig = Rig::live();
    assert_eq!(rig.hear("PING :token with spaces"), "send PONG :token with spaces\n");
}

#[test]
fn a_connection_that_breaks_when_asked_whether_it_is_there_is_made_again() {
    let mut rig = Rig::live();
    rig.join("#deck");
    rig.wait(60);
    assert_eq!(rig.connect(&json!({})), "send PING :fb7-2\n");
    assert_eq!(rig.down(Down::Abrupt), "dial irc.example:6667\n");
    assert_eq!(rig.greet(&[]), "send USER kai 8 * :kai\nsend NICK kai\n3 ok\n");
    assert_eq!(rig.settle(), "send JOIN #deck\n");
}

#[test]
fn a_channel_that_does_not_let_us_in_again_is_not_tried_for_ever() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    rig.join("#deck");
    rig.down(Down::Abrupt);
    rig.greet(&[]);
    assert_eq!(rig.settle(), "send JOIN #deck\n");
    assert!(rig.hear(":s 474 kai #deck :You are banned").contains("! You are banned"));
    rig.down(Down::Abrupt);
    rig.greet(&[]);
    assert_eq!(rig.settle(), "");
}

#[test]
fn channels_are_entered_together_and_each_is_let_in_or_refused_by_itself() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    for channel in ["#a", "#b", "#c", "#d"] {
        rig.join(channel);
    }
    rig.down(Down::Abrupt);
    rig.greet(&[]);
    // Only now it is known how many may be named at a time.
    assert_eq!(rig.hear(":s 005 kai TARGMAX=JOIN:3 :are supported by this server"), "");
    assert_eq!(rig.hear(":s 376 kai :End of MOTD"), "send JOIN #a,#b,#c\nsend JOIN #d\n");
    rig.hear(":kai!k@h JOIN #a");
    assert!(rig.hear(":s 471 kai #b :Cannot join channel (+l)").contains("! Cannot join channel (+l)"));
    rig.hear(":kai!k@h JOIN #c");
    for (channel, inside) in [("#a", true), ("#b", false), ("#c", true)] {
        assert_eq!(rig.say(channel, "back").starts_with("send PRIVMSG"), inside, "{channel}");
    }
    // The message of the day can be asked for again.
    assert_eq!(rig.hear(":s 376 kai :End of MOTD"), "");
    rig.down(Down::Abrupt);
    rig.greet(&[]);
    assert_eq!(rig.settle(), "send JOIN #a,#c,#d\n");
}

#[test]
fn a_greeting_without_an_end_keeps_nobody_out_of_their_channels() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    assert_eq!(rig.machine.deadline(), None);
    rig.join("#deck");
    rig.down(Down::Abrupt);
    rig.greet(&[]);
    assert_eq!(rig.hear(":s 372 kai :- and another thing"), "");
    assert_eq!(rig.wait(10), "send JOIN #deck\n");
    assert_eq!((rig.settle(), rig.machine.deadline()), (String::new(), None));
}

#[test]
fn who_wants_no_connection_any_more_does_not_get_another_one() {
    let mut rig = Rig::live_with(&json!({"reconnect": true}), &[]);
    rig.join("#deck");
    assert_eq!(rig.down(Down::Abrupt), "dial irc.example:6667 after a pause\n");
    assert!(!rig.machine.is_initialised() && rig.machine.is_wanted());
    assert_eq!(rig.call("disconnect", &Value::Null, &Value::Null), "3 ok\nclose\n");
    assert!(!rig.machine.is_wanted());
    assert_eq!(rig.down(Down::Orderly), "");
    assert_eq!((rig.wait(3600), rig.machine.deadline()), (String::new(), None));
}

#[test]
fn programs_are_marked_as_such_where_the_server_has_a_mode_for_it() {
    let mut rig = Rig::live_with(&json!({"bot": true, "ircv3": false}), &[]);
    rig.hear(":s 005 kai BOT=B :are supported by this server");
    assert_eq!(rig.settle(), "send MODE kai +B\n");
    for (bot, habit) in [(false, "BOT=B"), (true, "WHOX"), (true, "BOT="), (true, "BOT=:"), (true, "BOT=+")] {
        let mut rig = Rig::live_with(&json!({"bot": bot}), &[]);
        rig.hear(&format!(":s 005 kai {habit} :are supported by this server"));
        assert_eq!(rig.settle(), "", "{habit}");
    }
}
