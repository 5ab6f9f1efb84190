//! The link against real servers.

use footbridge_testkit::proxy::Proxy;
use footbridge_testkit::xmpp::{Server, Software};

use super::super::fast::Kind;
use super::*;

const ALL: [Software; 3] = [Software::Prosody, Software::ProsodyModern, Software::Ejabberd];

async fn server(software: Software) -> (Server, Ways) {
    let server = Server::start(software).await.unwrap();
    server.register("kim", PASSWORD).await.unwrap();
    server.register("lou", PASSWORD).await.unwrap();
    let trust = Trust::besides(server.authority().as_bytes()).unwrap();
    (server, ways(trust, Duration::from_secs(20)))
}

async fn begin(ways: &Ways, service: &str, past: &mut Past) -> Begun {
    open(ways, &Nothing, &credentials(service), past).await.unwrap()
}

async fn enter(ways: &Ways, service: &str) -> Live {
    begin(ways, service, &mut Past::default()).await.live
}

fn to_itself(live: &Live, text: &str) -> Stanza {
    let to = xmpp_parsers::jid::Jid::from(live.bound().clone());
    Message::chat(to).with_body(String::new().into(), text.to_owned()).into()
}

/// Says something to itself, and waits until that has come back.
async fn echo(live: &mut Live, text: &str) -> Vec<String> {
    live.say(to_itself(live, text)).unwrap();
    live.ask().unwrap();
    let mut bodies = Vec::new();
    loop {
        let stanza = heard(live).await.unwrap();
        if let Some(body) = stanza.get_child("body", "jabber:client") {
            bodies.push(body.text());
        }
        if bodies.last().is_some_and(|body| body == text) {
            return bodies;
        }
    }
}

// xmpp 1
#[tokio::test]
async fn servers_let_us_in_both_ways_and_carry_what_is_said() {
    for software in ALL {
        let (server, ways) = server(software).await;
        let (clear, direct) = (server.port(), server.tls_port());
        for service in [format!("xmpp://127.0.0.1:{clear}"), format!("xmpps://127.0.0.1:{direct}")] {
            let mut live = enter(&ways, &service).await;
            assert!(live.is_secure(), "{software:?}");
            assert_eq!(echo(&mut live, "ahoy").await, ["ahoy"], "{software:?} {service}");
        }
        let service = format!("127.0.0.1:{direct}");
        assert!(enter(&ways, &service).await.is_secure(), "{software:?}: TLS is found out");
    }
}

// Of the ways to authenticate in one step, this server offers only those that are bound to the connection.
#[tokio::test]
async fn a_server_agrees_on_what_the_login_is_bound_to() {
    let (server, ways) = server(Software::ProsodyModern).await;
    for service in [format!("xmpp://127.0.0.1:{}", server.port()), format!("xmpps://127.0.0.1:{}", server.tls_port())] {
        let mut past = Past::default();
        let mut live = begin(&ways, &service, &mut past).await.live;
        assert_eq!(live.bound().as_str(), "kim@x.example/web", "the resource is ours to choose");
        assert_eq!(echo(&mut live, "ahoy").await, ["ahoy"]);
        assert_eq!(past.token.expect("a token").kind(), Kind::Exporter);
    }
}

#[tokio::test]
async fn who_comes_back_is_let_in_by_the_token_that_the_password_has_got() {
    let (mut server, ways) = server(Software::ProsodyModern).await;
    let service = format!("xmpps://127.0.0.1:{}", server.tls_port());
    let mut past = Past::default();
    begin(&ways, &service, &mut past).await;
    // A password that the server does not take any more is not what lets us in.
    server.register("kim", "another").await.unwrap();
    server.restart().await.unwrap();
    let mut live = begin(&ways, &service, &mut past).await.live;
    assert_eq!(echo(&mut live, "ahoy").await, ["ahoy"]);
    // The token stands for the password that it was given for, and for no other.
    let mut credentials = credentials(&service);
    credentials.password = footbridge_seal::Secret::new("pen".to_owned());
    let refused = open(&ways, &Nothing, &credentials, &mut past).await.err().expect("refused");
    assert!(refused.to_string().starts_with("not-authorized"), "{refused}");
}

#[tokio::test]
async fn a_server_that_may_adds_to_the_resource_and_resumes_what_it_bound() {
    let (server, ways) = server(Software::ProsodyModern).await;
    let mut credentials = credentials(&format!("xmpps://127.0.0.1:{}", server.tls_port()));
    credentials.resource_as_tag = true;
    let mut past = Past::default();
    let mut live = open(&ways, &Nothing, &credentials, &mut past).await.unwrap().live;
    let bound = live.bound().clone();
    assert!(bound.as_str().starts_with("kim@x.example/web~"), "{bound}");
    assert_eq!(echo(&mut live, "ahoy").await, ["ahoy"]);
    past.kept = Some(live.into_kept(Vec::new()));
    let begun = open(&ways, &Nothing, &credentials, &mut past).await.unwrap();
    assert!(begun.resumed);
    assert_eq!(begun.live.bound(), &bound);
}

// xmpp 2
#[tokio::test]
async fn servers_refuse_a_wrong_password_in_the_words_of_the_contract() {
    for software in ALL {
        let (server, ways) = server(software).await;
        let mut credentials = credentials(&format!("xmpp://127.0.0.1:{}", server.port()));
        credentials.password = footbridge_seal::Secret::new("pen".to_owned());
        let failure = open(&ways, &Nothing, &credentials, &mut Past::default()).await.err().expect("refused");
        assert!(failure.to_string().starts_with("not-authorized"), "{software:?}: {failure}");
        assert!(matches!(failure.down(), Down::Failed(_)));
    }
}

// xmpp 26
#[tokio::test]
async fn a_server_without_tls_is_spoken_to_in_clear_where_it_is_on_this_machine() {
    for software in ALL {
        let server = Server::start_without_tls(software).await.unwrap();
        server.register("kim", PASSWORD).await.unwrap();
        let ways = ways(Trust::System, Duration::from_secs(20));
        let mut live = enter(&ways, &format!("xmpp://127.0.0.1:{}", server.port())).await;
        assert!(!live.is_secure());
        assert_eq!(echo(&mut live, "ahoy").await, ["ahoy"], "{software:?}");
    }
}

// xmpp 23
#[tokio::test]
async fn who_is_replaced_is_told_so_for_good() {
    for software in ALL {
        let (server, ways) = server(software).await;
        let service = format!("xmpp://127.0.0.1:{}", server.port());
        let mut first = enter(&ways, &service).await;
        let _second = enter(&ways, &service).await;
        let failure = heard(&mut first).await.unwrap_err();
        let Down::Failed(cause) = failure.down() else { panic!("{software:?}: {failure:?}") };
        assert_eq!(cause.condition.as_deref(), Some("conflict"), "{software:?}");
    }
}

#[tokio::test]
async fn a_cut_loses_and_doubles_nothing() {
    for software in ALL {
        let (server, ways) = server(software).await;
        let proxy = Proxy::start(server.port()).await;
        let service = format!("xmpp://127.0.0.1:{}", proxy.port());
        let mut live = enter(&ways, &service).await;
        assert_eq!(echo(&mut live, "before").await, ["before"]);
        proxy.stall(true);
        for text in ["one", "two", "three"] {
            live.say(to_itself(&live, text)).unwrap();
        }
        live.ask().unwrap();
        written(&mut live).await;
        proxy.cut().await;
        let failure = heard(&mut live).await.unwrap_err();
        assert!(matches!(failure.down(), Down::Lost(_)), "{failure:?}");
        proxy.stall(false);
        let four = to_itself(&live, "four");
        let mut past = broken(live.into_kept(vec![four]));
        let Begun { mut live, resumed, unacked } = begin(&ways, &service, &mut past).await;
        assert!(resumed && unacked.is_empty(), "{software:?}");
        assert_eq!(echo(&mut live, "after").await, ["one", "two", "three", "four", "after"], "{software:?}");
    }
}

#[tokio::test]
async fn a_server_that_goes_is_one_that_comes_back() {
    for software in ALL {
        let (mut server, ways) = server(software).await;
        let service = format!("xmpp://127.0.0.1:{}", server.port());
        let mut live = enter(&ways, &service).await;
        let (failure, ()) = tokio::join!(heard(&mut live), server.stop());
        let failure = failure.unwrap_err();
        assert!(matches!(failure.down(), Down::Lost(_) | Down::Closed), "{software:?}: {failure:?}");
        server.restart().await.unwrap();
        let mut past = broken(live.into_kept(vec![saying("one")]));
        let begun = begin(&ways, &service, &mut past).await;
        assert!(!begun.resumed, "{software:?}");
        assert_eq!(begun.unacked.iter().map(said).collect::<Vec<_>>(), ["one"]);
    }
}
