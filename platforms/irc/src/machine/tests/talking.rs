//! Verbs on a connection that stands, and whose answer ends which of them.

use serde_json::{Value, json};

use super::rig::{Rig, message, room};

/// Channels, their fence numbers, and what answers them.
fn pong(number: u64) -> String {
    format!(":irc.example PONG irc.example :fb7-{number}")
}

// irc 10
#[test]
fn a_join_ends_when_the_server_confirms_it_and_a_second_one_at_once() {
    let mut rig = Rig::live();
    assert_eq!(rig.call("join", &room("#Deck"), &Value::Null), "send JOIN #Deck\nsend PING :fb7-1\n");
    assert_eq!(rig.hear(":lou!l@h JOIN #deck"), "push join lou@irc.example -> irc.example/#deck\n");
    assert_eq!(rig.hear(":kai!k@h JOIN #deck"), "2 ok\n");
    assert_eq!(rig.hear(&pong(1)), "");
    assert_eq!(rig.call("join", &room("#DECK"), &Value::Null), "3 ok\n");
}

// irc 11
#[test]
fn a_join_that_is_refused_fails_with_the_servers_text() {
    for (line, text) in [
        (":s 473 kai #deck :Cannot join channel (+i)", "Cannot join channel (+i)"),
        (":s 403 kai #deck :No such channel", "no such channel #deck"),
        (":s 405 kai #DECK :Too many", "Too many"),
        (":s 437 kai #deck :Unavailable", "Unavailable"),
        (":s 470 kai #deck #other :Forwarding", "Forwarding"),
        (":s 461 kai JOIN :Not enough parameters", "Not enough parameters"),
        (":s 465 kai :You are banned", "You are banned"),
        ("FAIL JOIN NO #deck :Not today", "Not today"),
    ] {
        let mut rig = Rig::live();
        rig.call("join", &room("#deck"), &Value::Null);
        assert_eq!(rig.hear(line), format!("2 failed: {text}\n"), "{line}");
        assert_eq!(rig.hear(&pong(1)), "");
        assert_eq!(
            rig.say("#deck", "x"),
            "3 failed: cannot send message to a channel of which you've not first joined.\n"
        );
    }
}

#[test]
fn errors_about_something_else_end_no_job() {
    let mut rig = Rig::live();
    rig.call("join", &room("#deck"), &Value::Null);
    assert_eq!(rig.hear(":s 442 kai #other :You're not on that channel"), "");
    assert_eq!(rig.hear(":s 411 kai :No recipient"), "");
    assert_eq!(
        rig.hear(":s 482 kai #other :You're not an operator"),
        "push update kai@irc.example -> irc.example/#other ! You're not an operator\n"
    );
    assert_eq!(rig.hear(":kai!k@h JOIN #deck"), "2 ok\n");
}

#[test]
fn a_join_that_is_never_confirmed_fails_in_the_end() {
    let mut rig = Rig::live();
    rig.call("join", &room("#deck"), &Value::Null);
    assert_eq!(rig.hear(&pong(1)), "");
    assert!(rig.machine.deadline().is_some());
    assert_eq!(rig.wait(5), "2 failed: the server did not confirm JOIN\n");
}

// irc 12
#[test]
fn a_message_is_done_when_the_server_has_dealt_with_it() {
    let mut rig = Rig::live();
    rig.join("#deck");
    assert_eq!(rig.say("#deck", "ahoy : all"), "send PRIVMSG #deck :ahoy : all\nsend PING :fb7-2\n");
    assert_eq!(rig.hear(":irc.example PONG irc.example :somebody-elses"), "");
    assert_eq!(rig.hear(&pong(1)), "");
    assert_eq!(rig.hear(&pong(2)), "3 ok\n");
}

// irc 15
#[test]
fn a_channel_has_to_be_joined_before_a_person_does_not() {
    let mut rig = Rig::live();
    assert_eq!(rig.say("#deck", "x"), "2 failed: cannot send message to a channel of which you've not first joined.\n");
    let lou = json!({"type": "person", "id": "lou@irc.example"});
    assert_eq!(rig.call("send", &lou, &message("psst")), "send PRIVMSG lou :psst\nsend PING :fb7-1\n");
    assert_eq!(rig.hear(":s 401 kai lou :No such nick"), "3 failed: No such nick\n");
}

// irc 16, 17
#[test]
fn slash_words_are_actions_and_notices() {
    let mut rig = Rig::live();
    assert_eq!(rig.say("#deck", "/me waves"), "send PRIVMSG #deck :\x01ACTION waves\x01\n2 ok\n");
    assert_eq!(rig.say("#deck", "/notice hush"), "send NOTICE #deck :hush\nsend PING :fb7-1\n");
    assert_eq!(rig.hear(&pong(1)), "3 ok\n");
    rig.join("#deck");
    assert_eq!(rig.say("#deck", "x/me y"), "send PRIVMSG #deck :x/me y\nsend PING :fb7-3\n");
}

// irc 14
#[test]
fn jobs_end_by_their_own_fence_whatever_else_happens() {
    let mut rig = Rig::live();
    rig.join("#deck");
    rig.say("#deck", "one");
    rig.say("#deck", "two");
    assert_eq!(rig.hear(":kai!k@h TOPIC #deck :own"), "");
    assert_eq!(rig.hear(&pong(3)), "4 ok\n");
    assert_eq!(rig.hear(&pong(2)), "3 ok\n");
}

// irc 18
#[test]
fn a_topic_is_sent_whole() {
    let mut rig = Rig::live();
    let topic = json!({"type": "topic", "content": "many words : here"});
    assert_eq!(rig.call("update", &room("#deck"), &topic), "send TOPIC #deck :many words : here\nsend PING :fb7-1\n");
    assert_eq!(rig.hear(":s 482 kai #deck :You're no operator"), "2 failed: You're no operator\n");
}

// irc 19
#[test]
fn a_nick_change_rekeys_the_instance() {
    let mut rig = Rig::live();
    let kay = json!({"type": "person", "id": "kay@irc.example", "name": "kay"});
    let address = json!({"type": "address"});
    assert_eq!(rig.call("update", &kay, &address), "send NICK kay\nsend PING :fb7-1\n");
    assert_eq!(rig.hear(":kai!k@h NICK :kay"), "rekey kay@irc.example\n2 ok\n");
    rig.acts_as("kay@irc.example");
    let lou = json!({"type": "person", "id": "lou@irc.example", "name": "lou"});
    assert_eq!(rig.call("update", &lou, &address), "send NICK lou\nsend PING :fb7-2\n");
    assert_eq!(rig.hear(":s 433 kay lou :Nickname is already in use"), "3 failed: Nickname is already in use\n");
    assert_eq!(rig.hear(":kay!k@h JOIN #own"), "");
}

// irc 20
#[test]
fn attendance_is_asked_for_once_and_told_in_pushes() {
    let mut rig = Rig::live();
    let attendance = json!({"type": "attendance"});
    assert_eq!(rig.call("query", &room("#deck"), &attendance), "send NAMES #deck\n2 ok\n");
    assert_eq!(
        rig.hear(":s 353 kai = #deck :@lou kai"),
        "push update lou@irc.example -> irc.example/#deck: {\"role\":\"owner\",\"type\":\"presence\"}\n"
    );
    let nowhere = json!({"type": "person", "id": "lou"});
    let refused = "cannot query attendance without a valid channel name\n";
    assert_eq!(rig.call("query", &nowhere, &attendance), format!("3 failed: {refused}"));
    assert_eq!(rig.call("query", &Value::Null, &attendance), format!("4 failed: {refused}"));
}

// irc 27
#[test]
fn leaving_is_done_at_once() {
    let mut rig = Rig::live();
    rig.join("#deck");
    assert_eq!(rig.call("leave", &room("#deck"), &message("off")), "send PART #deck :off\n3 ok\n");
    assert_eq!(rig.hear(":kai!k@h PART #deck"), "");
    assert_eq!(rig.say("#deck", "x"), "4 failed: cannot send message to a channel of which you've not first joined.\n");
}

#[test]
fn being_kicked_out_is_having_left() {
    let mut rig = Rig::live();
    rig.join("#deck");
    assert_eq!(rig.hear(":lou!l@h KICK #deck kai :out"), "");
    assert!(rig.say("#deck", "x").contains("not first joined"));
}

#[test]
fn own_events_are_pushed_only_to_those_with_another_id() {
    let mut rig = Rig::live();
    for line in [
        ":kai!k@h JOIN #deck",
        ":kai!k@h MODE #deck +v lou",
        ":kai!k@h TOPIC #deck :own",
        ":kai!k@h PART #deck",
        ":kai!k@h NICK kay",
    ] {
        assert_eq!(rig.hear(line), "", "{line}");
    }
    let mut rig = Rig::new();
    rig.acts_as("kai");
    rig.connect(&json!({}));
    rig.greet(&[]);
    assert_eq!(rig.hear(":kai!k@h JOIN #deck"), "push join kai@irc.example -> irc.example/#deck\n");
}

#[test]
fn long_messages_are_several_and_end_together() {
    let mut rig = Rig::live();
    rig.join("#deck");
    let text = "ahoy there ".repeat(100);
    let said = rig.say("#deck", &text);
    let bodies: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("send PRIVMSG #deck :")).collect();
    assert_eq!(bodies.concat(), text.trim());
    assert!(bodies.len() > 2 && bodies[0].len() > 400);
    // What others receive fits a line.
    let received = |body: &&str| format!(":kai!k@host.example PRIVMSG #deck :{body}\r\n").len();
    assert!(bodies.iter().map(received).all(|bytes| bytes <= 512));
    assert_eq!(said.matches("PING").count(), 1);
    assert_eq!(rig.hear(&pong(2)), "3 ok\n");
}

#[test]
fn what_cannot_be_split_and_is_too_long_is_refused() {
    let mut rig = Rig::live();
    let topic = json!({"type": "topic", "content": "x".repeat(600)});
    let refused = rig.call("update", &room("#deck"), &topic);
    assert_eq!(refused, "2 failed: this is longer than the 512 bytes that the server takes\n");
}

#[test]
fn with_labels_each_job_is_answered_by_its_own() {
    let caps = ["batch", "echo-message", "labeled-response", "message-tags"];
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &caps);
    assert_eq!(rig.call("join", &room("#deck"), &Value::Null), "send @label=1 JOIN #deck\n");
    rig.hear("@label=1 :irc.example BATCH +x labeled-response");
    assert_eq!(rig.hear("@batch=x :kai!k@h JOIN #deck"), "2 ok\n");
    assert_eq!(
        rig.hear("@batch=x :irc.example 353 kai = #deck :kai lou"),
        "push update lou@irc.example -> irc.example/#deck: {\"role\":\"member\",\"type\":\"presence\"}\n"
    );
    assert_eq!(rig.hear(":irc.example BATCH -x"), "");
    assert_eq!(rig.say("#deck", "one"), "send @label=2 PRIVMSG #deck :one\n");
    assert_eq!(rig.say("#deck", "two"), "send @label=3 PRIVMSG #deck :two\n");
    assert_eq!(
        rig.hear("@label=3 :irc.example 404 kai #deck :Cannot send to channel"),
        "4 failed: Cannot send to channel\n"
    );
    // irc 12: the echo is nobody's news.
    assert_eq!(rig.hear("@label=2 :kai!k@h PRIVMSG #deck :one"), "3 ok\n");
    rig.call("update", &room("#deck"), &json!({"type": "topic", "content": "t"}));
    assert_eq!(rig.hear("@label=4 :irc.example ACK"), "5 ok\n");
    rig.call("join", &room("#full"), &Value::Null);
    rig.hear("@label=5 :irc.example BATCH +y labeled-response");
    assert_eq!(rig.hear("@batch=y :irc.example 471 kai #full :It is full"), "6 failed: It is full\n");
    assert_eq!(rig.hear(":irc.example BATCH -y"), "");
}

#[test]
fn a_long_message_with_labels_ends_with_the_last_of_them() {
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &["batch", "labeled-response", "message-tags"]);
    rig.hear(":kai!k@host.example JOIN #deck");
    let said = rig.say("#deck", &"x".repeat(700));
    assert_eq!(said.matches("@label=").count(), 2);
    assert_eq!(rig.hear("@label=1 ACK"), "");
    assert_eq!(rig.hear("@label=2 ACK"), "2 ok\n");
}

#[test]
fn a_job_nobody_waits_for_ends_in_silence() {
    let mut rig = Rig::live();
    rig.join("#deck");
    rig.say("#deck", "x");
    assert_eq!(rig.cancel(), "");
    assert_eq!(rig.hear(&pong(2)), "");
}

#[test]
fn an_error_that_names_a_mode_alone_is_about_the_job_that_changed_modes() {
    let mut rig = Rig::live();
    rig.join("#deck");
    rig.say("#deck", "x");
    rig.call("update", &room("#deck"), &json!({"type": "modes", "content": "+x"}));
    assert_eq!(rig.hear(":s 472 kai x :is unknown mode char to me"), "4 failed: is unknown mode char to me\n");
    assert_eq!(rig.hear(&pong(2)), "3 ok\n");
}

#[test]
fn a_nick_that_is_cut_off_is_the_one_we_act_for_and_ones_own_is_no_change() {
    let mut rig = Rig::live();
    let named = |nick: &str| json!({"type": "person", "id": nick, "name": nick});
    let address = json!({"type": "address"});
    assert_eq!(rig.call("update", &named("kai"), &address), "2 ok\n");
    rig.call("update", &named("bartholomew"), &address);
    assert_eq!(rig.hear(":kai!k@h NICK bartholo"), "rekey bartholo@irc.example\n3 ok\n");
    assert_eq!(rig.machine.deadline(), None);
}
