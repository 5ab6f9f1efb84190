//! The link against a server that says what the test says, over a socket of this machine.

mod at_once;
mod servers;

use std::future::{pending, ready};
use std::io;
use std::time::Duration;

use footbridge_outbound::{Dialler, Policy, Trust};
use footbridge_testkit::certificate::Certificate;
use footbridge_testkit::xmpp::{Conversation, DOMAIN, PASSWORD, Peer, Scram, attribute, text};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use tokio_xmpp::Stanza;
use xmpp_parsers::message::Message;
use xmpp_parsers::minidom::Element;

use super::Ways;
use super::bind::{Begun, Kept, Past};
use super::candidates::{Candidate, Records, Srv, Way};
use super::failure::Failure;
use super::host_meta;
use super::live::Live;
use super::management::MOST;
use super::open::open;
use crate::credentials::Credentials;
use crate::machine::{Cause, Down};

const SASL: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const SM: &str = "xmlns='urn:xmpp:sm:3'";
const BIND: &str = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";

/// A domain that names no servers.
struct Nothing;

impl Records for Nothing {
    async fn srv(&self, _: &str) -> io::Result<Vec<Srv>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn ways(trust: Trust, deadline: Duration) -> Ways {
    let dialler = Dialler::new(Policy { allow_private_addresses: true });
    Ways { dialler, deadline, allow_plain_text: true, trust }
}

fn credentials(server: &str) -> Credentials {
    let address = format!("kim@{DOMAIN}");
    let object = json!({"userAddress": address, "password": PASSWORD, "resource": "web", "server": server});
    Credentials::parse(json!({ "object": object }).to_string().as_bytes()).unwrap()
}

/// Opens a stream to a peer, which behaves as `serve` says.
async fn meet<T>(
    peer: &Peer,
    past: &mut Past,
    serve: impl AsyncFnOnce(Conversation) -> io::Result<T>,
) -> (Result<Begun, Failure>, T) {
    let ways = ways(Trust::System, Duration::from_secs(20));
    let credentials = credentials(&format!("127.0.0.1:{}", peer.port()));
    let serving = async { serve(peer.accept().await?).await };
    let (opened, served) = tokio::join!(Box::pin(open(&ways, &Nothing, &credentials, past)), Box::pin(serving));
    (opened, served.unwrap())
}

/// The same over TLS, to an account whose resource the server may add to if `as_tag`.
async fn meet_securely<T>(
    (peer, trust): (&Peer, &Trust),
    as_tag: bool,
    past: &mut Past,
    serve: impl AsyncFnOnce(Conversation) -> io::Result<T>,
) -> (Result<Begun, Failure>, T) {
    let ways = ways(trust.clone(), Duration::from_secs(20));
    let mut credentials = credentials(&format!("xmpps://127.0.0.1:{}", peer.port()));
    credentials.resource_as_tag = as_tag;
    let serving = async { serve(peer.accept().await?).await };
    let (opened, served) = tokio::join!(Box::pin(open(&ways, &Nothing, &credentials, past)), Box::pin(serving));
    (opened, served.unwrap())
}

/// A peer with TLS, and what it is believed by.
async fn secure_peer(name: &str) -> (Peer, Trust) {
    let authority = Certificate::authority().unwrap();
    let trust = Trust::besides(Certificate::text(&authority.certificate()).unwrap().as_bytes()).unwrap();
    (Peer::listen_securely(&authority.issue(&[name]).unwrap()).await.unwrap(), trust)
}

/// How a server that does this is refused, or refuses.
async fn refused(serve: impl AsyncFnOnce(&mut Conversation) -> io::Result<()>) -> Failure {
    let peer = Peer::listen().await.unwrap();
    let serve = async |mut server: Conversation| {
        serve(&mut server).await?;
        Ok(server)
    };
    let (opened, _server) = meet(&peer, &mut Past::default(), serve).await;
    opened.err().expect("no connection")
}

/// A managed stream that stands, both ends.
async fn managed(peer: &Peer) -> (Live, Conversation) {
    let (begun, server) = meet(peer, &mut Past::default(), async |mut server| {
        server.log_in(&format!("<sm {SM}/>")).await?;
        server.hear("<enable").await?;
        server.say(&format!("<enabled {SM} id='s1' resume='true'/>")).await?;
        Ok(server)
    })
    .await;
    let begun = begun.unwrap();
    assert!(!begun.resumed && begun.unacked.is_empty());
    (begun.live, server)
}

/// What is left behind by a stream that broke.
fn broken(kept: Kept) -> Past {
    Past { kept: Some(kept), token: None }
}

fn saying(text: &str) -> Stanza {
    let to: xmpp_parsers::jid::Jid = "lou@x.example".parse().unwrap();
    Message::chat(to).with_body(String::new().into(), text.to_owned()).into()
}

fn said(stanza: &Stanza) -> String {
    let Stanza::Message(message) = stanza else { panic!("{stanza:?}") };
    message.bodies.values().next().unwrap().clone()
}

/// Writes until nothing waits.
async fn written(live: &mut Live) {
    while live.unwritten().is_some() {
        assert!(live.hear(ready(())).await.unwrap().is_none());
    }
}

/// The next stanza.
async fn heard(live: &mut Live) -> Result<Element, Failure> {
    loop {
        if let Some(stanza) = live.hear(ready(())).await? {
            return Ok(stanza);
        }
    }
}

// xmpp 1
#[tokio::test]
async fn a_login_binds_the_resource_that_is_wanted() {
    let peer = Peer::listen().await.unwrap();
    let (begun, mut server) = meet(&peer, &mut Past::default(), async |mut server| {
        assert_eq!(server.log_in("").await?, format!("kim@{DOMAIN}/web"));
        Ok(server)
    })
    .await;
    let mut live = begun.unwrap().live;
    assert_eq!(live.bound().as_str(), format!("kim@{DOMAIN}/web"));
    server.say("<message from='lou@x.example'><body>ahoy</body></message>").await.unwrap();
    assert_eq!(heard(&mut live).await.unwrap().get_child("body", "jabber:client").unwrap().text(), "ahoy");
}

// xmpp 2
#[tokio::test]
async fn a_wrong_password_is_told_in_the_servers_words() {
    for (text, expected) in [("", "not-authorized"), ("<text>Bad password</text>", "not-authorized - Bad password")] {
        let failure = refused(async |server| {
            server.open(&format!("<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>")).await?;
            server.hear("<auth").await?;
            server.say(&format!("<failure {SASL}><not-authorized/>{text}</failure>")).await
        })
        .await;
        assert_eq!(failure.to_string(), expected);
        let Down::Failed(Cause { name, condition, .. }) = failure.down() else { panic!("{failure:?}") };
        assert_eq!((name, condition.as_deref()), ("SASLError", Some("not-authorized")));
    }
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_left() {
    let failure = refused(async |server| {
        server.open(&format!("<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>")).await?;
        server.hear("<auth").await?;
        server.say(&format!("<success {SASL}/>")).await
    })
    .await;
    assert_eq!(failure.to_string(), "the server's SASL message cannot be read");
    assert!(matches!(failure.down(), Down::Failed(_)));
}

#[tokio::test]
async fn a_server_without_a_common_mechanism_is_left() {
    let failure = refused(async |server| {
        server.open(&format!("<mechanisms {SASL}><mechanism>X-FROB</mechanism></mechanisms>")).await
    })
    .await;
    assert_eq!(failure.to_string(), "no way to authenticate in common with the server, which offers X-FROB");
}

#[tokio::test]
async fn what_is_smuggled_in_before_tls_is_refused() {
    let failure = refused(async |server| {
        server.open("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await?;
        server.hear("<starttls").await?;
        server.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message><body>forged</body></message>").await
    })
    .await;
    assert_eq!(failure.to_string(), "the server went on before the new stream began");
}

#[tokio::test]
async fn a_certificate_has_to_be_for_the_domain_whatever_the_host() {
    let authority = Certificate::authority().unwrap();
    let trust = Trust::besides(Certificate::text(&authority.certificate()).unwrap().as_bytes()).unwrap();
    for (name, direct, good) in [
        (format!("DNS:{DOMAIN}"), false, true),
        (format!("DNS:{DOMAIN}"), true, true),
        ("DNS:other.example".to_owned(), false, false),
        ("IP:127.0.0.1".to_owned(), true, false),
    ] {
        let certificate = authority.issue(&[&name]).unwrap();
        let peer = if direct { Peer::listen_securely(&certificate).await } else { Peer::listen().await }.unwrap();
        let scheme = if direct { "xmpps" } else { "xmpp" };
        let credentials = credentials(&format!("{scheme}://127.0.0.1:{}", peer.port()));
        let serve = async {
            let mut server = peer.accept().await?;
            if !direct {
                server = server.secure(&certificate).await?;
            }
            server.log_in("").await
        };
        let ways = ways(trust.clone(), Duration::from_secs(20));
        let mut past = Past::default();
        let (opened, served) = tokio::join!(open(&ways, &Nothing, &credentials, &mut past), serve);
        if good {
            served.unwrap();
            assert!(opened.unwrap().live.is_secure());
        } else {
            assert!(served.is_err());
            let failure = opened.err().expect("refused");
            assert!(failure.to_string().starts_with(&format!("no secure connection to {DOMAIN}: ")), "{failure}");
            assert!(matches!(failure.down(), Down::Failed(_)), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn a_port_that_speaks_tls_is_spoken_to_in_tls() {
    let authority = Certificate::authority().unwrap();
    let certificate = authority.issue(&[&format!("DNS:{DOMAIN}")]).unwrap();
    let trust = Trust::besides(Certificate::text(&authority.certificate()).unwrap().as_bytes()).unwrap();
    let peer = Peer::listen_securely(&certificate).await.unwrap();
    let credentials = credentials(&format!("127.0.0.1:{}", peer.port()));
    let serve = async {
        assert!(peer.accept().await.is_err(), "that was no TLS");
        peer.accept().await.unwrap().log_in("").await.unwrap();
    };
    let ways = ways(trust, Duration::from_secs(20));
    let mut past = Past::default();
    let (opened, ()) = tokio::join!(open(&ways, &Nothing, &credentials, &mut past), serve);
    assert!(opened.unwrap().live.is_secure());
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_in_time() {
    let peer = Peer::listen().await.unwrap();
    let credentials = credentials(&format!("xmpp://127.0.0.1:{}", peer.port()));
    let ways = ways(Trust::System, Duration::from_millis(200));
    let failure = open(&ways, &Nothing, &credentials, &mut Past::default()).await.err().expect("no answer");
    assert_eq!(failure.to_string(), "no connection within 200 ms");
    assert!(matches!(failure.down(), Down::Lost(_)));
}

#[tokio::test]
async fn an_answer_is_not_asked_for_twice() {
    let stream = |condition: &str| {
        format!("<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    };
    let refusal = |condition: &str| format!("<failure {SASL}><{condition}/></failure>");
    for answer in [
        stream("host-unknown"),
        stream("system-shutdown"),
        refusal("not-authorized"),
        refusal("temporary-auth-failure"),
        format!("<success {SASL}/>"),
        "</stream:stream>".to_owned(),
    ] {
        let peer = Peer::listen().await.unwrap();
        let (opened, _server) = meet(&peer, &mut Past::default(), async |mut server| {
            server.open(&format!("<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>")).await?;
            server.hear("<auth").await?;
            server.say(&answer).await?;
            Ok(server)
        })
        .await;
        assert!(opened.is_err(), "{answer}");
        assert!(peer.accept().now_or_never().is_none(), "again after {answer}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_asked_once() {
    let peer = Peer::listen().await.unwrap();
    let credentials = credentials(&format!("127.0.0.1:{}", peer.port()));
    let ways = ways(Trust::System, Duration::from_millis(200));
    let failure = open(&ways, &Nothing, &credentials, &mut Past::default()).await.err().expect("no answer");
    assert_eq!(failure.to_string(), "no connection within 200 ms");
    let _first = peer.accept().await.unwrap();
    assert!(peer.accept().now_or_never().is_none());
}

/// A domain that names a WebSocket in its host-meta, and nothing else.
struct Links(u16);

impl Records for Links {
    async fn srv(&self, _: &str) -> io::Result<Vec<Srv>> {
        Err(io::ErrorKind::NotFound.into())
    }

    async fn links(&self, domain: &str) -> Vec<Candidate> {
        assert_eq!(domain, "localhost");
        let way = Way::Web { secure: false, path: "/ws".to_owned() };
        vec![Candidate { host: "127.0.0.1".to_owned(), port: self.0, way }]
    }
}

#[tokio::test]
async fn a_web_socket_of_the_domain_is_tried_where_nothing_else_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let links = Links(listener.local_addr().unwrap().port());
    let (ways, credentials) = (ways(Trust::System, Duration::from_secs(20)), credentials("localhost"));
    let mut past = Past::default();
    let opening = Box::pin(open(&ways, &links, &credentials, &mut past));
    let (begun, _socket) = tokio::join!(opening, welcome(listener));
    assert_eq!(begun.unwrap().live.bound().as_str(), format!("kim@{DOMAIN}/web"));
}

#[tokio::test]
async fn host_meta_is_asked_for_over_tls_in_both_its_forms() {
    const LINK: &str = "urn:xmpp:alt-connections:websocket";
    let (peer, trust) = secure_peer("IP:127.0.0.1").await;
    let ways = ways(trust, Duration::from_secs(20));
    let json = json!({"links": [
        {"rel": "urn:xmpp:alt-connections:xbosh", "href": "https://h.example/bosh"},
        {"rel": LINK, "href": "ws://h.example/clear"},
        {"rel": LINK, "href": "wss://h.example/ws"},
    ]});
    let xml = format!(
        "<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'><Link rel='{LINK}' \
         href='wss://h.example:5443/ws'/></XRD>"
    );
    let ok = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n{body}");
    let missing = || "HTTP/1.1 404 Not Found\r\n\r\n".to_owned();
    for (answers, expected) in [
        (vec![ok(&json.to_string())], Some(443)),
        (vec![missing(), ok(&xml)], Some(5443)),
        (vec![missing(), missing()], None),
    ] {
        let serve = async {
            for (answer, path) in answers.iter().zip(["host-meta.json", "host-meta"]) {
                let mut server = peer.accept().await.unwrap();
                let request = server.hear_up_to("\r\n\r\n").await.unwrap();
                assert!(request.starts_with(&format!("GET /.well-known/{path} HTTP/1.0\r\n")), "{request}");
                server.say(answer).await.unwrap();
            }
        };
        let (found, ()) = tokio::join!(host_meta::links(&ways, "127.0.0.1", peer.port()), serve);
        let found: Vec<_> = found.iter().map(|found| (found.host.as_str(), found.port)).collect();
        assert_eq!(found, expected.map(|port| ("h.example", port)).into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn without_leave_not_even_this_machine_is_spoken_to_in_clear_text() {
    let peer = Peer::listen().await.unwrap();
    let credentials = credentials(&format!("xmpp://127.0.0.1:{}", peer.port()));
    let ways = Ways { allow_plain_text: false, ..ways(Trust::System, Duration::from_secs(20)) };
    let serving = async {
        let mut server = peer.accept().await?;
        server
            .open(
                "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>",
            )
            .await?;
        server.closed().await
    };
    let mut past = Past::default();
    let (opened, closed) = tokio::join!(Box::pin(open(&ways, &Nothing, &credentials, &mut past)), Box::pin(serving));
    assert_eq!(
        opened.err().expect("refused").to_string(),
        "the server offers no encryption, and plain text is not allowed"
    );
    closed.unwrap();
}

#[tokio::test]
async fn nobody_there_is_told_with_host_and_port() {
    let port = Peer::listen().await.unwrap().port();
    let ways = ways(Trust::System, Duration::from_secs(20));
    let credentials = credentials(&format!("127.0.0.1:{port}"));
    let failure = open(&ways, &Nothing, &credentials, &mut Past::default()).await.err().expect("nobody");
    assert!(failure.to_string().starts_with(&format!("could not connect to 127.0.0.1:{port}: ")), "{failure}");
}

// xmpp 23
#[tokio::test]
async fn a_conflict_ends_the_stream_for_good() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    let ns = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";
    let error = format!("<stream:error><conflict {ns}/><text {ns}>Replaced by new connection</text></stream:error>");
    server.say(&format!("{error}</stream:stream>")).await.unwrap();
    let Down::Failed(cause) = heard(&mut live).await.unwrap_err().down() else { panic!("it is final") };
    assert_eq!((cause.name, &*cause.message), ("StreamError", "conflict - Replaced by new connection"));
}

#[tokio::test]
async fn a_server_that_closes_or_breaks_off_is_told_apart() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    server.say("</stream:stream>").await.unwrap();
    assert_eq!(heard(&mut live).await.unwrap_err().down(), Down::Closed);
    let (mut live, server) = managed(&peer).await;
    drop(server);
    assert!(matches!(heard(&mut live).await.unwrap_err().down(), Down::Lost(_)));
}

#[tokio::test]
async fn a_stream_is_closed_in_good_manners_by_both_sides() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    server.say("<message/>").await.unwrap();
    heard(&mut live).await.unwrap();
    live.say(saying("bye")).unwrap();
    live.close().await.unwrap();
    assert!(server.hear("<message").await.unwrap().contains("bye"));
    assert_eq!(attribute(&server.hear("<a").await.unwrap(), "h"), Some("1"));
    server.hear("</stream:stream>").await.unwrap();
    server.say("<presence/></stream:stream>").await.unwrap();
    assert_eq!(heard(&mut live).await.unwrap().name(), "presence");
    assert_eq!(heard(&mut live).await.unwrap_err().down(), Down::Closed);
}

#[tokio::test]
async fn hostile_streams_end_with_a_clear_error() {
    let deep = "<a>".repeat(200_000);
    let large = format!("<message><body>{}", "x".repeat(2 * 1024 * 1024));
    for (text, expected) in [
        (large.as_str(), "the server sent a stanza of more than 1 MiB"),
        (deep.as_str(), "the server sent elements nested deeper than 100"),
        (
            "<!DOCTYPE x [<!ENTITY a 'b'>]>",
            "the server sent what XMPP forbids in XML: a comment, document type or processing instruction",
        ),
    ] {
        let peer = Peer::listen().await.unwrap();
        let (mut live, mut server) = managed(&peer).await;
        let saying = async {
            // The client leaves before it is all said.
            let _ = server.say(text).await;
        };
        let (failure, ()) = tokio::join!(heard(&mut live), async {
            tokio::select! { () = saying => {}, () = std::future::pending() => {} }
        });
        let failure = failure.unwrap_err();
        assert_eq!(failure.to_string(), expected);
        assert!(matches!(failure.down(), Down::Failed(_)));
    }
}

#[tokio::test]
async fn what_is_not_known_on_a_stream_is_passed_over() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    server.say("<frob xmlns='urn:frob'/> \n<message xmlns='urn:frob'/><iq type='frob'/>").await.unwrap();
    assert_eq!(heard(&mut live).await.unwrap().attr("type"), Some("frob"));
}

#[tokio::test]
async fn what_is_heard_is_counted_and_told() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    server.say("<message/><presence/>").await.unwrap();
    heard(&mut live).await.unwrap();
    heard(&mut live).await.unwrap();
    server.say(&format!("<r {SM}/><message/>")).await.unwrap();
    heard(&mut live).await.unwrap();
    written(&mut live).await;
    assert_eq!(attribute(&server.hear("<a").await.unwrap(), "h"), Some("2"));
}

#[tokio::test]
async fn who_waits_for_the_servers_word_goes_on_when_it_comes() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    let mut count = 0;
    while live.has_room() || live.unwritten().is_some() {
        live.say(saying("one of many")).unwrap();
        count += 1;
        written(&mut live).await;
    }
    assert_eq!(count, MOST);
    server.say(&format!("<a {SM} h='1'/>")).await.unwrap();
    assert!(live.hear(ready(())).await.unwrap().is_none() && live.has_room());
}

#[tokio::test]
async fn what_is_said_is_written_while_nothing_is_to_be_read() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    server.say("<presence/>").await.unwrap();
    live.say(saying("ahoy")).unwrap();
    assert!(live.hear(pending()).await.unwrap().is_none());
    assert!(server.hear("<message").await.unwrap().contains("ahoy"));
    assert!(live.hear(pending()).now_or_never().is_none());
    assert_eq!(heard(&mut live).await.unwrap().name(), "presence");
}

#[tokio::test]
async fn a_resumed_stream_says_again_what_was_lost_and_nothing_else() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, mut server) = managed(&peer).await;
    for text in ["one", "two", "three"] {
        live.say(saying(text)).unwrap();
    }
    live.ask().unwrap();
    written(&mut live).await;
    server.hear("three").await.unwrap();
    server.say("<message/>").await.unwrap();
    heard(&mut live).await.unwrap();
    drop(server);
    heard(&mut live).await.unwrap_err();

    let mut past = broken(live.into_kept(vec![saying("four")]));
    let (begun, mut server) = meet(&peer, &mut past, async |mut server| {
        server.authenticate().await?;
        server.open(&format!("{BIND}<sm {SM}/>")).await?;
        let resume = server.hear("<resume").await?;
        assert_eq!((attribute(&resume, "previd"), attribute(&resume, "h")), (Some("s1"), Some("1")));
        server.say(&format!("<resumed {SM} previd='s1' h='2'/>")).await?;
        Ok(server)
    })
    .await;
    let Begun { mut live, resumed, unacked } = begun.unwrap();
    assert!(resumed && unacked.is_empty());
    assert_eq!(live.bound().as_str(), format!("kim@{DOMAIN}/web"));
    written(&mut live).await;
    assert!(server.hear("<message").await.unwrap().contains("three"));
    assert!(server.hear("<message").await.unwrap().contains("four"));
}

#[tokio::test]
async fn a_stream_that_is_not_resumed_tells_what_may_be_lost() {
    let peer = Peer::listen().await.unwrap();
    let (mut live, server) = managed(&peer).await;
    for text in ["one", "two"] {
        live.say(saying(text)).unwrap();
    }
    drop(server);
    let mut past = broken(live.into_kept(vec![saying("three")]));
    let (begun, _) = meet(&peer, &mut past, async |mut server| {
        server.authenticate().await?;
        server.open(&format!("{BIND}<sm {SM}/>")).await?;
        server.hear("<resume").await?;
        let missing = "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
        server.say(&format!("<failed {SM} h='1'>{missing}</failed>")).await?;
        server.bind().await?;
        server.hear("<enable").await?;
        server.say(&format!("<presence/><enabled {SM}/>")).await?;
        Ok(server)
    })
    .await;
    let Begun { mut live, resumed, unacked } = begun.unwrap();
    assert!(!resumed && past.kept.is_none());
    assert_eq!(unacked.iter().map(said).collect::<Vec<_>>(), ["two", "three"]);
    assert_eq!(heard(&mut live).await.unwrap().name(), "presence");
}

#[tokio::test]
async fn an_attempt_that_fails_keeps_what_is_to_be_resumed() {
    let peer = Peer::listen().await.unwrap();
    let (live, server) = managed(&peer).await;
    drop(server);
    let mut past = broken(live.into_kept(vec![saying("one")]));
    let (failed, ()) = meet(&peer, &mut past, async |mut server| {
        server.authenticate().await?;
        server.open(&format!("{BIND}<sm {SM}/>")).await?;
        server.hear("<resume").await.map(|_| ())
    })
    .await;
    assert!(failed.is_err());
    let kept = past.kept.unwrap();
    assert!(kept.management.unwrap().resume().is_some());
    assert_eq!(kept.unsent.len(), 1);
}

#[tokio::test]
async fn a_resource_of_somebody_else_is_not_taken() {
    let failure = refused(async |server| {
        server.authenticate().await?;
        server.open(BIND).await?;
        let bind = server.hear("urn:ietf:params:xml:ns:xmpp-bind").await?;
        server.answer(&bind, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>eve@x.example/web</jid></bind>").await
    })
    .await;
    assert_eq!(failure.to_string(), "the server bound something else than a resource of the account");
}

/// What a server in a WebSocket hears next.
async fn framed(socket: &mut WebSocketStream<TcpStream>) -> String {
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

async fn frame(socket: &mut WebSocketStream<TcpStream>, text: &str) {
    socket.send(text.to_owned().into()).await.unwrap();
}

/// Lets a client in that comes in a WebSocket.
async fn welcome(listener: TcpListener) -> WebSocketStream<TcpStream> {
    const OPEN: &str = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='x.example' id='1' version='1.0'/>";
    let offer = |inner: &str| format!("<features xmlns='http://etherx.jabber.org/streams'>{inner}</features>");
    let (stream, _) = listener.accept().await.unwrap();
    #[expect(clippy::result_large_err, reason = "the closure is of the library's shape")]
    let speak = |request: &Request, mut response: Response| {
        assert_eq!(
            (request.uri().path(), &request.headers()["sec-websocket-protocol"]),
            ("/ws", &"xmpp".parse().unwrap())
        );
        response.headers_mut().insert("sec-websocket-protocol", "xmpp".parse().unwrap());
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, speak).await.unwrap();
    for features in [format!("<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"), BIND.to_owned()] {
        let open = framed(&mut socket).await;
        assert!(open.starts_with("<open ") && open.contains("to='x.example'"), "{open}");
        frame(&mut socket, OPEN).await;
        frame(&mut socket, &offer(&features)).await;
        let next = framed(&mut socket).await;
        if next.starts_with("<auth") {
            let (scram, challenge) = Scram::begin(text(&next, "auth").unwrap()).unwrap();
            frame(&mut socket, &format!("<challenge {SASL}>{challenge}</challenge>")).await;
            let response = framed(&mut socket).await;
            let shown = scram.finish(text(&response, "response").unwrap()).unwrap().unwrap();
            frame(&mut socket, &format!("<success {SASL}>{shown}</success>")).await;
        } else {
            let id = attribute(&next, "id").unwrap();
            let bound = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>kim@x.example/web</jid></bind>";
            frame(&mut socket, &format!("<iq xmlns='jabber:client' type='result' id='{id}'>{bound}</iq>")).await;
        }
    }
    socket
}

#[tokio::test]
async fn a_stream_in_a_web_socket_is_a_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let credentials = credentials(&format!("ws://127.0.0.1:{}/ws", listener.local_addr().unwrap().port()));
    let ways = ways(Trust::System, Duration::from_secs(20));
    let mut past = Past::default();
    let opening = Box::pin(open(&ways, &Nothing, &credentials, &mut past));
    let (begun, mut socket) = tokio::join!(opening, welcome(listener));
    let mut live = begun.unwrap().live;
    live.say(saying("a > b")).unwrap();
    live.say(saying("two")).unwrap();
    written(&mut live).await;
    for text in ["a &gt; b", "two"] {
        let message = framed(&mut socket).await;
        assert!(message.starts_with("<message xmlns='jabber:client'") && message.contains(text), "{message}");
    }
    frame(&mut socket, "<message xmlns='jabber:client'><body>ahoy</body></message>").await;
    frame(&mut socket, "<presence xmlns='jabber:client'/>").await;
    assert_eq!(heard(&mut live).await.unwrap().get_child("body", "jabber:client").unwrap().text(), "ahoy");
    assert_eq!(heard(&mut live).await.unwrap().name(), "presence");
    frame(&mut socket, "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
    assert_eq!(heard(&mut live).await.unwrap_err().down(), Down::Closed);
}

#[tokio::test]
async fn a_page_that_is_no_web_socket_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let credentials = credentials(&format!("ws://127.0.0.1:{}/ws", listener.local_addr().unwrap().port()));
    let ways = ways(Trust::System, Duration::from_secs(20));
    let mut past = Past::default();
    let opening = Box::pin(open(&ways, &Nothing, &credentials, &mut past));
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream
    };
    let (opened, _stream) = tokio::join!(opening, serve);
    assert_eq!(opened.err().expect("refused").to_string(), "HTTP error: 404 Not Found");
}
