use serde_json::{Value, json};

use super::*;

fn parse(object: &Value) -> Result<Credentials, CredentialsError> {
    let mut whole = json!({"type": "credentials", "nick": "kai", "server": "irc.example"});
    whole.as_object_mut().unwrap().extend(object.as_object().unwrap().clone());
    let activity =
        json!({"type": "credentials", "actor": {"id": "kai@irc.example", "type": "person"}, "object": whole});
    Credentials::parse(activity.to_string().as_bytes())
}

#[track_caller]
fn meant(object: &Value) -> Credentials {
    parse(object).unwrap_or_else(|error| panic!("{object}: {error}"))
}

#[track_caller]
fn mechanism(object: &Value) -> Option<&'static str> {
    meant(object).sasl.map(|sasl| sasl.name())
}

#[test]
fn what_is_left_out_is_supplied() {
    let credentials = meant(&json!({}));
    assert_eq!((credentials.port, credentials.secure, credentials.allow_invalid_cert), (6697, true, false));
    assert_eq!(
        (&*credentials.username, &*credentials.real_name, &*credentials.actor),
        ("kai", "kai", "kai@irc.example")
    );
    assert!(credentials.sasl.is_none() && credentials.server_password.is_none() && credentials.nick_serv.is_none());
    assert!(
        credentials.reconnect.is_none()
            && credentials.extensions.is_empty()
            && credentials.alternative_nicks.is_empty()
    );
    assert_eq!(meant(&json!({"secure": false})).port, 6667);
    assert_eq!(meant(&json!({"server": ""})).server, "irc.libera.chat");
}

#[test]
fn what_is_there_is_taken() {
    let activity = json!({
        "actor": {"id": "kai@irc.example", "name": "Kai of the deck"},
        "object": {
            "type": "credentials", "nick": "kai", "server": "irc.example", "username": "kai-account", "port": 7000,
            "allowInvalidCert": true, "serverPassword": "door", "alternativeNicks": ["kai_", "kai2"],
            "password": "pencil", "nickServ": true, "extensions": ["typing", "ids"], "reconnect": false,
        },
    });
    let credentials = Credentials::parse(activity.to_string().as_bytes()).unwrap();
    assert_eq!((&*credentials.username, &*credentials.real_name), ("kai-account", "Kai of the deck"));
    assert_eq!((credentials.port, credentials.allow_invalid_cert, credentials.reconnect), (7000, true, Some(false)));
    assert_eq!(credentials.server_password.unwrap().expose(), "door");
    assert_eq!(credentials.nick_serv.unwrap().expose(), "pencil");
    assert_eq!(credentials.alternative_nicks, ["kai_", "kai2"]);
    assert_eq!(credentials.extensions, [Extension::Ids, Extension::Typing].into());
}

#[test]
fn sasl_follows_from_the_secret_unless_it_is_said() {
    assert_eq!(mechanism(&json!({})), None);
    assert_eq!(mechanism(&json!({"password": "x"})), Some("PLAIN"));
    assert_eq!(mechanism(&json!({"token": "x"})), Some("PLAIN"));
    assert_eq!(mechanism(&json!({"password": "x", "sasl": false})), None);
    assert_eq!(mechanism(&json!({"token": "x", "saslMechanism": "OAUTHBEARER"})), Some("OAUTHBEARER"));
    assert_eq!(mechanism(&json!({"password": "x", "saslMechanism": "SCRAM-SHA-256"})), Some("SCRAM-SHA-256"));
    let certificate = json!({"saslMechanism": "EXTERNAL", "clientCertificate": "pem", "clientKey": "pem"});
    assert_eq!(mechanism(&certificate), Some("EXTERNAL"));
}

// irc 7
#[test]
fn a_mechanism_without_what_it_needs_is_refused() {
    for (object, needs) in [
        (json!({"sasl": true}), "/object/saslMechanism PLAIN needs password or token"),
        (json!({"sasl": true, "saslMechanism": "PLAIN"}), "/object/saslMechanism PLAIN needs password or token"),
        (json!({"password": "x", "saslMechanism": "OAUTHBEARER"}), "/object/saslMechanism OAUTHBEARER needs token"),
        (json!({"token": "x", "saslMechanism": "SCRAM-SHA-256"}), "/object/saslMechanism SCRAM-SHA-256 needs password"),
        (json!({"saslMechanism": "EXTERNAL"}), "/object/saslMechanism EXTERNAL needs clientCertificate"),
    ] {
        assert_eq!(parse(&object).unwrap_err().to_string(), needs);
    }
    assert_eq!(parse(&json!({"saslMechanism": "FROB"})).unwrap_err(), CredentialsError::Shape);
}

#[test]
fn certificate_and_key_belong_together_and_into_tls() {
    assert_eq!(parse(&json!({"clientKey": "pem"})).unwrap_err(), CredentialsError::HalfCertificate);
    assert_eq!(parse(&json!({"clientCertificate": "pem"})).unwrap_err(), CredentialsError::HalfCertificate);
    let clear = json!({"clientCertificate": "pem", "clientKey": "pem", "secure": false});
    assert_eq!(parse(&clear).unwrap_err(), CredentialsError::CertificateInClear);
}

#[test]
fn a_port_is_a_whole_number_that_ports_have() {
    assert_eq!(meant(&json!({"port": 7000.0})).port, 7000);
    for port in [0.0, -1.0, 65536.0, 6667.5, 1e300] {
        assert_eq!(parse(&json!({"port": port})).unwrap_err(), CredentialsError::Port, "{port}");
    }
}

// irc 1
#[test]
fn nothing_is_negotiated_in_the_clear_without_a_reason() {
    for (object, negotiates) in [
        (json!({"secure": false}), false),
        (json!({"secure": false, "password": "x"}), true),
        (json!({"secure": false, "extensions": ["typing"]}), true),
        (json!({"secure": false, "ircv3": true}), true),
        (json!({}), true),
        (json!({"ircv3": false}), false),
        (json!({"ircv3": false, "password": "x"}), true),
    ] {
        assert_eq!(meant(&object).negotiates(), negotiates, "{object}");
    }
}

#[test]
fn no_secret_is_shown_nor_what_cannot_be_read() {
    let credentials = meant(&json!({"password": "pencil", "serverPassword": "pencil", "nickServ": true,
        "clientCertificate": "pem", "clientKey": "pencil"}));
    assert!(!format!("{credentials:?}").contains("pencil"));
    assert_eq!(Credentials::parse(br#"{"object":"pencil"}"#).unwrap_err().to_string(), "credentials cannot be read");
}
