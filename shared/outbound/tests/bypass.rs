//! Ways around the guard: every spelling of every special address, directly, by a redirect, by an answer of the name server,
//! or as the hub that a feed names.
//! A trap that listens on every address of this machine shows that nothing connects.

use footbridge_outbound::{FetchError, Guard, Limits, Pace, Policy, Resolve, Resolving};
use footbridge_testkit::http::{Answer, Server};
use footbridge_testkit::special;
use footbridge_testkit::trap::Trap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), max_body: 1024 };

/// A name server that answers what it was last told to.
#[derive(Default)]
struct Names(Mutex<Vec<IpAddr>>);

impl Resolve for Names {
    fn resolve(&self, _: &str) -> Resolving {
        let answer = self.0.lock().expect("nobody panics with it").clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// As fast as it goes.
const FAST: Pace = Pace { at_once: 6, interval: Duration::ZERO, ahead: Duration::ZERO };

/// Refused because of where it leads, or because it is no address at all.
#[track_caller]
fn assert_refused(error: &FetchError, what: &str) {
    let is_refused = matches!(
        error,
        FetchError::Blocked { .. } | FetchError::InvalidUrl { .. } | FetchError::UnsupportedScheme { .. }
    );
    assert!(is_refused, "{what}: {error}");
}

fn url(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/")
}

/// That the trap shows what it is there for.
#[tokio::test]
async fn without_the_guard_the_spellings_do_connect() {
    let trap = Trap::set().await;
    let open = Guard::new(Policy { allow_private_addresses: true });
    let short = Limits { deadline: Duration::from_millis(200), ..LIMITS };
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "１２７.0.0.1", "ana:x@127.0.0.1"] {
        open.fetch(&url(host, trap.port()), short).await.unwrap_err();
    }
    assert_eq!(trap.caught().await, 5);
}

// guard 1 to 5, 13, 14
#[tokio::test]
async fn no_spelling_connects_directly() {
    let (trap, guard) = (Trap::set().await, Guard::new(Policy::default()));
    let hosts = special::hosts();
    for host in &hosts {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{}/", trap.port());
            assert_refused(&guard.fetch(&url, LIMITS).await.unwrap_err(), &url);
        }
    }
    assert_eq!(trap.caught().await, 0, "of {} spellings", hosts.len());
}

// guard 8
#[tokio::test]
async fn no_spelling_connects_by_a_redirect() {
    let (trap, hosts) = (Trap::set().await, special::hosts());
    let port = trap.port();
    let locations = hosts.clone();
    let server = Server::start(move |request| {
        let at: usize = request.path[1..].parse().unwrap();
        // To a host alone as well as to a whole URL.
        Answer::redirect(&if at.is_multiple_of(2) {
            url(&locations[at], port)
        } else {
            format!("//{}:{port}/", locations[at])
        })
    })
    .await;
    let guard = Guard::new(Policy::default()).excepting(server.address()).paced(FAST);
    for (at, host) in hosts.iter().enumerate() {
        assert_refused(&guard.fetch(&server.url(&format!("/{at}")), LIMITS).await.unwrap_err(), host);
    }
    assert_eq!(trap.caught().await, 0);
    assert_eq!(server.requests().len(), hosts.len());
}

// guard 6, 7
#[tokio::test]
async fn no_answer_of_a_name_server_connects() {
    let (trap, names) = (Trap::set().await, Arc::new(Names::default()));
    let port = trap.port();
    let server = Server::start(move |_| Answer::redirect(&url("inner.example", port))).await;
    let guard = Guard::with_resolver(Policy::default(), Arc::clone(&names) as Arc<dyn Resolve>);
    let guard = guard.excepting(server.address()).paced(FAST);
    let public: IpAddr = "8.8.8.8".parse().unwrap();
    for address in special::addresses() {
        for answer in [vec![address], vec![public, address], vec![address, public]] {
            *names.0.lock().unwrap() = answer;
            let error = guard.fetch(&url("inner.example", port), LIMITS).await.unwrap_err();
            assert_eq!(error.to_string(), format!("blocked non-public address {address} for inner.example"));
            let error = guard.fetch(&server.url("/"), LIMITS).await.unwrap_err();
            assert_eq!(error.to_string(), format!("blocked non-public address {address} for inner.example"));
        }
    }
    assert_eq!(trap.caught().await, 0);
}

/// Hubs are handed forms, and named by feeds, which anybody writes.
#[tokio::test]
async fn no_hub_connects_that_a_page_could_not_be_fetched_from() {
    let (trap, names) = (Trap::set().await, Arc::new(Names::default()));
    let guard = Guard::with_resolver(Policy::default(), Arc::clone(&names) as Arc<dyn Resolve>).paced(FAST);
    let fields = [("hub.mode", "subscribe")];
    for host in special::hosts() {
        let hub = url(&host, trap.port());
        assert_refused(&guard.post_form(&hub, &fields, LIMITS).await.unwrap_err(), &hub);
    }
    for address in special::addresses() {
        *names.0.lock().unwrap() = vec![address];
        let error = guard.post_form(&url("hub.example", trap.port()), &fields, LIMITS).await.unwrap_err();
        assert_eq!(error.to_string(), format!("blocked non-public address {address} for hub.example"));
    }
    // A hub that sends us elsewhere is not followed there.
    let port = trap.port();
    let server = Server::start(move |_| Answer::redirect(&url("127.0.0.1", port))).await;
    let guard = Guard::new(Policy::default()).excepting(server.address());
    let error = guard.post_form(&server.url("/hub"), &fields, LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::Status { .. }), "{error}");
    assert_eq!(trap.caught().await, 0);
}

#[tokio::test]
async fn an_exception_is_one_address_and_port_spelt_out() {
    let server = Server::start(|_| Answer::ok("text/plain", "ours")).await;
    let names = Arc::new(Names::default());
    names.0.lock().unwrap().push(server.address().ip());
    let guard = Guard::with_resolver(Policy::default(), names).excepting(server.address());
    assert_eq!(guard.fetch(&server.url("/"), LIMITS).await.unwrap().body, "ours");
    let trap = Trap::set().await;
    for url in [url("127.0.0.1", trap.port()), url("named.example", server.address().port())] {
        assert_refused(&guard.fetch(&url, LIMITS).await.unwrap_err(), &url);
    }
    assert_eq!((trap.caught().await, server.connections()), (0, 1));
}
