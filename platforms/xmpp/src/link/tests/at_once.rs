//! Authentication in one step with what follows it, against a server that says what the test says.

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::super::fast::Kind;
use super::*;

const SASL2: &str = "xmlns='urn:xmpp:sasl:2'";
const RESUMES: &str = "<sm xmlns='urn:xmpp:sm:3'/>";
const BINDS: &str = "<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/></inline></bind>";
const FAST: &str = "<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast>";

/// Offers this, hears the client begin and challenges it; what it said first, and what is to be shown to it in the end.
async fn challenge(server: &mut Conversation, inline: &str) -> io::Result<(String, String)> {
    let auth = offer(server, inline).await?;
    let shown = server.challenge(text(&auth, "initial-response"), SASL2).await?;
    Ok((auth, shown))
}

/// Offers this, and hears the client begin.
async fn offer(server: &mut Conversation, inline: &str) -> io::Result<String> {
    let mechanism = "<mechanism>SCRAM-SHA-1</mechanism>";
    // The older way is there, too, and not what is taken.
    let older = format!("<mechanisms {SASL}>{mechanism}</mechanisms>");
    server
        .open(&format!("{older}<authentication {SASL2}>{mechanism}<inline>{inline}</inline></authentication>"))
        .await?;
    server.hear("<auth").await
}

fn success(shown: &str, jid: &str, inner: &str) -> String {
    let jid = format!("<authorization-identifier>{jid}</authorization-identifier>");
    format!("<success {SASL2}><additional-data>{shown}</additional-data>{jid}{inner}</success>")
}

fn features(inner: &str) -> String {
    format!("<stream:features>{inner}</stream:features>")
}

/// A stream that broke, with "two" lost and "three" not said.
async fn lost(peer: &Peer) -> Past {
    let (mut live, server) = managed(peer).await;
    for text in ["one", "two"] {
        live.say(saying(text)).unwrap();
    }
    drop(server);
    broken(live.into_kept(vec![saying("three")]))
}

#[tokio::test]
async fn a_login_goes_on_where_the_resource_is_ours_to_choose() {
    let peer = Peer::listen().await.unwrap();
    let (begun, _server) = meet(&peer, &mut Past::default(), async |mut server| {
        let (auth, shown) = challenge(&mut server, &format!("{BINDS}{FAST}{RESUMES}")).await?;
        assert!(auth.starts_with("<authenticate") && auth.contains("<user-agent"), "{auth}");
        // In clear text, a token is not asked for; and nothing is there to be resumed.
        assert!(!["<bind", "<request-token", "<resume"].iter().any(|other| auth.contains(other)), "{auth}");
        server.say(&success(&shown, "kim@x.example", "")).await?;
        server.say(&features(&format!("{BIND}<sm {SM}/>"))).await?;
        assert_eq!(server.bind().await?, "kim@x.example/web");
        server.hear("<enable").await?;
        server.say(&format!("<enabled {SM} id='s1' resume='true'/>")).await?;
        Ok(server)
    })
    .await;
    assert!(!begun.unwrap().resumed);
}

#[tokio::test]
async fn a_stream_is_taken_up_again_in_the_same_step() {
    let peer = Peer::listen().await.unwrap();
    let mut past = lost(&peer).await;
    let (begun, mut server) = meet(&peer, &mut past, async |mut server| {
        let (auth, shown) = challenge(&mut server, RESUMES).await?;
        assert!(auth.contains("previd=\"s1\"") || auth.contains("previd='s1'"), "{auth}");
        let resumed = format!("<resumed {SM} previd='s1' h='1'/>");
        server.say(&success(&shown, "kim@x.example/web", &resumed)).await?;
        server.say("<message><body>ahoy</body></message>").await?;
        Ok(server)
    })
    .await;
    let Begun { mut live, resumed, unacked } = begun.unwrap();
    assert!(resumed && unacked.is_empty() && past.kept.is_none());
    assert_eq!(live.bound().as_str(), "kim@x.example/web");
    assert_eq!(heard(&mut live).await.unwrap().name(), "message");
    written(&mut live).await;
    assert!(server.hear("<message").await.unwrap().contains("two"));
    assert!(server.hear("<message").await.unwrap().contains("three"));
}

#[tokio::test]
async fn a_stream_that_is_not_there_any_more_is_not_asked_for_again() {
    let peer = Peer::listen().await.unwrap();
    let mut past = lost(&peer).await;
    let (begun, _server) = meet(&peer, &mut past, async |mut server| {
        let (_, shown) = challenge(&mut server, RESUMES).await?;
        server.say(&success(&shown, "kim@x.example", &format!("<failed {SM} h='1'/>"))).await?;
        server.say(&features(&format!("{BIND}<sm {SM}/>"))).await?;
        server.bind().await?;
        server.hear("<enable").await?;
        server.say(&format!("<enabled {SM}/>")).await?;
        Ok(server)
    })
    .await;
    let Begun { resumed, unacked, .. } = begun.unwrap();
    assert!(!resumed);
    assert_eq!(unacked.iter().map(said).collect::<Vec<_>>(), ["two", "three"]);
}

#[tokio::test]
async fn a_resource_is_bound_and_managed_in_the_same_step_where_the_server_may_add_to_it() {
    let (peer, trust) = secure_peer("DNS:x.example").await;
    let (begun, mut server) = meet_securely((&peer, &trust), true, &mut Past::default(), async |mut server| {
        let (auth, shown) = challenge(&mut server, BINDS).await?;
        assert!(auth.contains("<tag>web</tag>") && auth.contains("<enable "), "{auth}");
        let enabled = format!("<enabled {SM} id='s1' resume='true'/>");
        let bound = format!("<bound xmlns='urn:xmpp:bind:0'>{enabled}</bound>");
        server.say(&success(&shown, "kim@x.example/web~1", &bound)).await?;
        server.say(&features("")).await?;
        server.say(&format!("<message/><r {SM}/><presence/>")).await?;
        Ok(server)
    })
    .await;
    let mut live = begun.unwrap().live;
    assert_eq!(live.bound().as_str(), "kim@x.example/web~1");
    assert_eq!(heard(&mut live).await.unwrap().name(), "message");
    assert_eq!(heard(&mut live).await.unwrap().name(), "presence");
    written(&mut live).await;
    assert_eq!(attribute(&server.hear("<a").await.unwrap(), "h"), Some("1"), "what is offered is no stanza");
    assert!(live.into_kept(Vec::new()).management.unwrap().resume().is_some());
}

#[tokio::test]
async fn a_server_that_binds_nothing_or_somebody_elses_is_left() {
    let stranger = "the server bound something else than a resource of the account";
    let refusal = "<failed xmlns='urn:xmpp:bind:0'><error xmlns='jabber:client' type='wait'>\
                   <resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></failed>";
    let bound = "<bound xmlns='urn:xmpp:bind:0'/>";
    for (jid, inner, expected) in [
        ("eve@x.example/web", bound, stranger),
        ("kim@x.example", bound, stranger),
        ("kim@x.example", refusal, "resource not bound: resource-constraint"),
    ] {
        let (peer, trust) = secure_peer("DNS:x.example").await;
        let (begun, _server) = meet_securely((&peer, &trust), true, &mut Past::default(), async |mut server| {
            let (_, shown) = challenge(&mut server, BINDS).await?;
            server.say(&success(&shown, jid, inner)).await?;
            Ok(server)
        })
        .await;
        assert_eq!(begun.err().expect("refused").to_string(), expected, "{jid}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_as_ever() {
    let failure = refused(async |server| {
        offer(server, "").await?;
        let condition = "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
        server.say(&format!("<failure {SASL2}>{condition}<text>Bad password</text></failure>")).await
    })
    .await;
    assert_eq!(failure.to_string(), "not-authorized - Bad password");
    assert!(matches!(failure.down(), Down::Failed(_)));
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_left() {
    let failure = refused(async |server| {
        challenge(server, "").await?;
        server.say(&success("dj1BQUFB", "kim@x.example", "")).await
    })
    .await;
    assert_eq!(failure.to_string(), "the server does not know the password");
}

/// Lets the client in by its password, and gives it a token.
async fn give_token(server: &mut Conversation) -> io::Result<()> {
    let (auth, shown) = challenge(server, FAST).await?;
    assert!(auth.contains("<request-token") && auth.contains("HT-SHA-256-NONE"), "{auth}");
    server.say(&success(&shown, "kim@x.example", "<token xmlns='urn:xmpp:fast:0' token='t1'/>")).await?;
    server.say(&features(BIND)).await?;
    server.bind().await.map(|_| ())
}

fn hashed(who: &[u8]) -> String {
    BASE64_STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"t1"), who))
}

#[tokio::test]
async fn a_token_is_shown_instead_of_the_password_and_the_server_shows_that_it_knows_it() {
    for (who, good) in [("Responder", true), ("Initiator", false)] {
        let (peer, trust) = secure_peer("DNS:x.example").await;
        let mut past = Past::default();
        let (begun, ()) =
            meet_securely((&peer, &trust), false, &mut past, async |mut server| give_token(&mut server).await).await;
        begun.unwrap();
        assert_eq!(past.token.as_ref().unwrap().kind(), Kind::Unbound);
        let (begun, _server) = meet_securely((&peer, &trust), false, &mut past, async |mut server| {
            let auth = offer(&mut server, FAST).await?;
            assert!(auth.contains("HT-SHA-256-NONE") && auth.contains("<fast "), "{auth}");
            let first = BASE64_STANDARD.decode(text(&auth, "initial-response").unwrap()).unwrap();
            let hash = BASE64_STANDARD.decode(hashed(b"Initiator")).unwrap();
            assert_eq!(first, [b"kim\0".as_slice(), &hash].concat());
            server.say(&success(&hashed(who.as_bytes()), "kim@x.example", "")).await?;
            if good {
                server.say(&features(BIND)).await?;
                server.bind().await?;
            }
            Ok(server)
        })
        .await;
        match begun {
            Ok(_) => assert!(good),
            Err(failure) => assert_eq!((good, &*failure.to_string()), (false, "the server does not know the token")),
        }
    }
}

#[tokio::test]
async fn where_the_token_is_not_taken_the_password_is_shown_on_a_new_connection() {
    let (peer, trust) = secure_peer("DNS:x.example").await;
    let mut past = Past::default();
    meet_securely((&peer, &trust), false, &mut past, async |mut server| give_token(&mut server).await).await.0.unwrap();
    let (begun, ()) = meet_securely((&peer, &trust), false, &mut past, async |mut server| {
        offer(&mut server, FAST).await?;
        let condition = "<credentials-expired xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
        server.say(&format!("<failure {SASL2}>{condition}</failure>")).await?;
        give_token(&mut peer.accept().await?).await
    })
    .await;
    begun.unwrap();
    assert!(past.token.is_some());
}
