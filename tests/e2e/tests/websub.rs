//! Feeds that name a hub (W3C WebSub): what is new is brought by it, to those who followed, and by nobody else.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use footbridge_e2e::{LOOK, error, until};
use footbridge_testkit::{
    activity::{activity, context, echo},
    gateway::Gateway,
    http::{Answer, Request, Server},
    request::{self, Response},
    socketio::Client,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use url::{Url, form_urlencoded};

/// A paper whose hub knows who wants it.
struct Press {
    server: Server,
    /// Forms that the hub was handed, oldest first.
    forms: Arc<Mutex<Vec<Form>>>,
}

type Form = Vec<(String, String)>;

impl Press {
    async fn open() -> Self {
        let forms = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&forms);
        let server = Server::start(move |request| answer(request, &kept)).await;
        Self { server, forms }
    }

    fn url(&self) -> String {
        self.server.url("/harbour")
    }

    /// The next form for the hub that begins with this mode.
    async fn form(&self, mode: &str) -> Subscription {
        loop {
            if let Some(form) = self.take(mode) {
                return Subscription {
                    callback: Url::parse(field(&form, "hub.callback")).expect("a URL"),
                    topic: field(&form, "hub.topic").to_owned(),
                    secret: field(&form, "hub.secret").to_owned(),
                };
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn take(&self, mode: &str) -> Option<Form> {
        let mut forms = self.forms.lock().expect("sound");
        let at = forms.iter().position(|form| field(form, "hub.mode") == mode)?;
        Some(forms.remove(at))
    }

    fn polls(&self) -> usize {
        self.server.requests().iter().filter(|request| request.path == "/harbour").count()
    }
}

/// What the hub was asked for.
struct Subscription {
    callback: Url,
    topic: String,
    secret: String,
}

impl Subscription {
    /// The hub asks whether that is so.
    async fn verify(&self, gateway: &Gateway, mode: &str, topic: &str) -> Response {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("hub.mode", mode), ("hub.topic", topic)])
            .extend_pairs([("hub.challenge", "a challenge"), ("hub.lease_seconds", "864000")])
            .finish();
        request::get(&gateway.address, &format!("{}?{query}", self.callback.path())).await.expect("an answer")
    }

    /// The hub brings something, signed with a secret.
    async fn bring(&self, gateway: &Gateway, body: &str, secret: &str) -> u16 {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(body.as_bytes());
        let mut signature = String::from("sha256=");
        for byte in mac.finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}");
        }
        let headers = [("content-type", "application/rss+xml"), ("x-hub-signature", signature.as_str())];
        let sent = request::send(&gateway.address, "POST", self.callback.path(), &headers, body).await;
        sent.expect("an answer").status
    }
}

fn answer(request: &Request, forms: &Mutex<Vec<Form>>) -> Answer {
    if request.path == "/hub" {
        let form = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        forms.lock().expect("sound").push(form);
        return Answer::status(202);
    }
    let host = &request.headers["host"];
    let links = format!("<http://{host}/hub>; rel=\"hub\", <http://{host}/harbour>; rel=\"self\"");
    Answer::ok("application/rss+xml", feed(&["one"])).header("link", &links).header("cache-control", "no-cache")
}

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn feed(titles: &[&str]) -> String {
    let item = |title: &&str| format!("<item><title>{title}</title><guid isPermaLink='false'>{title}</guid></item>");
    let items: String = titles.iter().map(item).collect();
    format!("<rss version='2.0'><channel><title>Harbour</title>{items}</channel></rss>")
}

async fn gateway() -> Gateway {
    let settings = json!({
        "platforms": ["dummy", "feeds"],
        "callbacks": {"url": "http://gateway.example/callbacks/"},
        "packageConfig": {"@sockethub/platform-feeds": {"allowPrivateAddresses": true}}
    });
    Gateway::start(settings).await.expect("a gateway")
}

async fn says(client: &mut Client, verb: &str, url: &str) -> Value {
    let request = activity("feeds", verb, "ana", json!({"type": "feed", "id": url}));
    let answer = client.call("message", &request).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    answer
}

#[tokio::test]
async fn what_a_hub_brings_is_told_at_once_if_it_is_signed() {
    let (press, gateway) = (Press::open().await, gateway().await);
    let mut ana = Client::connect(&gateway.address).await.expect("connected");
    says(&mut ana, "follow", &press.url()).await;
    let wanted = press.form("subscribe").await;
    assert_eq!(wanted.topic, press.url());
    assert!(wanted.callback.as_str().starts_with("http://gateway.example/callbacks/feeds/"), "{}", wanted.callback);
    // Somebody else has subscribed us to something.
    assert_eq!(wanted.verify(&gateway, "subscribe", "http://other.example/feed").await.status, 404);
    let confirmed = wanted.verify(&gateway, "subscribe", &wanted.topic).await;
    assert_eq!((confirmed.status, confirmed.body.as_str()), (200, "a challenge"));
    assert_eq!(confirmed.header("x-content-type-options"), Some("nosniff"));
    let polls = press.polls();

    // Who does not know the secret is told what everybody is told, and believed nothing.
    assert_eq!(wanted.bring(&gateway, &feed(&["forged", "one"]), "a guess").await / 100, 2);
    assert_eq!(wanted.bring(&gateway, &feed(&["two", "one"]), &wanted.secret).await / 100, 2);
    let event = ana.event().await.expect("news");
    assert_eq!((&event.payload["type"], &event.payload["object"]["title"]), (&json!("post"), &json!("two")));
    assert_eq!(event.payload["@context"], context("feeds"));
    // Brought again, it is not new.
    assert_eq!(wanted.bring(&gateway, &feed(&["two", "one"]), &wanted.secret).await / 100, 2);
    ana.call("message", &activity("dummy", "echo", "ana", json!({"type": "message", "content": "barrier"})))
        .await
        .expect("an answer");
    assert!(ana.arrived().is_none());
    assert_eq!(press.polls(), polls, "nobody asked for it");

    says(&mut ana, "unfollow", &press.url()).await;
    let ended = press.form("unsubscribe").await;
    assert_eq!((ended.callback.path(), ended.topic.as_str()), (wanted.callback.path(), wanted.topic.as_str()));
}

#[tokio::test]
async fn callers_whom_nobody_expects_are_sent_away() {
    let gateway = gateway().await;
    let status = async |method: &str, path: &str| {
        request::send(&gateway.address, method, path, &[], "").await.expect("an answer").status
    };
    // Nobody follows anything.
    assert_eq!(status("GET", "/callbacks/feeds/x").await, 404);
    assert_eq!(status("POST", "/callbacks/nonsense/x").await, 404);
    let press = Press::open().await;
    let mut ana = Client::connect(&gateway.address).await.expect("connected");
    says(&mut ana, "follow", &press.url()).await;
    for path in ["/callbacks/feeds/x", "/callbacks/feeds/0/0", "/callbacks/feeds/..%2f..", "/callbacks/dummy/x"] {
        for method in ["GET", "POST"] {
            assert_eq!(status(method, path).await / 100, 4, "{method} {path}");
        }
    }
    assert_eq!(status("DELETE", "/callbacks/feeds/x").await, 405);
    let large = "x".repeat(6 * 1024 * 1024);
    let refused = request::send(&gateway.address, "POST", "/callbacks/feeds/x", &[], &large).await.expect("an answer");
    assert_eq!(refused.status, 413);
    // The worker is none the worse for it.
    let answer = ana.call("message", &echo("still there")).await.expect("an answer");
    assert_eq!(answer.get("error"), None);
    assert_eq!(says(&mut ana, "follow", &press.url()).await["totalItems"], 1);
}

#[tokio::test]
async fn a_gateway_that_has_no_public_address_lets_nobody_in_and_asks_no_hub() {
    let settings = json!({
        "platforms": ["dummy", "feeds"],
        "packageConfig": {"@sockethub/platform-feeds": {
            "allowPrivateAddresses": true, "pollIntervalMinMs": 50, "pollIntervalMaxMs": 100
        }}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let press = Press::open().await;
    let mut ana = Client::connect(&gateway.address).await.expect("connected");
    says(&mut ana, "follow", &press.url()).await;
    until(|| press.polls() > 2).await;
    assert!(press.forms.lock().expect("sound").is_empty());
    assert_eq!(request::get(&gateway.address, "/callbacks/feeds/x").await.expect("an answer").status, 404);
    let nonsense = activity("feeds", "follow", "ana", json!({"type": "feed", "id": "no url"}));
    let refused = ana.call("message", &nonsense).await.expect("an answer");
    assert!(error(&refused).contains("no url"), "{refused}");
}
