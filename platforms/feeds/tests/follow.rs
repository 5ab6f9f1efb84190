//! Following, over the worker's own loop: what its gateway hears, and what comes of it.

use footbridge_feeds::Feeds;
use footbridge_host::run_stateless;
use footbridge_testkit::http::{Answer, Request, Server};
use footbridge_testkit::worker::LoopWorker;
use footbridge_wire::{
    Confine, FromWorker, Hello, InstanceId, JobId, LogLevel, Method, Open, Outcome, Returning, Standing, ToWorker,
    VERSION, Visit, Watch, Welcome,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Looks that follow one another as fast as they can.
const QUICK: &str = r#"{"allowPrivateAddresses":true,"connectTimeoutMs":20000,"pollIntervalMinMs":20,
    "pollIntervalMaxMs":20,"maxTopics":3}"#;
/// The defaults: no second look within a test.
const SLOW: &str = r#"{"allowPrivateAddresses":true,"connectTimeoutMs":20000}"#;
const PATIENCE: Duration = Duration::from_secs(20);

/// A site whose pages can be changed, and that tells of each request.
struct Site {
    server: Arc<Server>,
    pages: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Receiver<Request>,
}

impl Site {
    fn start() -> Self {
        let pages = Arc::<Mutex<HashMap<String, Answer>>>::default();
        let (asked, requests) = channel();
        let (started, server) = channel();
        let shown = Arc::clone(&pages);
        std::thread::spawn(move || serve(shown, asked, &started));
        Self { server: server.recv_timeout(PATIENCE).expect("it starts"), pages, requests }
    }

    fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    fn show(&self, path: &str, answer: Answer) {
        self.pages.lock().expect("nobody panicked").insert(path.to_owned(), answer);
    }

    /// Shows a feed that has to be asked for each time.
    fn publish(&self, path: &str, items: &[(&str, &str)]) {
        self.show(path, Answer::ok("application/rss+xml", rss("", items)).header("cache-control", "no-cache"));
    }

    /// The next request of this path.
    fn asked(&self, path: &str) -> Request {
        loop {
            let request = self.requests.recv_timeout(PATIENCE).expect("it is asked");
            if request.path == path {
                return request;
            }
        }
    }
}

fn serve(pages: Arc<Mutex<HashMap<String, Answer>>>, asked: Sender<Request>, started: &Sender<Arc<Server>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let answer = move |request: &Request| {
            // A test that has ended does not listen.
            let _ = asked.send(request.clone());
            let pages = pages.lock().expect("nobody panicked");
            pages.get(&request.path).cloned().unwrap_or_else(|| Answer::status(404))
        };
        started.send(Arc::new(Server::start(answer).await)).expect("the test waits");
        std::future::pending::<()>().await;
    });
}

/// A feed of items, each a guid and a title, whose first letter is its page.
fn rss(head: &str, items: &[(&str, &str)]) -> String {
    let item = |(guid, title): &(&str, &str)| {
        let page = &title[..1];
        format!("<item><guid>{guid}</guid><title>{title}</title><link>http://h.example/{page}</link></item>")
    };
    let items: String = items.iter().map(item).collect();
    format!("<rss version='2.0'><channel><title>Harbour</title>{head}{items}</channel></rss>")
}

/// The gateway: it keeps what it is asked to keep.
struct Gateway {
    worker: LoopWorker,
    kept: HashMap<String, bytes::Bytes>,
    log: Vec<String>,
}

impl Gateway {
    fn start(settings: &'static str, callback: Option<&str>, kept: HashMap<String, bytes::Bytes>) -> Self {
        let mut worker = LoopWorker::start(run_stateless::<Feeds>);
        worker.tell(&ToWorker::Hello(Hello {
            version: VERSION,
            settings: settings.into(),
            beat: Duration::ZERO,
            log_level: LogLevel::Info,
            confine: Confine::default(),
            shared: false,
            callback: callback.map(ToOwned::to_owned),
        }));
        worker.tell(&ToWorker::Open(Open { instance: InstanceId::default(), actor: None, address: None }));
        assert!(matches!(worker.hear(), Some(FromWorker::Ready(_))));
        Self { worker, kept, log: Vec::new() }
    }

    fn new(settings: &'static str) -> Self {
        Self::start(settings, None, HashMap::new())
    }

    /// What the worker says next that is nothing to keep and no line of the log.
    fn hear(&mut self) -> FromWorker {
        loop {
            match self.worker.hear().expect("it lives") {
                FromWorker::Keep(keep) => match keep.value {
                    Some(value) => drop(self.kept.insert(keep.name, value)),
                    None => drop(self.kept.remove(&keep.name)),
                },
                FromWorker::Recall { number, name } => {
                    let value = self.kept.get(&name).cloned();
                    self.worker.tell(&ToWorker::Recalled { number, value });
                }
                FromWorker::Log { text, .. } => self.log.push(text),
                said => return said,
            }
        }
    }

    fn ask(&mut self, verb: &str, object: &Value) {
        let actor = json!({"id": "kim@feeds", "type": "person"});
        let activity = json!({"id": "7", "type": verb, "actor": actor, "object": object}).to_string();
        let job = self.worker.job(verb, activity, None);
        self.worker.tell(&job);
    }

    /// Follows, and tells the answer.
    fn follow(&mut self, url: &str) -> Value {
        self.ask("follow", &json!({"type": "feed", "id": url}));
        assert!(matches!(self.hear(), FromWorker::Standing(Standing::Follows { topic, .. }) if topic == url));
        self.answer()
    }

    fn answer(&mut self) -> Value {
        match self.hear() {
            FromWorker::Done(_, Outcome::Activity(text)) => serde_json::from_slice(&text).expect("JSON"),
            other => panic!("{other:?}"),
        }
    }

    /// The next news: for whom, its type and its title.
    fn news(&mut self) -> (Option<u64>, String, String) {
        match self.hear() {
            FromWorker::Standing(Standing::News { only, activity, .. }) => {
                let activity: Value = serde_json::from_slice(&activity).expect("JSON");
                assert_eq!((&activity["actor"]["name"], activity.get("id")), (&json!("Harbour"), None));
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                (only, text(&activity["type"]), text(&activity["object"]["title"]))
            }
            other => panic!("{other:?}"),
        }
    }

    fn post(&mut self, title: &str) {
        assert_eq!(self.news(), (None, "post".to_owned(), title.to_owned()));
    }

    fn visit(&mut self, visit: Visit) -> Welcome {
        self.worker.tell(&ToWorker::Visit(visit));
        match self.hear() {
            FromWorker::Welcome(welcome) => welcome,
            other => panic!("{other:?}"),
        }
    }
}

fn watch(url: &str, returning: Option<Returning>) -> ToWorker {
    ToWorker::Watch(Watch { topic: url.to_owned(), returning })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    since.as_millis().try_into().expect("before the year 584,556,019")
}

#[test]
fn what_is_new_is_told_once_and_what_changes_as_an_update() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A"), ("b", "B")]);
    let answer = gateway.follow(&url);
    assert_eq!((&answer["type"], &answer["id"], &answer["totalItems"]), (&json!("collection"), &json!("7"), &json!(2)));
    assert_eq!(answer["items"][0]["actor"]["id"], url);
    site.publish("/feed", &[("c", "C"), ("a", "A"), ("b", "B")]);
    gateway.post("C");
    site.publish("/feed", &[("c", "C"), ("a", "A"), ("b", "B, corrected")]);
    assert_eq!(gateway.news(), (None, "update".to_owned(), "B, corrected".to_owned()));
    // Entries that only have other ids now are not told: the next news is what is new.
    site.publish("/feed", &[("d", "D"), ("http://h.example/?p=1", "C"), ("a", "A"), ("b", "B, corrected")]);
    gateway.post("D");
}

#[test]
fn a_follow_is_answered_as_a_fetch_would_be() {
    let (site, mut gateway) = (Site::start(), Gateway::new(SLOW));
    site.publish("/feed", &[("a", "A"), ("b", "B")]);
    gateway.ask("follow", &json!({"type": "feed", "id": format!("{}#top", site.url("/feed")), "limit": 1}));
    let said = gateway.hear();
    assert!(
        matches!(&said, FromWorker::Standing(Standing::Follows { topic, .. }) if *topic == site.url("/feed")),
        "{said:?}"
    );
    let answer = gateway.answer();
    assert_eq!((&answer["totalItems"], &answer["items"][0]["object"]["title"]), (&json!(1), &json!("A")));
    assert_eq!(answer["items"][0]["actor"]["id"], site.url("/feed"));
    gateway.ask("unfollow", &json!({"type": "feed", "id": format!("{}#other", site.url("/feed"))}));
    let said = gateway.hear();
    assert!(
        matches!(&said, FromWorker::Standing(Standing::Unfollows { topic, .. }) if *topic == site.url("/feed")),
        "{said:?}"
    );
    assert!(matches!(gateway.hear(), FromWorker::Done(_, Outcome::Unchanged)));
    // What was never followed, and what cannot be, is not followed either.
    gateway.ask("unfollow", &json!({"type": "feed", "id": "no url"}));
    assert!(matches!(gateway.hear(), FromWorker::Done(_, Outcome::Unchanged)));
}

#[test]
fn what_cannot_be_fetched_is_not_followed() {
    let (site, mut gateway) = (Site::start(), Gateway::new(SLOW));
    site.show("/page", Answer::ok("text/plain", "no feed"));
    for (url, text) in [
        (site.url("/none"), format!("Error: request failed: 404 Not Found for {}", site.url("/none"))),
        (site.url("/page"), "Error: not a feed: the document is neither XML nor JSON".to_owned()),
        ("gopher://h.example/".to_owned(), "Error: unsupported scheme gopher: for gopher://h.example/".to_owned()),
        ("no url".to_owned(), "Error: invalid URL: no url".to_owned()),
    ] {
        gateway.ask("follow", &json!({"type": "feed", "id": url}));
        match gateway.hear() {
            FromWorker::Done(_, Outcome::Failed(said)) => assert_eq!(said, text),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[test]
fn a_follow_that_finds_something_new_tells_the_others_first() {
    let (site, mut gateway) = (Site::start(), Gateway::new(SLOW));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.ask("follow", &json!({"type": "feed", "id": url}));
    gateway.post("B");
    assert!(matches!(gateway.hear(), FromWorker::Standing(Standing::Follows { job: JobId(2), .. })));
    assert_eq!(gateway.answer()["totalItems"], 2);
}

#[test]
fn a_successor_goes_on_where_the_worker_ended() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.post("B");
    let Gateway { worker, kept, .. } = gateway;
    worker.abandon();
    // What was told just before may not have been kept; what was kept before that was.
    assert!(kept.contains_key(&format!("topic:{url}")), "{kept:?}");
    site.publish("/feed", &[("c", "C"), ("b", "B"), ("a", "A")]);
    let mut gateway = Gateway::start(QUICK, None, kept);
    gateway.worker.tell(&watch(&url, None));
    let mut told = vec![gateway.news()];
    if told[0].2 == "B" {
        told.push(gateway.news());
    }
    assert_eq!(told.last().map(|(only, kind, title)| (*only, &**kind, &**title)), Some((None, "post", "C")));
}

#[test]
fn without_a_memory_what_is_there_is_not_new() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.worker.tell(&watch(&url, None));
    // It asks what is kept only when it is heard.
    gateway.worker.tell(&ToWorker::Watch(Watch { topic: url.clone(), returning: None }));
    gateway.ask("unfollow", &json!({"type": "feed", "id": "no url"}));
    assert!(matches!(gateway.hear(), FromWorker::Done(_, Outcome::Unchanged)));
    while !gateway.kept.contains_key(&format!("topic:{url}")) {
        gateway.ask("unfollow", &json!({"type": "feed", "id": "no url"}));
        assert!(matches!(gateway.hear(), FromWorker::Done(_, Outcome::Unchanged)));
    }
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.post("B");
}

#[test]
fn who_comes_back_is_told_alone_what_has_come_since() {
    let (site, mut gateway) = (Site::start(), Gateway::new(SLOW));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    let told = now();
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.worker.tell(&watch(&url, Some(Returning { follower: 3, told })));
    // Nobody had looked: it is new to all.
    gateway.post("B");
    gateway.worker.tell(&watch(&url, Some(Returning { follower: 4, told })));
    assert_eq!(gateway.news(), (Some(4), "post".to_owned(), "B".to_owned()));
    gateway.worker.tell(&watch(&url, Some(Returning { follower: 5, told: now() + 60_000 })));
    site.publish("/feed", &[("c", "C"), ("b", "B"), ("a", "A")]);
    gateway.worker.tell(&watch(&url, Some(Returning { follower: 6, told })));
    let mut heard = [gateway.news(), gateway.news()];
    heard.sort();
    assert_eq!(heard, [(None, "post".to_owned(), "C".to_owned()), (Some(6), "post".to_owned(), "B".to_owned())]);
}

#[test]
fn what_is_gone_is_over_and_what_nobody_follows_is_still_known() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    site.show("/feed", Answer::status(410));
    match gateway.hear() {
        FromWorker::Standing(Standing::Over { topic, text }) => {
            assert_eq!((topic, text), (url.clone(), format!("Error: request failed: 410 Gone for {url}")));
        }
        other => panic!("{other:?}"),
    }
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    assert!(gateway.kept.contains_key(&format!("topic:{url}")));
    gateway.worker.tell(&ToWorker::Unwatch(url.clone()));
    gateway.ask("unfollow", &json!({"type": "feed", "id": url}));
    assert!(matches!(gateway.hear(), FromWorker::Standing(Standing::Unfollows { .. })));
    assert!(matches!(gateway.hear(), FromWorker::Done(..)));
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.worker.tell(&watch(&url, Some(Returning { follower: 6, told: 0 })));
    assert_eq!(gateway.news(), (None, "post".to_owned(), "B".to_owned()));
}

#[test]
fn a_feed_that_fails_for_a_while_is_looked_at_again() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let url = site.url("/feed");
    site.publish("/feed", &[("a", "A")]);
    gateway.follow(&url);
    site.show("/feed", Answer::status(500));
    while site.server.requests().len() < 3 {
        site.asked("/feed");
    }
    site.publish("/feed", &[("b", "B"), ("a", "A")]);
    gateway.post("B");
    let text = format!("{url} cannot be looked at: Error: request failed: 500 Internal Server Error for {url}");
    assert_eq!(gateway.log, [text]);
}

#[test]
fn a_list_of_feeds_is_followed_up_to_what_the_operator_allows() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    site.publish("/1", &[("a", "A")]);
    let outline = |path: &str| format!("<outline text='{path}' xmlUrl='{}'/>", site.url(path));
    let outlines = ["/1", "/2", "/3", "/4"].map(outline).concat();
    let list = format!("<opml><head><title>Mine</title></head><body>{outlines}<outline xmlUrl='x:y'/></body></opml>");
    gateway.ask("follow", &json!({"type": "opml", "content": list}));
    for path in ["/1", "/2", "/3"] {
        let said = gateway.hear();
        assert!(
            matches!(&said, FromWorker::Standing(Standing::Follows { topic, .. }) if *topic == site.url(path)),
            "{said:?}"
        );
    }
    let answer = gateway.answer();
    let shape = (&answer["id"], &answer["type"], &answer["summary"], &answer["totalItems"]);
    assert_eq!(shape, (&json!("7"), &json!("collection"), &json!("Mine"), &json!(3)));
    assert_eq!(answer["items"][0], json!({"type": "feed", "id": site.url("/1"), "name": "/1"}));
    let full = "3 feeds are followed here already, and no more can be: see the setting feeds.maxTopics";
    assert_eq!(answer["skipped"][0], json!({"url": "x:y", "reason": "unsupported scheme x:"}));
    assert_eq!(answer["skipped"][1], json!({"name": "/4", "url": site.url("/4"), "reason": full}));
    gateway.ask("follow", &json!({"type": "feed", "id": site.url("/4")}));
    let said = gateway.hear();
    assert!(
        matches!(&said, FromWorker::Done(_, Outcome::Failed(text)) if *text == format!("Error: {full}")),
        "{said:?}"
    );
    // The first look tells nothing, the next what is new.
    while !gateway.kept.contains_key(&format!("topic:{}", site.url("/1"))) {
        gateway.ask("unfollow", &json!({"type": "feed", "id": "no url"}));
        assert!(matches!(gateway.hear(), FromWorker::Done(..)));
    }
    site.publish("/1", &[("b", "B"), ("a", "A")]);
    gateway.post("B");
}

fn call(method: Method, path: &str, query: String, headers: &[(&str, String)], body: String) -> Visit {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Visit { number: 1, method, path: path.to_owned(), query, headers, body: body.into() }
}

fn field(request: &Request, name: &str) -> String {
    let mut fields = url::form_urlencoded::parse(request.body.as_bytes());
    let found = fields.find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{name} in {}", request.body)).1.into_owned()
}

fn signature(secret: &str, body: &str) -> (&'static str, String) {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(body.as_bytes());
    let digits = mac.finalize().into_bytes();
    let digits = digits.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    ("x-hub-signature", format!("sha256={digits}"))
}

const CALLBACK: &str = "https://gateway.example/callbacks/feeds/";

#[test]
fn a_hub_brings_news_that_it_has_signed() {
    let (site, mut gateway) = (Site::start(), Gateway::start(SLOW, Some(CALLBACK), HashMap::new()));
    let url = site.url("/feed");
    let head = format!(
        "<atom:link rel='hub' href='{}'/><atom:link rel='self' href='http://self.example/'/>",
        site.url("/hub")
    );
    site.show("/feed", Answer::ok("application/rss+xml", rss(&head, &[("a", "A")])));
    site.show("/hub", Answer::status(202));
    gateway.follow(&url);
    let asked = site.asked("/hub");
    assert_eq!(
        (field(&asked, "hub.mode"), field(&asked, "hub.topic")),
        ("subscribe".into(), "http://self.example/".into())
    );
    let secret = field(&asked, "hub.secret");
    assert!(secret.len() >= 32 && secret.len() < 200);
    let callback = field(&asked, "hub.callback");
    let path = callback.strip_prefix(CALLBACK).expect("behind the platform's address").to_owned();

    // It is confirmed to whom it was told, for what was asked, and to nobody else.
    let query =
        |mode: &str, topic: &str| format!("hub.mode={mode}&hub.topic={topic}&hub.challenge=c1&hub.lease_seconds=9000");
    let confirm = |path: &str, query: String| call(Method::Get, path, query, &[], String::new());
    let guess = format!("{}/{}", path.split_once('/').expect("two parts").0, "0".repeat(32));
    for (path, mode, topic) in [
        (&*guess, "subscribe", "http://self.example/"),
        ("", "subscribe", "http://self.example/"),
        (&*path, "subscribe", "http://other.example/"),
        (&*path, "unsubscribe", "http://self.example/"),
        (&*path, "publish", "http://self.example/"),
    ] {
        assert_eq!(gateway.visit(confirm(path, query(mode, topic))).status, 404, "{path} {mode} {topic}");
    }
    let welcome = gateway.visit(confirm(&path, query("subscribe", "http://self.example/")));
    assert_eq!((welcome.status, &*welcome.body), (200, "c1"));

    // What it signs is told before it is answered; what it does not is not told at all.
    let brought = |path: &str, secret: &str, title: &str| {
        let body = rss("", &[(title, title)]);
        let headers = [signature(secret, &body), ("content-type", "application/rss+xml".to_owned())];
        call(Method::Post, path, String::new(), &headers, body)
    };
    assert_eq!(gateway.visit(brought(&path, "guessed", "forged")).status, 202);
    let unsigned = call(Method::Post, &path, String::new(), &[], rss("", &[("forged", "forged")]));
    assert_eq!(gateway.visit(unsigned).status, 202);
    assert_eq!(gateway.visit(brought(&guess, &secret, "forged")).status, 410);
    gateway.worker.tell(&ToWorker::Visit(brought(&path, &secret, "B")));
    gateway.post("B");
    assert!(matches!(gateway.hear(), FromWorker::Welcome(Welcome { status: 202, .. })));
    assert_eq!(gateway.log, [1, 2].map(|count| format!("{url}: news without a right signature, {count} so far")));
    // The same once more is no news.
    assert_eq!(gateway.visit(brought(&path, &secret, "B")).status, 202);

    // A successor knows what was agreed, and is believed even before it has looked around.
    let Gateway { worker, kept, .. } = gateway;
    worker.abandon();
    let mut gateway = Gateway::start(SLOW, Some(CALLBACK), kept);
    gateway.worker.tell(&watch(&url, None));
    gateway.worker.tell(&ToWorker::Visit(brought(&path, &secret, "C")));
    gateway.post("C");
    assert!(matches!(gateway.hear(), FromWorker::Welcome(Welcome { status: 202, .. })));

    // Nobody follows any more: the hub is told, and asks whether that is meant.
    gateway.worker.tell(&ToWorker::Unwatch(url));
    let asked = site.asked("/hub");
    assert_eq!((field(&asked, "hub.mode"), field(&asked, "hub.callback")), ("unsubscribe".into(), callback));
    let welcome = gateway.visit(confirm(&path, query("unsubscribe", "http://self.example/")));
    assert_eq!((welcome.status, &*welcome.body), (200, "c1"));
    assert_eq!(gateway.visit(confirm(&path, query("unsubscribe", "http://self.example/"))).status, 404);
    assert_eq!(gateway.visit(brought(&path, &secret, "D")).status, 410);
}

#[test]
fn a_hub_that_refuses_leaves_it_to_looking() {
    let (site, mut gateway) = (Site::start(), Gateway::start(QUICK, Some(CALLBACK), HashMap::new()));
    let link = format!("<{}>; rel=hub", site.url("/hub"));
    let publish = |items: &[(&str, &str)]| {
        let answer = Answer::ok("application/rss+xml", rss("", items)).header("cache-control", "no-cache");
        site.show("/feed", answer.header("link", &link));
    };
    publish(&[("a", "A")]);
    gateway.follow(&site.url("/feed"));
    let asked = site.asked("/hub");
    assert_eq!(field(&asked, "hub.topic"), site.url("/feed"));
    publish(&[("b", "B"), ("a", "A")]);
    gateway.post("B");
    // It is asked once, not with each look.
    let hub = site.server.requests().into_iter().filter(|request| request.path == "/hub");
    assert_eq!(hub.count(), 1);
}

#[test]
fn where_nobody_can_call_no_hub_is_asked() {
    let (site, mut gateway) = (Site::start(), Gateway::new(QUICK));
    let head = format!("<atom:link rel='hub' href='{}'/>", site.url("/hub"));
    let publish = |items: &[(&str, &str)]| {
        site.show("/feed", Answer::ok("text/xml", rss(&head, items)).header("cache-control", "no-cache"));
    };
    publish(&[("a", "A")]);
    gateway.follow(&site.url("/feed"));
    publish(&[("b", "B"), ("a", "A")]);
    gateway.post("B");
    assert!(site.server.requests().iter().all(|request| request.path == "/feed"));
    let lost = call(Method::Post, "00/00", String::new(), &[], String::new());
    assert_eq!(gateway.visit(lost).status, 410);
}

#[test]
fn settings_that_leave_no_time_are_named() {
    let mut worker = LoopWorker::start(run_stateless::<Feeds>);
    worker.greet(r#"{"pollIntervalMinMs":5,"pollIntervalMaxMs":4}"#, Duration::ZERO);
    let (said, _) = worker.end();
    let text =
        "Error: feeds could not be opened: pollIntervalMinMs, pollIntervalMaxMs: 5 to 4 is no time between two looks";
    assert!(matches!(&said[..], [FromWorker::Fatal(fatal)] if fatal == text), "{said:?}");
}
