use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::*;

/// A registration, and what it said.
struct Talk {
    registration: Registration,
    send: Vec<Outgoing>,
}

fn credentials(object: &Value) -> Credentials {
    let mut whole = json!({"type": "credentials", "nick": "kai", "server": "irc.example", "secure": false});
    whole.as_object_mut().unwrap().extend(object.as_object().unwrap().clone());
    let activity = json!({"actor": {"id": "kai@irc.example", "name": "Kai"}, "object": whole});
    Credentials::parse(activity.to_string().as_bytes()).unwrap()
}

fn talk(object: &Value) -> Talk {
    let (registration, send) = Registration::new(&credentials(object)).unwrap();
    Talk { registration, send }
}

impl Talk {
    /// What was said since the last time.
    fn said(&mut self) -> Vec<String> {
        self.send.drain(..).map(|line| line.text()).collect()
    }

    fn hear(&mut self, line: &str) -> Step {
        self.registration.on_line(&Line::read(line).unwrap(), &mut self.send)
    }

    #[track_caller]
    fn goes_on(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.hear(line), Step::Continue, "{line}");
        }
    }

    #[track_caller]
    fn registered(&mut self, line: &str) -> Registered {
        match self.hear(line) {
            Step::Registered(registered) => *registered,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn refused(&mut self, line: &str) -> String {
        match self.hear(line) {
            Step::Refused(refused) => refused.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

const WELCOME: &str = ":irc.example 001 kai :Welcome";
const NONE: [&str; 0] = [];

// irc 1
#[test]
fn without_sasl_in_the_clear_only_user_and_nick_are_said() {
    let mut talk = talk(&json!({"username": "kai-user"}));
    assert_eq!(talk.said(), ["USER kai-user 8 * :Kai", "NICK kai"]);
    let registered = talk.registered(WELCOME);
    assert_eq!((&*registered.nick, registered.authenticated, registered.identify), ("kai", false, None));
    assert_eq!(talk.said(), NONE);
}

#[test]
fn a_server_password_comes_first() {
    assert_eq!(talk(&json!({"serverPassword": "door"})).said()[0], "PASS door");
    assert_eq!(talk(&json!({"serverPassword": "door", "password": "x"})).said(), ["PASS door", "CAP LS 302"]);
}

// irc 2
#[test]
fn with_sasl_nick_and_user_follow_the_mechanism() {
    let mut talk = talk(&json!({"password": "pencil", "username": "account"}));
    assert_eq!(talk.said(), ["CAP LS 302"]);
    talk.goes_on(&[":irc.example CAP * LS :multi-prefix sasl"]);
    assert_eq!(talk.said(), ["CAP REQ :sasl", "CAP REQ :multi-prefix"]);
    talk.goes_on(&[":irc.example CAP * ACK :sasl"]);
    assert_eq!(talk.said(), ["AUTHENTICATE PLAIN", "USER account 8 * :Kai", "NICK kai"]);
    talk.goes_on(&[":irc.example CAP * ACK :multi-prefix", ":irc.example AUTHENTICATE +"]);
    assert_eq!(talk.said(), [format!("AUTHENTICATE {}", BASE64_STANDARD.encode("account\0account\0pencil"))]);
    talk.goes_on(&[":irc.example 900 kai kai!a@b account :You are logged in", ":irc.example 903 kai :done"]);
    assert_eq!(talk.said(), ["CAP END"]);
    let registered = talk.registered(WELCOME);
    assert!(registered.authenticated && registered.caps.has("multi-prefix") && registered.caps.has("sasl"));
}

#[test]
fn without_sasl_capabilities_are_asked_for_along_the_way() {
    let mut talk = talk(&json!({"ircv3": true}));
    assert_eq!(talk.said(), ["CAP LS 302", "USER kai 8 * :Kai", "NICK kai"]);
    talk.goes_on(&["CAP * LS * :server-time sasl", "CAP * LS :batch"]);
    assert_eq!(talk.said(), ["CAP REQ :server-time batch", "CAP END"]);
    talk.goes_on(&["CAP kai ACK :server-time batch"]);
    let registered = talk.registered(WELCOME);
    assert!(registered.caps.has("batch") && !registered.caps.has("sasl") && !registered.authenticated);
}

#[test]
fn a_server_that_knows_no_capabilities_registers_all_the_same() {
    for answer in
        [":irc.example 421 kai CAP :Unknown command", ":irc.example 410 kai CAP :Invalid", ":irc.example NOTICE * :hi"]
    {
        let mut talk = talk(&json!({"ircv3": true}));
        talk.goes_on(&[answer]);
        assert_eq!(talk.registered(WELCOME).nick, "kai", "{answer}");
    }
}

// irc 3
#[test]
fn a_wrong_token_is_answered_and_then_refused() {
    let mut talk = talk(&json!({"token": "t0ken", "saslMechanism": "OAUTHBEARER"}));
    talk.goes_on(&["CAP * LS :sasl=PLAIN,OAUTHBEARER", "CAP * ACK :sasl", "AUTHENTICATE +"]);
    let payload = BASE64_STANDARD.encode("n,,\x01auth=Bearer t0ken\x01\x01");
    assert_eq!(
        talk.said()[2..],
        ["AUTHENTICATE OAUTHBEARER", "USER kai 8 * :Kai", "NICK kai", &format!("AUTHENTICATE {payload}")]
    );
    talk.goes_on(&[&format!(":irc.example AUTHENTICATE {}", BASE64_STANDARD.encode("{}"))]);
    assert_eq!(talk.said(), ["AUTHENTICATE AQ=="]);
    assert_eq!(talk.refused("904 kai :failed"), "unable to connect to server: sasl authentication failed");
    assert_eq!(talk.said(), ["QUIT"]);
}

// irc 4
#[test]
fn whatever_fails_sasl_reads_the_same() {
    for numeric in [902, 904, 905, 906, 907] {
        let mut talk = talk(&json!({"password": "wrong"}));
        talk.goes_on(&["CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +"]);
        talk.said();
        let refused = talk.refused(&format!(":irc.example {numeric} kai :no"));
        assert_eq!(refused, "unable to connect to server: sasl authentication failed");
        assert_eq!(talk.said(), ["QUIT"]);
    }
}

#[test]
fn a_server_that_breaks_the_exchange_or_skips_its_proof_is_refused() {
    let begun = || {
        let mut talk = talk(&json!({"password": "pencil", "saslMechanism": "SCRAM-SHA-256"}));
        talk.goes_on(&["CAP * LS :sasl=SCRAM-SHA-256", "CAP * ACK :sasl", "AUTHENTICATE +"]);
        talk.said();
        talk
    };
    let mut broken = begun();
    assert_eq!(broken.refused("AUTHENTICATE !"), "unable to connect to server: sasl authentication failed");
    assert_eq!(broken.said(), ["AUTHENTICATE *", "QUIT"]);
    assert_eq!(begun().refused("903 kai :done"), "unable to connect to server: sasl authentication failed");
}

#[test]
fn without_the_capability_or_the_mechanism_sasl_is_missing() {
    for lines in [
        &["CAP * LS :multi-prefix"][..],
        &["CAP * LS :"],
        &["CAP * LS :saslx"],
        &["CAP * LS :sasl=EXTERNAL,SCRAM-SHA-256"],
        &["CAP * LS :sasl", "CAP * NAK :sasl"],
        &["410 kai LS :Invalid CAP command"],
        &["421 kai CAP :Unknown command"],
        // A server that skips authentication.
        &[WELCOME],
        &["CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +", WELCOME],
    ] {
        let mut talk = talk(&json!({"password": "x"}));
        let (last, before) = lines.split_last().unwrap();
        talk.goes_on(before);
        assert_eq!(talk.refused(last), "unable to connect to server: missing required capabilities", "{lines:?}");
        assert_eq!(talk.said().last().unwrap(), "QUIT");
    }
}

#[test]
fn a_list_that_never_ends_is_refused() {
    let mut talk = talk(&json!({"password": "x"}));
    let refused = (0..1000).find_map(|_| match talk.hear("CAP * LS * :vendor/x") {
        Step::Refused(refused) => Some(refused),
        _ => None,
    });
    assert_eq!(refused, Some(Refused::Capabilities));
}

// irc 5
#[test]
fn a_refused_nick_ends_it() {
    for numeric in [431, 432, 433, 436, 437, 484] {
        let mut talk = talk(&json!({}));
        talk.said();
        let refused = talk.refused(&format!(":irc.example {numeric} * kai :no"));
        assert_eq!(refused, "unable to connect to server: nicknames unavailable");
        assert_eq!(talk.said(), ["QUIT"]);
    }
}

#[test]
fn alternatives_are_taken_in_turn() {
    let mut talk = talk(&json!({"alternativeNicks": ["kai_", "kai2"]}));
    talk.said();
    talk.goes_on(&["433 * kai :in use"]);
    assert_eq!(talk.said(), ["NICK kai_"]);
    talk.goes_on(&["432 * kai_ :bad"]);
    assert_eq!(talk.said(), ["NICK kai2"]);
    assert_eq!(talk.registered(":irc.example 001 kai2 :Welcome").nick, "kai2");
    let mut talk = self::talk(&json!({"alternativeNicks": ["kai_"]}));
    talk.goes_on(&["433 * kai :in use"]);
    assert_eq!(talk.refused("433 * kai_ :in use"), "unable to connect to server: nicknames unavailable");
}

#[test]
fn the_nick_is_what_the_server_says() {
    for (welcome, nick) in
        [(":s 001 kailon :Hi", "kailon"), (":s 001", "kai"), (":s 001 * :Hi", "kai"), (":s 001 :a b", "kai")]
    {
        assert_eq!(talk(&json!({})).registered(welcome).nick, nick, "{welcome}");
    }
}

#[test]
fn a_wrong_password_is_told_by_464_or_a_notice() {
    for line in [":irc.example 464 kai :Password incorrect", ":bouncer NOTICE kai :*** Login unsuccessful"] {
        assert_eq!(talk(&json!({})).refused(line), "unable to connect to server: bad password");
    }
}

#[test]
fn an_error_line_is_a_proxy_that_fails() {
    let step = talk(&json!({})).hear("ERROR :Closing Link: too many connections");
    assert_eq!(step, Step::Refused(Refused::Proxy { said: "Closing Link: too many connections".into() }));
    let refused = talk(&json!({})).refused("ERROR :x");
    assert_eq!(refused, "unable to connect to server: bad proxy configuration");
}

#[test]
fn a_ping_is_answered_with_its_own_parameter() {
    let mut talk = talk(&json!({}));
    talk.said();
    talk.goes_on(&["PING :c00kie", "PING c00kie two", "PING"]);
    assert_eq!(talk.said(), ["PONG :c00kie", "PONG :c00kie", "PONG :"]);
}

// irc 9
#[test]
fn values_with_line_breaks_are_refused_before_anything_is_said() {
    for object in [
        json!({"nick": "kai\rQUIT"}),
        json!({"username": "kai\nQUIT"}),
        json!({"alternativeNicks": ["kai_", "kai\r\n"]}),
        json!({"serverPassword": "a\nb"}),
        json!({"nick": "kai\n", "password": "x"}),
    ] {
        let refused = Registration::new(&credentials(&object)).unwrap_err();
        assert_eq!(refused.to_string(), "IRC values must not contain CR or LF characters", "{object}");
    }
    let mut named = credentials(&json!({}));
    named.real_name = "Kai\r\nQUIT".into();
    assert_eq!(Registration::new(&named).unwrap_err(), Unsendable::LineBreak);
    assert!(matches!(Registration::new(&credentials(&json!({"nick": "k ai"}))), Err(Unsendable::NotAWord(_))));
}

#[test]
fn a_server_that_demands_tls_is_left_in_the_clear_but_not_within_tls() {
    let mut clear = talk(&json!({"password": "x"}));
    clear.said();
    assert_eq!(clear.hear("CAP * LS :sasl sts=port=6697,duration=60"), Step::Upgrade { port: 6697 });
    assert_eq!(clear.said(), NONE, "no secret in the clear");
    let mut secure = talk(&json!({"password": "x", "secure": true}));
    secure.goes_on(&["CAP * LS :sasl sts=port=6697,duration=60"]);
}

#[test]
fn nickserv_is_told_where_there_is_no_sasl() {
    for lines in
        [&["CAP * LS :multi-prefix"][..], &["CAP * LS :sasl", "CAP * NAK :sasl"], &["421 kai CAP :Unknown command"]]
    {
        let mut talk = talk(&json!({"password": "pencil", "nickServ": true}));
        talk.goes_on(lines);
        assert_eq!(
            talk.said().split_off(1).into_iter().filter(|line| !line.starts_with("CAP")).collect::<Vec<_>>(),
            ["USER kai 8 * :Kai", "NICK kai"]
        );
        let registered = talk.registered(WELCOME);
        assert!(!registered.authenticated);
        let identify = registered.identify.unwrap();
        assert_eq!(identify.text(), "PRIVMSG NickServ :IDENTIFY kai pencil");
        assert!(!format!("{identify:?}").contains("pencil"));
    }
}

#[test]
fn nickserv_is_told_nothing_after_sasl() {
    let mut talk = talk(&json!({"password": "pencil", "nickServ": true}));
    talk.goes_on(&["CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +", "903 kai :done"]);
    let registered = talk.registered(WELCOME);
    assert_eq!((registered.authenticated, registered.identify), (true, None));
}

#[test]
fn a_server_that_says_sasl_twice_is_not_answered_twice() {
    let mut talk = talk(&json!({"password": "x"}));
    talk.goes_on(&["CAP * LS :sasl", "CAP * LS :sasl", "CAP * ACK :sasl", "CAP * ACK :sasl"]);
    let said = talk.said();
    assert_eq!(said.iter().filter(|line| *line == "NICK kai").count(), 1);
    assert_eq!(said.iter().filter(|line| *line == "CAP REQ :sasl").count(), 1);
    talk.goes_on(&["903 kai :done", "903 kai :done"]);
    assert_eq!(talk.said(), ["CAP END"]);
}
