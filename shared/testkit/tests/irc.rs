//! The IRC servers that tests start do what tests rely on.

use footbridge_testkit::irc::{InspIrcd, NgIrcd, Peer, User};

#[tokio::test]
async fn inspircd_has_accounts_capabilities_and_roles() {
    let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
    server.register("kim", "a-password").await.expect("registered");
    let mut lou = User::connect(server.port(), "lou").await.expect("connected");
    lou.say("CAP LS 302").await.unwrap();
    let offered = lou.until(" CAP ").await.unwrap();
    for wanted in ["sasl=EXTERNAL,PLAIN", "labeled-response", "server-time", "echo-message"] {
        let wanted: Vec<_> = wanted.split([',', '=']).collect();
        assert!(wanted.iter().all(|word| offered.contains(word)), "{wanted:?}: {offered}");
    }
    lou.say("PRIVMSG NickServ :REGISTER another lou@irc.test\r\nJOIN #deck").await.unwrap();
    lou.until("353 lou = #deck :@lou").await.expect("the first in a channel runs it");
}

#[tokio::test]
async fn ngircd_wants_its_password() {
    let server = NgIrcd::start("sesame").await.expect("ngIRCd");
    User::connect(server.port(), "kim").await.map(drop).expect_err("no password");
    let open = NgIrcd::start("").await.expect("ngIRCd");
    User::connect(open.port(), "kim").await.expect("connected");
}

#[tokio::test]
async fn a_peer_registers_whoever_connects() {
    let peer = Peer::listen().await.unwrap();
    let (user, nick) = tokio::join!(User::connect(peer.port(), "kim"), async {
        let mut conversation = peer.accept().await.unwrap();
        let nick = conversation.register("").await.unwrap();
        conversation.say(":irc.test 376 kim :End of MOTD").await.unwrap();
        (nick, conversation)
    });
    user.unwrap().say("QUIT").await.unwrap();
    let (nick, mut conversation) = nick;
    assert_eq!(nick, "kim");
    assert_eq!(conversation.hear("QUIT").await.unwrap(), "QUIT");
    conversation.closed().await.unwrap();
}
