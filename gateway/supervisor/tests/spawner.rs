//! Both ways of starting a worker: whatever is true of one is true of the other.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, id},
    time::Duration,
};

use footbridge_supervisor::{Launch, Method, Process, Spawner};
use footbridge_testkit::{
    gateway::{binary, children, is_alive, is_nursery, signal},
    worker::Worker,
};
use footbridge_wire::{FromWorker, Outcome, ToWorker};

const METHODS: [Method; 2] = [Method::Exec, Method::Nursery];
/// Longer than anything a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

fn launch(method: Method) -> Launch {
    launch_of(method, "footbridge-puppet")
}

fn launch_of(method: Method, program: &str) -> Launch {
    let program = binary().with_file_name(program);
    Launch { persistent: true, spawner: Spawner::new(method), ..Launch::bare("puppet".into(), program) }
}

/// A worker that has greeted.
async fn start(launch: &Launch) -> Worker<Process> {
    let (process, stream) = launch.spawner.spawn(launch).await.expect("a worker");
    let stream = stream.into_std().expect("a socket");
    stream.set_nonblocking(false).expect("a socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
    Worker::new(stream, process).greeted("{}")
}

/// A worker that has greeted and taken credentials.
async fn connected(launch: &Launch) -> Worker<Process> {
    let mut worker = start(launch).await;
    let connect = worker.job("connect", "{}", Some("{}"));
    worker.tell(&connect);
    while !matches!(worker.hear(), Some(FromWorker::Done(..))) {}
    worker
}

/// What a worker answers to a verb.
fn answer(worker: &mut Worker<Process>, verb: &str) -> String {
    let job = worker.job(verb, "{}", None);
    worker.tell(&job);
    loop {
        match worker.hear() {
            Some(FromWorker::Done(_, Outcome::Activity(text))) => {
                return String::from_utf8(text.to_vec()).expect("JSON is text");
            }
            Some(FromWorker::Initialised(..)) => {}
            other => panic!("no answer: {other:?}"),
        }
    }
}

/// Asks a worker to stop and waits for its end.
async fn stop(mut worker: Worker<Process>) -> ExitStatus {
    worker.tell(&ToWorker::Stop { within: PATIENCE });
    while worker.hear().is_some() {}
    worker.life.wait().await.expect("a status")
}

/// Children of this process that workers are forked from.
fn nurseries() -> Vec<u32> {
    children(id()).into_iter().filter(|pid| is_nursery(*pid)).collect()
}

/// Waits, a step of the runtime at a time, for what another process does.
async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it happens in the end");
}

/// The lines of `/proc/<pid>/status` with these names.
fn status(pid: u32, names: &[&str]) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let wanted = |line: &&str| names.iter().any(|name| line.split(':').next() == Some(name));
    text.lines().filter(wanted).map(str::to_owned).collect()
}

/// What the open files of a process are, without what tells two sockets apart.
fn files(pid: u32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("it lives");
    let mut files: Vec<String> = entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            let target = fs::read_link(&path).expect("a link");
            let kind = target.to_string_lossy().split('[').next().unwrap_or_default().to_owned();
            format!("{} {kind}", path.file_name().expect("a name").to_string_lossy())
        })
        .collect();
    files.sort();
    files
}

/// Field of `/proc/<pid>/stat`, counted as in its manual.
fn stat(pid: u32, field: usize) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let rest = text.rsplit(") ").next().expect("a name");
    rest.split(' ').nth(field - 3).expect("a field").to_owned()
}

/// All that can be seen of a worker from outside and that has to be the same however it was started.
fn seen(pid: u32) -> Vec<String> {
    const INHERITED: [&str; 10] =
        ["Name", "Umask", "Uid", "Gid", "Groups", "Threads", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs"];
    let mut seen = status(pid, &INHERITED);
    seen.extend(files(pid));
    let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).expect("a link").display().to_string();
    seen.extend([link("cwd"), link("root"), link("exe")]);
    seen.push(format!("parent {}", stat(pid, 4) == id().to_string()));
    seen.push(format!("leads its group {}", stat(pid, 5) == pid.to_string()));
    seen.push(format!("session {}", stat(pid, 6)));
    seen.push(format!("niceness {}", stat(pid, 19)));
    seen.push(fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits"));
    seen.push(fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).expect("a score"));
    seen.push(format!("environment {:?}", fs::read_to_string(format!("/proc/{pid}/environ")).expect("read")));
    seen
}

#[tokio::test]
async fn a_worker_looks_the_same_however_it_was_started() {
    // core 88
    let (exec, nursery) = (launch(Method::Exec), launch(Method::Nursery));
    let (executed, forked) = (start(&exec).await, start(&nursery).await);
    assert_eq!(nurseries().len(), 1, "one of them was forked");
    let seen = [executed.life.id(), forked.life.id()].map(seen);
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains(&r#"environment """#.to_owned()), "{:?}", seen[0]);
    assert!(seen[0].contains(&"parent true".to_owned()), "{:?}", seen[0]);
    assert!(seen[0].contains(&"leads its group true".to_owned()), "{:?}", seen[0]);
    assert!(seen[0].contains(&"0 socket:".to_owned()), "{:?}", seen[0]);
}

#[tokio::test]
async fn its_end_is_seen() {
    for method in METHODS {
        let launch = launch(method);
        assert_eq!(stop(start(&launch).await).await.code(), Some(0), "{method:?}");

        let mut exits = connected(&launch).await;
        let exit = exits.job("exit", "{}", None);
        exits.tell(&exit);
        assert_eq!(exits.life.wait().await.expect("a status").code(), Some(3), "{method:?}");
        assert_eq!(exits.life.wait().await.expect("again").code(), Some(3), "{method:?}");

        let mut terminated = start(&launch).await;
        terminated.life.terminate();
        assert_eq!(terminated.life.wait().await.expect("a status").signal(), Some(SIGTERM), "{method:?}");

        let mut killed = start(&launch).await;
        killed.life.kill();
        assert_eq!(killed.life.wait().await.expect("a status").signal(), Some(SIGKILL), "{method:?}");
        killed.life.kill();
    }
}

#[tokio::test]
async fn waiting_may_be_given_up_and_taken_up_again() {
    for method in METHODS {
        let mut worker = start(&launch(method)).await;
        tokio::select! {
            biased;
            status = worker.life.wait() => panic!("{method:?}: ended with {status:?}"),
            () = std::future::ready(()) => {}
        }
        worker.tell(&ToWorker::Stop { within: PATIENCE });
        assert_eq!(worker.life.wait().await.expect("a status").code(), Some(0), "{method:?}");
    }
}

#[tokio::test]
async fn one_that_is_dropped_leaves_no_zombie() {
    for method in METHODS {
        let launch = launch(method);
        let worker = start(&launch).await;
        let pid = worker.life.id();
        drop(worker);
        until(|| !children(id()).contains(&pid)).await;
    }
}

#[tokio::test]
async fn the_end_of_its_socket_ends_it() {
    for method in METHODS {
        let launch = launch(method);
        let (mut process, stream) = launch.spawner.spawn(&launch).await.expect("a worker");
        drop(stream);
        process.wait().await.expect("a status");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    for method in METHODS {
        let launch = launch_of(method, "footbridge-nobody");
        let error = launch.spawner.spawn(&launch).await.expect_err("no such program");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{method:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_nursery_is_started_anew_each_time() {
    // `cat` takes the argument for an unknown option and ends; as a worker it would read its socket.
    let mut launch = launch(Method::Nursery);
    launch.program = "/bin/cat".into();
    let (mut process, stream) = launch.spawner.spawn(&launch).await.expect("started by exec");
    drop(stream);
    assert_eq!(process.wait().await.expect("a status").code(), Some(0));
    until(|| children(id()).is_empty()).await;
}

#[tokio::test]
async fn a_nursery_that_does_not_answer_is_left_for_exec() {
    let launch = launch(Method::Nursery);
    let bystander = start(&launch).await;
    let [nursery] = nurseries()[..] else { panic!("one nursery") };
    signal(nursery, "STOP").expect("it lives");
    let other = start(&launch).await;
    until(|| !children(id()).contains(&nursery)).await;
    assert_eq!(stop(other).await.code(), Some(0));
    assert_eq!(stop(bystander).await.code(), Some(0));
}

#[tokio::test]
async fn a_nursery_that_dies_disturbs_no_worker_and_is_replaced() {
    let launch = launch(Method::Nursery);
    let mut first = start(&launch).await;
    let [nursery] = nurseries()[..] else { panic!("one nursery") };
    signal(nursery, "KILL").expect("it lives");
    until(|| !children(id()).contains(&nursery)).await;
    assert!(is_alive(first.life.id()));
    let second = start(&launch).await;
    assert!(matches!(nurseries()[..], [other] if other != nursery), "another one");
    let failed = first.call("send", "{}");
    assert!(matches!(failed, Outcome::Failed(_)), "it answers, if only that it has no connection: {failed:?}");
    assert_eq!(stop(first).await.code(), Some(0));
    assert_eq!(stop(second).await.code(), Some(0));
}

#[tokio::test]
async fn a_nursery_ends_with_the_last_of_its_launches() {
    let launch = launch(Method::Nursery);
    stop(start(&launch).await).await;
    assert_eq!(nurseries().len(), 1);
    drop(launch);
    until(|| children(id()).is_empty()).await;
}

#[tokio::test]
async fn a_stateless_platform_has_no_nursery() {
    let launch = Launch { persistent: false, ..launch(Method::Nursery) };
    let worker = start(&launch).await;
    assert_eq!(children(id()), [worker.life.id()]);
}

#[tokio::test]
async fn siblings_do_not_share_the_seeds_of_their_hash_maps() {
    let launch = launch(Method::Nursery);
    let mut seeds = BTreeSet::new();
    for _ in 0..3 {
        let mut worker = connected(&launch).await;
        seeds.insert(answer(&mut worker, "seed"));
    }
    assert_eq!(seeds.len(), 3, "{seeds:?}");
    assert_eq!(nurseries().len(), 1, "all were forked");
}

#[tokio::test]
async fn what_a_platform_warms_is_there_in_each_fork() {
    let nursery = launch(Method::Nursery);
    let mut forked = connected(&nursery).await;
    assert_eq!(answer(&mut forked, "warmed"), nurseries()[0].to_string());
    let exec = launch(Method::Exec);
    let mut executed = connected(&exec).await;
    assert_eq!(answer(&mut executed, "warmed"), "null", "nothing may depend on it");
}

#[tokio::test]
async fn many_workers_leave_neither_zombies_nor_open_files() {
    for method in METHODS {
        let launch = launch(method);
        // What the first one opens for good: the runtime's, and the nursery's socket.
        stop(start(&launch).await).await;
        let nursery = nurseries().first().copied();
        let open = || fs::read_dir("/proc/self/fd").expect("this process").count();
        let before = (open(), nursery.map(files));
        let worker = start(&launch).await;
        let of_worker = files(worker.life.id());
        stop(worker).await;
        for _ in 0..200 {
            stop(start(&launch).await).await;
        }
        assert_eq!((open(), nursery.map(files)), before, "{method:?}");
        let worker = start(&launch).await;
        assert_eq!(files(worker.life.id()), of_worker, "{method:?}");
        stop(worker).await;
        assert_eq!(children(id()), nursery.into_iter().collect::<Vec<_>>(), "{method:?}: none is left, not even dead");
        drop(launch);
        until(|| children(id()).is_empty()).await;
    }
}
