//! Our account, on a connection that stands.

use serde_json::{Value, json};

use super::rig::Rig;

/// Connected while there was no SASL.
fn without(changes: &Value) -> Rig {
    let mut object = json!({"password": "pencil", "nickServ": true});
    object.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let mut rig = Rig::new();
    rig.connect(&object);
    rig.up();
    rig.hear(":s CAP * LS :cap-notify");
    rig.hear(":s 001 kai :Welcome");
    rig
}

#[test]
fn services_that_come_back_are_told_who_we_are() {
    let mut rig = without(&json!({}));
    assert_eq!(rig.hear(":s CAP kai NEW :away-notify sasl=EXTERNAL,PLAIN"), "send CAP REQ :sasl\n");
    assert_eq!(rig.hear(":s CAP kai ACK :sasl"), "send AUTHENTICATE PLAIN\n");
    assert_eq!(rig.hear("AUTHENTICATE +"), "send AUTHENTICATE a2FpAGthaQBwZW5jaWw=\n");
    assert_eq!(rig.hear(":s 900 kai kai!k@h kai :You are now logged in as kai"), "");
    assert_eq!(rig.hear(":s 903 kai :SASL authentication successful"), "");
    // Known by now: they may come and go.
    assert_eq!(rig.hear(":s CAP kai DEL :sasl"), "");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl=PLAIN"), "");
    // Until they say that they have forgotten.
    rig.hear(":s 901 kai kai!k@h :You are now logged out");
    rig.hear(":s CAP kai DEL :sasl");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl=PLAIN"), "send CAP REQ :sasl\n");
}

#[test]
fn who_is_logged_in_already_does_not_do_it_again() {
    let mut rig = Rig::new();
    rig.connect(&json!({"password": "pencil"}));
    rig.up();
    rig.hear(":s CAP * LS :sasl cap-notify");
    rig.hear(":s CAP kai ACK :sasl");
    rig.hear("AUTHENTICATE +");
    rig.hear(":s 903 kai :Welcome");
    assert!(rig.hear(":s 001 kai :Welcome").ends_with("1 ok\n"));
    assert_eq!(rig.hear(":s CAP kai NEW :sasl=PLAIN"), "");
    // NickServ counts, too.
    let mut rig = without(&json!({}));
    rig.hear(":NickServ!n@s 900 kai kai!k@h kai :You are now logged in as kai");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "");
}

#[test]
fn who_has_no_secret_and_who_has_another_mechanism_says_nothing() {
    let mut rig = Rig::live_with(&json!({"ircv3": true}), &["cap-notify"]);
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "");
    assert_eq!(without(&json!({})).hear(":s CAP kai NEW :sasl=EXTERNAL"), "");
}

#[test]
fn a_secret_that_is_refused_is_not_tried_again() {
    for answer in [":s 904 kai :SASL authentication failed", "AUTHENTICATE =not=base64="] {
        let mut rig = without(&json!({"saslMechanism": "SCRAM-SHA-256"}));
        rig.hear(":s CAP kai NEW :sasl");
        rig.hear(":s CAP kai ACK :sasl");
        let told = rig.hear(answer);
        assert!(told.is_empty() || told == "send AUTHENTICATE *\n", "{told}");
        rig.hear(":s CAP kai DEL :sasl");
        assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "", "{answer}");
        // The session goes on.
        assert!(rig.call("join", &super::rig::room("#deck"), &Value::Null).starts_with("send JOIN #deck\n"));
    }
}

#[test]
fn a_server_that_does_not_show_that_it_knows_the_password_is_not_believed() {
    let mut rig = without(&json!({"saslMechanism": "SCRAM-SHA-256"}));
    rig.hear(":s CAP kai NEW :sasl");
    rig.hear(":s CAP kai ACK :sasl");
    assert!(rig.hear("AUTHENTICATE +").starts_with("send AUTHENTICATE "));
    rig.hear(":s 903 kai :Welcome");
    rig.hear(":s CAP kai DEL :sasl");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "");
}

#[test]
fn an_exchange_that_is_broken_off_can_begin_again() {
    let mut rig = without(&json!({}));
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "send CAP REQ :sasl\n");
    assert_eq!(rig.hear(":s CAP kai NAK :sasl"), "");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "send CAP REQ :sasl\n");
    assert_eq!(rig.hear(":s CAP kai ACK :sasl"), "send AUTHENTICATE PLAIN\n");
    assert_eq!(rig.hear(":s CAP kai DEL :sasl"), "");
    assert_eq!(rig.hear(":s CAP kai NEW :sasl"), "send CAP REQ :sasl\n");
}
