//! Ways around the guard that a page knows: its oEmbed document, its icon, its pictures, its own address. A trap that listens
//! on every address of this machine shows that nothing connects.

mod common;

use common::{Everything, fetch, within};
use footbridge_metadata::Settings;
use footbridge_outbound::{Guard, Pace, Policy};
use footbridge_testkit::http::{Answer, Server};
use footbridge_testkit::special;
use footbridge_testkit::trap::Trap;
use std::sync::Arc;
use std::time::Duration;

/// A page that names `to` wherever a page can name an address.
fn page(to: &str) -> String {
    format!(
        r#"<title>T</title><link rel=icon href="{to}i.png"><link rel="alternate" type="application/json+oembed" href="{to}o">
        <link rel=canonical href="{to}"><meta property="og:url" content="{to}"><meta property="og:video" content="{to}v">
        <link rel=manifest href="{to}m"><meta http-equiv=refresh content="0; url={to}"><img src="{to}i"><iframe src="{to}f">"#
    )
}

// metadata 16, 28
#[tokio::test]
async fn nothing_that_a_page_names_connects() {
    let (trap, hosts) = (Trap::set().await, special::hosts());
    let port = trap.port();
    let mut named: Vec<String> = hosts.iter().map(|host| format!("http://{host}:{port}/")).collect();
    // Found by a name server for which every name is this machine.
    named.push(format!("http://inner.example:{port}/"));
    let pages = named.clone();
    let server = Server::start(move |request| {
        let at: usize = request.path[1..].parse().unwrap();
        Answer::ok("text/html", page(&pages[at]))
    })
    .await;
    let fast = Pace { at_once: 6, interval: Duration::ZERO, ahead: Duration::ZERO };
    let guard = Guard::with_resolver(Policy::default(), Arc::new(Everything([127, 0, 0, 1].into())));
    let metadata = within(&Settings::default(), guard.excepting(server.address()).paced(fast), "");
    for (at, to) in named.iter().enumerate() {
        let answer = fetch(&metadata, &server.url(&format!("/{at}"))).await.unwrap();
        assert_eq!(answer["object"]["title"], "T", "{to}");
    }
    assert_eq!(trap.caught().await, 0);
    assert_eq!(server.requests().len(), named.len());
}

/// That the trap would show it: where private addresses may be reached, the document that a page names is asked for.
#[tokio::test]
async fn without_the_guard_the_document_is_asked_for() {
    let trap = Trap::set().await;
    let to = format!("http://127.0.0.1:{}/", trap.port());
    let server = Server::start(move |_| Answer::ok("text/html", page(&to))).await;
    let guard = Guard::new(Policy { allow_private_addresses: true });
    let metadata = within(&Settings::default(), guard, "");
    assert_eq!(fetch(&metadata, &server.url("/")).await.unwrap()["object"]["title"], "T");
    assert_eq!(trap.caught().await, 1);
}
