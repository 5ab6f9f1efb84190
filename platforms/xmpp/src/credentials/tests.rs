use serde_json::{Value, json};

use super::*;

fn parse(object: &Value) -> Result<Credentials, CredentialsError> {
    let mut whole =
        json!({"type": "credentials", "userAddress": "io@x.example", "password": "pencil", "resource": "web"});
    whole.as_object_mut().unwrap().extend(object.as_object().unwrap().clone());
    let activity = json!({"type": "credentials", "actor": {"id": "io@x.example/web"}, "object": whole});
    Credentials::parse(activity.to_string().as_bytes())
}

#[test]
fn the_least_there_can_be() {
    let credentials = parse(&json!({})).unwrap();
    assert_eq!(credentials.account.as_str(), "io@x.example");
    assert_eq!(credentials.wanted().as_str(), "io@x.example/web");
    assert_eq!(credentials.service.as_given(), "x.example");
    assert!(credentials.extensions.is_empty() && credentials.reconnect.is_none());
    assert_eq!(credentials.password.expose(), "pencil");
}

#[test]
fn what_is_there_is_taken() {
    let credentials = parse(&json!({
        "server": "xmpp://127.0.0.1", "port": 5333, "extensions": ["states", "connection"], "reconnect": false,
    }))
    .unwrap();
    assert_eq!(credentials.service.as_given(), "xmpp://127.0.0.1:5333");
    assert_eq!(credentials.extensions, [Extension::Connection, Extension::States].into());
    assert_eq!(credentials.reconnect, Some(false));
}

// xmpp 4
#[test]
fn an_address_needs_both_sides_and_what_joins_them() {
    let form = "xmpp credentials.object.userAddress must be a JID in the form 'user@server'";
    let portion = "xmpp credentials.object.userAddress is missing the username or server portion";
    for (address, text) in [
        ("io", form),
        ("", form),
        ("x.example/web", form),
        ("io@x.example/web", form),
        ("i o@x.example", form),
        ("io@x@example", form),
        ("@x.example", portion),
        ("io@", portion),
        ("@", portion),
    ] {
        assert_eq!(parse(&json!({"userAddress": address})).unwrap_err().to_string(), text, "{address}");
    }
}

#[test]
fn a_resource_is_part_of_an_address() {
    assert_eq!(parse(&json!({"resource": ""})).unwrap_err(), CredentialsError::Resource);
    assert_eq!(parse(&json!({"resource": "x".repeat(1024)})).unwrap_err(), CredentialsError::Resource);
    assert_eq!(parse(&json!({"resource": "Küche 1/2"})).unwrap().wanted().as_str(), "io@x.example/Küche 1/2");
}

#[test]
fn a_service_that_is_none_is_told() {
    let refused = parse(&json!({"port": 70_000})).unwrap_err();
    assert_eq!(refused.to_string(), "/object/port must be 1 to 65535");
}

#[test]
fn no_secret_is_shown_nor_what_cannot_be_read() {
    assert!(!format!("{:?}", parse(&json!({})).unwrap()).contains("pencil"));
    assert_eq!(Credentials::parse(br#"{"object":"pencil"}"#).unwrap_err().to_string(), "credentials cannot be read");
    assert_eq!(parse(&json!({"extensions": ["frob"]})).unwrap_err(), CredentialsError::Shape);
}
