//! XMPP with a server that authenticates in one step with what follows it, and binds that to the TLS connection.

use footbridge_e2e::{
    until,
    xmpp::{PASSWORD, Sailor, gateway, raw},
};
use footbridge_testkit::{
    gateway::Gateway,
    proxy::Proxy,
    xmpp::{Server, Software, attribute},
};
use serde_json::json;

/// kim's connection goes through a proxy.
async fn harbour() -> (Gateway, Server, Proxy) {
    let server = Server::start(Software::ProsodyModern).await.expect("a server");
    for user in ["kim", "lou"] {
        server.register(user, PASSWORD).await.expect("an account");
    }
    let proxy = Proxy::start(server.port()).await;
    (gateway(&server.authority()).await, server, proxy)
}

#[tokio::test]
async fn who_comes_back_to_a_server_that_lets_in_by_token_needs_no_password() {
    let (gateway, server, proxy) = harbour().await;
    let mut kim = Sailor::connected(&gateway, "kim", proxy.port(), json!({})).await;
    let mut lou = raw(&server, "lou").await;
    let ahoy = |content: &str| format!("<message to='kim@x.example/web' type='chat'><body>{content}</body></message>");
    lou.say(&ahoy("one")).await.unwrap();
    kim.hears(|push| push["object"]["content"] == "one").await;
    // From now on, the password that the gateway has is of no use.
    server.register("kim", "another").await.expect("a new password");
    proxy.refuse(true);
    assert_eq!(proxy.cut().await, 1);
    lou.say(&ahoy("two")).await.unwrap();
    proxy.refuse(false);
    until(|| proxy.connections() > 0).await;
    kim.hears(|push| push["object"]["content"] == "two").await;
    kim.tell("lou@x.example/raw", "three").await;
    assert!(lou.until("<body>").await.unwrap().contains("<body>three</body>"));
}

#[tokio::test]
async fn a_client_may_leave_the_end_of_its_resource_to_the_server() {
    for (object, resource) in [(json!({"resourceAsTag": true}), "web~"), (json!({}), "web")] {
        let (gateway, server, proxy) = harbour().await;
        let mut lou = raw(&server, "lou").await;
        let mut kim = Sailor::connected(&gateway, "kim", proxy.port(), object).await;
        kim.tell("lou@x.example/raw", "ahoy").await;
        let heard = lou.until("<body>ahoy</body>").await.unwrap();
        let from = attribute(&heard, "from").expect("a sender").strip_prefix("kim@x.example/").expect("kim");
        assert!(from.starts_with(resource) && from.contains('~') == resource.contains('~'), "{from}");
        lou.say(&format!("<message to='kim@x.example/{from}' type='chat'><body>yes</body></message>")).await.unwrap();
        kim.hears(|push| push["object"]["content"] == "yes").await;
    }
}
