//! Workers of stateless platforms: what ends one fails the job that did it, and there are as many as there is to do.

use std::{collections::BTreeMap, fs};

use footbridge_e2e::{LOOK, error};
use footbridge_testkit::{
    activity::activity,
    gateway::{Gateway, signal},
    porter::{Asking, Foreman},
    request,
    socketio::{Ack, Client},
};
use serde_json::{Value, json};

const GONE: &str = "Error: session thread closed unexpectedly: null";

/// A gateway, and a porter's jobs that ask this test what to do.
struct Story {
    gateway: Gateway,
    client: Client,
    foreman: Foreman,
    port: u16,
    metrics: String,
}

impl Story {
    async fn begin(settings: Value) -> Self {
        let mut all = json!({"platforms": ["dummy", "porter"], "metrics": {"listen": "127.0.0.1:0"}});
        for (key, value) in settings.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let gateway = Gateway::start(all).await.expect("a gateway");
        let metrics = gateway.listens("serving metrics");
        let client = Client::connect(&gateway.address).await.expect("connected");
        let foreman = Foreman::start().await.expect("a port");
        let port = foreman.port().expect("it listens");
        Self { gateway, client, foreman, port, metrics }
    }

    /// A gateway whose porter has up to `workers` workers, each of which takes `concurrency` jobs.
    async fn with_pool(workers: u16, concurrency: u16, settings: Value) -> Self {
        let mut all = json!({
            "packageConfig": {"@sockethub/platform-porter": {"workers": workers, "concurrency": concurrency}}
        });
        for (key, value) in settings.as_object().expect("an object") {
            all[key] = value.clone();
        }
        Self::begin(all).await
    }

    /// Submits a job.
    async fn submit(&mut self, verb: &str, content: &str) -> Ack {
        let object = json!({"content": content, "port": self.port});
        self.client.ask("message", &activity("porter", verb, "kim", object)).await
    }

    /// Submits jobs called `0`, `1` and so on, and waits until all of them have begun.
    async fn occupy(&mut self, verb: &str, count: usize) -> (Vec<Ack>, Vec<Asking>) {
        let mut acks = Vec::new();
        for n in 0..count {
            acks.push(self.submit(verb, &n.to_string()).await);
        }
        (acks, self.gather(count).await)
    }

    /// The next jobs that begin, in the order of their names.
    async fn gather(&self, count: usize) -> Vec<Asking> {
        let mut begun = self.foreman.gather(count).await.expect("they begin");
        begun.sort_by(|a, b| a.content.cmp(&b.content));
        begun
    }

    async fn next(&self) -> Asking {
        self.foreman.next().await.expect("a job begins")
    }

    async fn counted(&self, line: &str) {
        while !request::get(&self.metrics, "/metrics").await.expect("an answer").body.contains(line) {
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn workers(&self, count: usize) {
        while self.gateway.workers().len() != count {
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn succeeds(ack: Ack) {
    let answer = ack.value().await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
}

async fn fails(ack: Ack, text: &str) {
    assert_eq!(error(&ack.value().await.expect("an answer")), text);
}

/// How many jobs each process has.
fn spread(jobs: &[Asking]) -> BTreeMap<u32, usize> {
    let mut spread = BTreeMap::new();
    for job in jobs {
        *spread.entry(job.pid).or_default() += 1;
    }
    spread
}

/// Ten jobs are under way when `order` makes one of them end the process, and it does so again when it has one to itself.
async fn only_the_guilty_one_fails(order: &str, settings: Value, text: &str) {
    let mut story = Story::begin(settings).await;
    let (mut acks, mut begun) = story.occupy("ask", 10).await;
    assert_eq!(spread(&begun).len(), 1, "one worker has them all");
    let first = begun[0].pid;
    begun.remove(3).tell(order).await;
    let mut later = None;
    for n in 0..10 {
        let suspect = story.next().await;
        assert_ne!(suspect.pid, first);
        assert_eq!((&*suspect.content, suspect.running), (&*n.to_string(), 1), "one at a time, in their order");
        if later.is_none() {
            later = Some(story.submit("ask", "later").await);
        }
        suspect.tell(if n == 3 { order } else { "done" }).await;
    }
    let next = story.next().await;
    assert_eq!(next.content, "later", "what came meanwhile has waited");
    next.tell("done").await;
    succeeds(later.expect("it was submitted")).await;
    fails(acks.remove(3), text).await;
    for ack in acks {
        succeeds(ack).await;
    }
    story.counted("sockethub_job_repeated_total{platform=\"porter\"} 10\n").await;
    // The first, the one for suspects, and the one after the guilty one.
    story.counted("sockethub_instance_started_total{platform=\"porter\"} 3\n").await;
}

#[tokio::test]
async fn an_abort_fails_the_job_that_did_it_and_no_other() {
    // core weak spot 16
    only_the_guilty_one_fails("abort", json!({}), GONE).await;
}

#[tokio::test]
async fn a_stack_that_overflows_fails_the_job_that_did_it_and_no_other() {
    only_the_guilty_one_fails("overflow", json!({}), GONE).await;
}

#[tokio::test]
async fn too_much_memory_fails_the_job_that_wanted_it_and_no_other() {
    let limits = json!({"workerMemoryBytes": 134_217_728});
    only_the_guilty_one_fails("allocate", json!({"limits": limits}), GONE).await;
}

#[tokio::test]
async fn a_hang_fails_the_job_that_did_it_and_no_other() {
    // core 88
    let settings = json!({"platformHeartbeat": {"intervalMs": 50, "timeoutMs": 500}});
    only_the_guilty_one_fails("block", settings, "platform process terminated").await;
}

#[tokio::test]
async fn a_kill_from_outside_fails_nothing_that_may_be_run_again() {
    let mut story = Story::begin(json!({})).await;
    let (acks, begun) = story.occupy("ask", 3).await;
    signal(begun[0].pid, "KILL").expect("it lives");
    for ack in acks {
        story.next().await.tell("done").await;
        succeeds(ack).await;
    }
}

#[tokio::test]
async fn a_job_that_was_alone_is_not_tried_again() {
    let mut story = Story::begin(json!({})).await;
    let ack = story.submit("ask", "alone").await;
    story.next().await.tell("abort").await;
    fails(ack, GONE).await;
    let ack = story.submit("ask", "next").await;
    let next = story.next().await;
    assert_eq!(next.content, "next");
    next.tell("done").await;
    succeeds(ack).await;
}

#[tokio::test]
async fn what_may_not_be_run_again_fails_with_its_worker() {
    // core 89
    let mut story = Story::begin(json!({})).await;
    let (once, mut begun) = story.occupy("once", 2).await;
    let ask = story.submit("ask", "again").await;
    begun.push(story.next().await);
    begun.remove(0).tell("abort").await;
    for ack in once {
        fails(ack, GONE).await;
    }
    let again = story.next().await;
    assert_eq!((&*again.content, again.running), ("again", 1));
    again.tell("done").await;
    succeeds(ask).await;
}

#[tokio::test]
async fn a_panic_fails_its_job_and_the_worker_goes_on() {
    let mut story = Story::begin(json!({})).await;
    let (mut acks, begun) = story.occupy("once", 4).await;
    let pid = begun[0].pid;
    for (n, job) in begun.into_iter().enumerate() {
        assert_eq!(job.pid, pid);
        job.tell(if n == 1 { "panic" } else { "done" }).await;
    }
    fails(acks.remove(1), "Error: porter failed on this message (told to)").await;
    for ack in acks {
        succeeds(ack).await;
    }
    story.counted("sockethub_job_panicked_total{platform=\"porter\"} 1\n").await;
    story.counted("sockethub_instance_started_total{platform=\"porter\"} 1\n").await;
    while !story.gateway.log().contains("a platform panicked over a message, which failed by itself: told to") {
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_suspects_time_goes_on_from_its_first_beginning() {
    // core 95
    let mut story = Story::begin(json!({"jobs": {"timeoutMs": 3000}})).await;
    let (acks, mut begun) = story.occupy("ask", 3).await;
    begun.remove(0).tell("abort").await;
    let held = story.next().await;
    assert_eq!(held.content, "0");
    for ack in acks {
        fails(ack, "job timed out").await;
    }
    // The one that did not end may have blocked the process: the others were to get a fresh one.
    story.counted("sockethub_instance_exited_total{platform=\"porter\",reason=\"overdue\"} 1\n").await;
    let ack = story.submit("ask", "next").await;
    let next = story.next().await;
    assert_eq!((&*next.content, next.running), ("next", 1), "who waited for its turn was not begun any more");
    next.tell("done").await;
    succeeds(ack).await;
}

#[tokio::test]
async fn a_gateway_that_stops_answers_suspects_too() {
    // core 91
    let mut story = Story::begin(json!({"shutdown": {"withinMs": 500}})).await;
    let (acks, mut begun) = story.occupy("ask", 3).await;
    begun.remove(0).tell("abort").await;
    let _held = story.next().await;
    let stopping = tokio::spawn(story.gateway.stop());
    for ack in acks {
        fails(ack, "gateway shutting down").await;
    }
    assert!(stopping.await.expect("no panic").expect("an exit").success());
}

#[tokio::test]
async fn another_worker_comes_when_those_there_have_enough_to_do_and_goes_when_it_has_nothing() {
    let mut story = Story::with_pool(3, 2, json!({"limits": {"idleWorkerMs": 300}})).await;
    let (mut acks, mut begun) = story.occupy("ask", 2).await;
    assert_eq!(spread(&begun).into_values().collect::<Vec<_>>(), [2], "one is enough");
    for n in 2..6 {
        acks.push(story.submit("ask", &n.to_string()).await);
        begun.push(story.next().await);
        let most = begun.iter().map(|job| job.running).max();
        assert_eq!((spread(&begun).len(), most), (n / 2 + 1, Some(2)), "after {n} jobs");
    }
    let waiting = story.submit("ask", "waits").await;
    let done = begun.remove(2);
    let pid = done.pid;
    done.tell("done").await;
    let next = story.next().await;
    assert_eq!((&*next.content, next.pid), ("waits", pid), "there is room where one has ended");
    acks.push(waiting);
    begun.push(next);
    for job in begun {
        job.tell("done").await;
    }
    for ack in acks {
        succeeds(ack).await;
    }
    story.counted("sockethub_instance_started_total{platform=\"porter\"} 3\n").await;
    story.workers(0).await;
}

#[tokio::test]
async fn the_end_of_one_worker_does_not_concern_the_others() {
    let mut story = Story::with_pool(3, 2, json!({})).await;
    let (acks, begun) = story.occupy("ask", 6).await;
    let pids: Vec<u32> = spread(&begun).into_keys().collect();
    assert_eq!(pids.len(), 3);
    let (mut killed, others): (Vec<_>, Vec<_>) = begun.into_iter().partition(|job| job.pid == pids[1]);
    let guilty = killed.remove(0);
    let name = guilty.content.clone();
    guilty.tell("abort").await;
    for _ in 0..2 {
        let suspect = story.next().await;
        assert!(!pids.contains(&suspect.pid) && suspect.running == 1);
        let order = if suspect.content == name { "abort" } else { "done" };
        suspect.tell(order).await;
    }
    for job in others {
        job.tell("done").await;
    }
    for (n, ack) in acks.into_iter().enumerate() {
        if n.to_string() == name { fails(ack, GONE).await } else { succeeds(ack).await }
    }
}

#[tokio::test]
async fn what_comes_while_suspects_are_tried_goes_to_another_worker() {
    let mut story = Story::with_pool(2, 2, json!({})).await;
    let (acks, mut begun) = story.occupy("ask", 2).await;
    begun.remove(0).tell("abort").await;
    let suspect = story.next().await;
    // The one that tries them runs one job and could run two.
    let other = story.submit("ask", "other").await;
    let begun = story.next().await;
    assert_eq!((&*begun.content, begun.running), ("other", 1));
    assert_ne!(begun.pid, suspect.pid);
    begun.tell("done").await;
    succeeds(other).await;
    let pid = suspect.pid;
    suspect.tell("done").await;
    let second = story.next().await;
    assert_eq!((&*second.content, second.pid, second.running), ("1", pid, 1));
    second.tell("done").await;
    for ack in acks {
        succeeds(ack).await;
    }
}

#[tokio::test]
async fn a_pool_that_may_not_grow_lets_jobs_wait() {
    let settings = json!({"limits": {"maxPlatformInstances": 2}});
    let mut story = Story::with_pool(3, 1, settings).await;
    let (mut acks, mut begun) = story.occupy("ask", 2).await;
    assert_eq!(spread(&begun).len(), 2);
    acks.push(story.submit("ask", "2").await);
    acks.push(story.submit("ask", "3").await);
    for _ in 0..2 {
        let done = begun.remove(0);
        let pid = done.pid;
        done.tell("done").await;
        let next = story.next().await;
        assert_eq!((next.pid, next.running), (pid, 1), "never more than it may run");
        begun.push(next);
    }
    for job in begun {
        job.tell("done").await;
    }
    for ack in acks {
        succeeds(ack).await;
    }
    assert_eq!(story.gateway.workers().len(), 2);
}

#[tokio::test]
async fn a_further_worker_that_cannot_start_fails_nothing_while_another_serves() {
    let mut story = Story::with_pool(2, 1, json!({})).await;
    let (mut acks, mut begun) = story.occupy("ask", 1).await;
    let pid = begun[0].pid;
    fs::remove_file(story.gateway.worker("porter")).expect("it was there");
    acks.push(story.submit("ask", "1").await);
    story.counted("sockethub_instance_exited_total{platform=\"porter\",reason=\"unspawned\"} 1\n").await;
    begun.remove(0).tell("done").await;
    let next = story.next().await;
    assert_eq!((&*next.content, next.pid), ("1", pid));
    succeeds(acks.remove(0)).await;
    // Once nobody serves any more, that none can be started is the end of whatever waits.
    let last = story.submit("ask", "2").await;
    signal(pid, "KILL").expect("it lives");
    fails(acks.remove(0), GONE).await;
    fails(last, "platform process could not be started").await;
}
