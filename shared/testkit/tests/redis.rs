//! Redis servers of one's own, against the installed `redis-server`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path, process::Stdio};

use footbridge_testkit::{
    gateway::is_alive,
    redis::{Options, Persist, Reply, Sentinel, Server, StartError, Tls},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

async fn start(options: Options) -> Server {
    Server::start(options).await.unwrap()
}

async fn connect(port: u16) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
}

/// Sends a line and tells the first line of the answer.
async fn ask(stream: &mut BufReader<TcpStream>, line: &str) -> String {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).await.unwrap();
    answer.trim_end().to_owned()
}

async fn run(server: &Server, command: &str) -> Reply {
    server.command(&command.split(' ').collect::<Vec<_>>()).await.unwrap()
}

fn status(text: &str) -> Reply {
    Reply::Status(text.to_owned())
}

fn bulk(text: &str) -> Reply {
    Reply::Bulk(text.as_bytes().to_vec())
}

/// The letter of a process's state: `T` is stopped.
fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ").next()?.chars().next()
}

#[tokio::test]
async fn a_server_answers_where_its_urls_point() {
    let server = start(Options::default()).await;
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
    assert_eq!(ask(&mut connect(server.port()).await, "PING").await, "+PONG");
    assert!(Path::new(server.unix_url().strip_prefix("redis+unix://").unwrap()).exists());
    assert_eq!(run(&server, "PING").await, status("PONG"));
    assert!(matches!(run(&server, "NONSENSE").await, Reply::Error(text) if text.starts_with("ERR unknown command")));
}

#[tokio::test]
async fn a_dropped_server_leaves_nothing() {
    let server = start(Options::default()).await;
    let (pid, socket) = (server.pid(), server.unix_url());
    let folder = Path::new(socket.strip_prefix("redis+unix://").unwrap()).parent().unwrap();
    server.pause().unwrap();
    drop(server);
    assert!(!is_alive(pid) && !folder.exists());
}

#[tokio::test]
async fn every_write_survives_a_kill_if_asked_for() {
    for (persist, want) in [(Persist::EveryWrite, bulk("green")), (Persist::Nothing, Reply::Nil)] {
        let mut server = start(Options { persist, ..Options::default() }).await;
        let (pid, port) = (server.pid(), server.port());
        run(&server, "SET colour green").await;
        server.kill().await;
        assert!(!is_alive(pid));
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
        assert!(server.command(&["PING"]).await.is_err());
        server.restart().await.unwrap();
        assert_eq!((server.port(), run(&server, "GET colour").await), (port, want), "{persist:?}");
        assert_ne!(server.pid(), pid);
    }
}

#[tokio::test]
async fn a_running_server_can_be_restarted_also_after_it_ended_itself() {
    let mut server = start(Options::default()).await;
    server.restart().await.unwrap();
    server.command(&["SHUTDOWN", "NOSAVE"]).await.unwrap_err();
    server.restart().await.unwrap();
    assert_eq!(run(&server, "PING").await, status("PONG"));
}

#[tokio::test]
async fn a_taken_port_is_told_from_other_failures() {
    let mut server = start(Options::default()).await;
    server.kill().await;
    let listener = TcpListener::bind(("127.0.0.1", server.port())).await.unwrap();
    assert!(matches!(server.restart().await, Err(StartError::PortTaken { .. })));
    drop(listener);
    server.restart().await.unwrap();
    let missing = Tls { cert: "/missing".into(), key: "/missing".into(), ca: "/missing".into() };
    let refused = Server::start(Options { tls: Some(missing), ..Options::default() }).await.err().unwrap();
    assert!(matches!(&refused, StartError::Ended { log } if log.contains("/missing")), "{refused}");
}

#[tokio::test]
async fn a_paused_server_is_silent_until_it_goes_on() {
    let server = start(Options::default()).await;
    server.pause().unwrap();
    assert_eq!(state(server.pid()), Some('T'));
    let mut stream = connect(server.port()).await;
    stream.write_all(b"PING\r\n").await.unwrap();
    server.resume().unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).await.unwrap();
    assert_eq!(answer, "+PONG\r\n");
}

#[tokio::test]
async fn a_password_is_asked_for_and_shown_to_nobody() {
    let password = "open \"sesame\" \\ \u{e9}";
    let server = start(Options { password: Some(password.into()), ..Options::default() }).await;
    assert!(ask(&mut connect(server.port()).await, "PING").await.starts_with("-NOAUTH"));
    assert_eq!(run(&server, "PING").await, status("PONG"));
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", server.pid())).unwrap();
    assert!(!arguments.contains("sesame"), "{arguments}");
}

#[tokio::test]
async fn without_a_password_only_the_user_gets_in() {
    let user = Some(("kim".into(), "sesame".into()));
    let server = start(Options { acl_user: user.clone(), ..Options::default() }).await;
    let mut stream = connect(server.port()).await;
    assert!(ask(&mut stream, "PING").await.starts_with("-NOAUTH"));
    assert_eq!(ask(&mut stream, "AUTH kim sesame").await, "+OK");
    assert_eq!(ask(&mut stream, "PING").await, "+PONG");
    assert_eq!(run(&server, "ACL WHOAMI").await, bulk("kim"));

    let both = start(Options { acl_user: user, password: Some("other".into()), ..Options::default() }).await;
    for line in ["AUTH kim sesame", "AUTH other"] {
        assert_eq!(ask(&mut connect(both.port()).await, line).await, "+OK");
    }
}

#[tokio::test]
async fn a_full_server_refuses_writes() {
    let server = start(Options { max_memory: Some(4 << 20), ..Options::default() }).await;
    let value = "x".repeat(256 << 10);
    assert_eq!(server.command(&["SET", "first", &value]).await.unwrap(), status("OK"));
    for key in 0..16 {
        server.command(&["SET", &key.to_string(), &value]).await.unwrap();
    }
    let last = server.command(&["SET", "last", &value]).await.unwrap();
    assert!(matches!(&last, Reply::Error(text) if text.starts_with("OOM")), "{last:?}");
    assert!(!matches!(run(&server, "GET first").await, Reply::Nil));
}

#[tokio::test]
async fn a_dump_has_every_name_and_value() {
    let server = start(Options::default()).await;
    let commands = [
        "SET name-1 value-1",
        "HSET name-2 field-2 value-2",
        "XADD name-3 * field-3 value-3",
        "SADD name-4 value-4",
        "RPUSH name-5 value-5 value-6",
        "ZADD name-6 1.5 value-7",
    ];
    for command in commands {
        assert!(!matches!(run(&server, command).await, Reply::Error(_)), "{command}");
    }
    run(&server, "MOVE name-1 7").await;
    let dump = server.dump().await;
    let dump = dump.escape_ascii().to_string();
    for planted in commands.iter().flat_map(|command| command.split(' ').skip(1)).filter(|word| *word != "*") {
        assert!(dump.contains(planted), "{planted} in {dump}");
    }
}

#[tokio::test]
async fn keys_that_stay_for_ever_are_named() {
    let server = start(Options::default()).await;
    assert!(server.keys_without_ttl().await.is_empty());
    for command in ["SET short 1 EX 1000", "SET long 1", "HSET also a 1", "MOVE also 3"] {
        run(&server, command).await;
    }
    assert_eq!(server.keys_without_ttl().await, ["also", "long"]);
}

#[tokio::test]
async fn own_connections_do_not_count_as_clients() {
    let server = start(Options::default()).await;
    assert_eq!(server.clients().await, 0);
    let mut streams = [connect(server.port()).await, connect(server.port()).await];
    for stream in &mut streams {
        assert_eq!(ask(stream, "PING").await, "+PONG");
    }
    assert_eq!(server.clients().await, 2);
}

/// An authority that is its own server, made with `openssl`; none if that is not installed.
fn certificate(folder: &Path) -> Option<Tls> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    #[expect(clippy::disallowed_methods, reason = "openssl is a program")]
    let status = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args([Path::new("-keyout"), &key, Path::new("-out"), &cert])
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success()).then(|| Tls { ca: cert.clone(), cert, key })
}

#[tokio::test]
async fn tls_is_spoken_on_its_own_port() {
    let folder = tempfile::tempdir().unwrap();
    let Some(tls) = certificate(folder.path()) else {
        return eprintln!("not tested: openssl is not installed");
    };
    let ca = tls.ca.clone();
    let server = start(Options { tls: Some(tls), ..Options::default() }).await;
    let url = server.tls_url();
    #[expect(clippy::disallowed_methods, reason = "openssl is a program")]
    let mut client = tokio::process::Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-verify_ip", "127.0.0.1", "-CAfile"])
        .arg(ca)
        .args(["-connect", url.strip_prefix("rediss://").unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    client.stdin.as_mut().unwrap().write_all(b"PING\r\n").await.unwrap();
    let mut answer = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut answer).await.unwrap();
    assert_eq!(answer, "+PONG\r\n");
    client.kill().await.unwrap();
    assert_eq!(ask(&mut connect(server.port()).await, "PING").await, "+PONG");
}

#[tokio::test]
async fn a_replica_has_what_its_primary_has() {
    let options = Options { password: Some("sesame".into()), ..Options::default() };
    let primary = start(options.clone()).await;
    run(&primary, "SET colour green").await;
    let replica = start(Options { replica_of: Some(primary.port()), ..options }).await;
    assert_eq!(run(&replica, "GET colour").await, bulk("green"));
    assert!(matches!(run(&replica, "SET colour red").await, Reply::Error(text) if text.starts_with("READONLY")));
}

#[tokio::test]
async fn a_sentinel_promotes_the_replica_of_a_killed_primary() {
    let mut primary = start(Options::default()).await;
    let replica = start(Options { replica_of: Some(primary.port()), ..Options::default() }).await;
    let sentinel = Sentinel::start(primary.port()).await.unwrap();
    assert!(sentinel.url(0).starts_with("redis+sentinel://127.0.0.1:") && sentinel.url(0).ends_with("/gateway"));
    assert_eq!(sentinel.url(3), format!("{}/3", sentinel.url(0)));
    assert_eq!(sentinel.master_port().await.unwrap(), primary.port());
    primary.kill().await;
    assert_eq!(sentinel.master_other_than(primary.port()).await.unwrap(), replica.port());
    assert_eq!(run(&replica, "SET colour red").await, status("OK"));
}
