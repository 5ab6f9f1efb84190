//! The link against real servers.

use footbridge_testkit::proxy::Proxy;
use footbridge_testkit::xmpp::{Server, Software};

use super::*;

const ALL: [Software; 2] = [Software::Prosody, Software::Ejabberd];

async fn server(software: Software) -> (Server, Ways) {
    let server = Server::start(software).await.unwrap();
    server.register("kim", "pencil").await.unwrap();
    server.register("lou", "pencil").await.unwrap();
    let trust = Trust::besides(server.authority().as_bytes()).unwrap();
    (server, ways(trust, Duration::from_secs(20)))
}

async fn begin(ways: &Ways, service: &str, kept: &mut Option<Kept>) -> Begun {
    open(ways, &Nothing, &credentials(service), kept).await.unwrap()
}

async fn enter(ways: &Ways, service: &str) -> Live {
    begin(ways, service, &mut None).await.live
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

// xmpp 2
#[tokio::test]
async fn servers_refuse_a_wrong_password_in_the_words_of_the_contract() {
    for software in ALL {
        let (server, ways) = server(software).await;
        let mut credentials = credentials(&format!("xmpp://127.0.0.1:{}", server.port()));
        credentials.password = footbridge_seal::Secret::new("pen".to_owned());
        let failure = open(&ways, &Nothing, &credentials, &mut None).await.err().expect("refused");
        assert!(failure.to_string().starts_with("not-authorized"), "{software:?}: {failure}");
        assert!(matches!(failure.down(), Down::Failed(_)));
    }
}

// xmpp 26
#[tokio::test]
async fn a_server_without_tls_is_spoken_to_in_clear_where_it_is_on_this_machine() {
    for software in ALL {
        let server = Server::start_without_tls(software).await.unwrap();
        server.register("kim", "pencil").await.unwrap();
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
        let mut kept = Some(live.into_kept(vec![four]));
        let Begun { mut live, resumed, unacked } = begin(&ways, &service, &mut kept).await;
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
        let mut kept = Some(live.into_kept(vec![saying("one")]));
        let begun = begin(&ways, &service, &mut kept).await;
        assert!(!begun.resumed, "{software:?}");
        assert_eq!(begun.unacked.iter().map(said).collect::<Vec<_>>(), ["one"]);
    }
}
