//! The proxy between raw clients and real Redis servers.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use footbridge_testkit::{
    proxy::Proxy,
    redis::{Options, Reply, Server},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn start() -> (Server, Proxy) {
    let server = Server::start(Options::default()).await.unwrap();
    let proxy = Proxy::start(server.port()).await;
    (server, proxy)
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap()
}

async fn send(stream: &mut TcpStream, line: &str) {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
}

/// Reads as many bytes as `want` has.
async fn expect(stream: &mut TcpStream, want: &str) {
    let mut bytes = vec![0; want.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes.escape_ascii().to_string(), want.escape_default().to_string());
}

/// A connection that has been all the way to the server and back.
async fn connected(proxy: &Proxy) -> TcpStream {
    let mut stream = connect(proxy).await;
    send(&mut stream, "PING").await;
    expect(&mut stream, "+PONG\r\n").await;
    stream
}

async fn expect_reset(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn bytes_and_ends_go_both_ways() {
    let (_server, proxy) = start().await;
    let mut stream = connected(&proxy).await;
    assert_eq!(proxy.connections(), 1);
    let value = "x".repeat(300_000);
    send(&mut stream, &format!("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$300000\r\n{value}")).await;
    expect(&mut stream, "+OK\r\n").await;
    send(&mut stream, "GET big").await;
    expect(&mut stream, &format!("$300000\r\n{value}\r\n")).await;
    send(&mut stream, "QUIT").await;
    expect(&mut stream, "+OK\r\n").await;
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_cut_resets_every_connection_and_no_later_one() {
    let (server, proxy) = start().await;
    let mut streams = [connected(&proxy).await, connected(&proxy).await];
    assert_eq!(server.clients().await, 2);
    assert_eq!(proxy.cut().await, 2);
    assert_eq!(proxy.connections(), 0);
    for stream in &mut streams {
        expect_reset(stream).await;
    }
    assert_eq!(server.clients().await, 0);
    let _later = connected(&proxy).await;
    assert_eq!((proxy.connections(), proxy.cut().await, proxy.cut().await), (1, 1, 0));
}

#[tokio::test]
async fn a_reply_is_cut_where_told_and_the_request_done() {
    let (server, proxy) = start().await;
    for (cut, seen) in [(0, ""), (2, "+O"), (5, "+OK\r\n")] {
        let mut stream = connected(&proxy).await;
        proxy.cut_in_reply(cut);
        send(&mut stream, &format!("SET cut {cut}")).await;
        expect(&mut stream, seen).await;
        expect_reset(&mut stream).await;
        let value = server.command(&["GET", "cut"]).await.unwrap();
        assert_eq!(value.text(), Some(&*cut.to_string()));
    }
    connected(&proxy).await;
}

#[tokio::test]
async fn bytes_before_a_cut_are_counted_over_all_connections() {
    let (_server, proxy) = start().await;
    let (mut first, mut second) = (connected(&proxy).await, connected(&proxy).await);
    proxy.cut_in_reply(10);
    send(&mut first, "PING").await;
    expect(&mut first, "+PONG\r\n").await;
    send(&mut second, "PING").await;
    expect(&mut second, "+PO").await;
    expect_reset(&mut second).await;
    send(&mut first, "PING").await;
    expect(&mut first, "+PONG\r\n").await;
}

#[tokio::test]
async fn a_delay_holds_back_either_direction() {
    let (_server, proxy) = start().await;
    let mut stream = connected(&proxy).await;
    let delay = Duration::from_millis(30);
    proxy.delay(delay);
    let sent = Instant::now();
    send(&mut stream, "PING").await;
    expect(&mut stream, "+PONG\r\n").await;
    assert!(sent.elapsed() >= delay * 2);
}

#[tokio::test]
async fn a_stalled_proxy_forwards_only_afterwards() {
    let (server, proxy) = start().await;
    let mut before = connected(&proxy).await;
    proxy.stall(true);
    let mut during = connect(&proxy).await;
    send(&mut before, "INCR count").await;
    send(&mut during, "INCR count").await;
    // Replies of the server itself: time enough to forward something by mistake.
    for _ in 0..20 {
        assert_eq!(server.command(&["GET", "count"]).await.unwrap(), Reply::Nil);
    }
    assert_eq!(server.clients().await, 1);
    proxy.stall(false);
    expect(&mut before, ":").await;
    expect(&mut during, ":").await;
    assert_eq!(server.command(&["GET", "count"]).await.unwrap().text(), Some("2"));
}

#[tokio::test]
async fn a_stalled_connection_can_be_cut() {
    let (_server, proxy) = start().await;
    let mut stream = connected(&proxy).await;
    proxy.stall(true);
    send(&mut stream, "PING").await;
    assert_eq!(proxy.cut().await, 1);
    expect_reset(&mut stream).await;
}

#[tokio::test]
async fn new_connections_are_refused_and_open_ones_stay() {
    let (server, proxy) = start().await;
    let mut open = connected(&proxy).await;
    proxy.refuse(true);
    assert_eq!(connect(&proxy).await.read(&mut [0; 16]).await.unwrap(), 0);
    send(&mut open, "PING").await;
    expect(&mut open, "+PONG\r\n").await;
    assert_eq!((proxy.connections(), server.clients().await), (1, 1));
    proxy.refuse(false);
    connected(&proxy).await;
}

#[tokio::test]
async fn new_connections_go_to_a_new_upstream() {
    let (first, proxy) = start().await;
    let second = Server::start(Options::default()).await.unwrap();
    let _old = connected(&proxy).await;
    proxy.set_upstream(second.port());
    let _new = connected(&proxy).await;
    assert_eq!((first.clients().await, second.clients().await), (1, 1));
}

#[tokio::test]
async fn without_upstream_a_connection_is_reset() {
    let (mut server, proxy) = start().await;
    server.kill().await;
    expect_reset(&mut connect(&proxy).await).await;
    server.restart().await.unwrap();
    connected(&proxy).await;
}

#[tokio::test]
async fn nothing_outlives_the_proxy() {
    let (_server, proxy) = start().await;
    let mut stream = connected(&proxy).await;
    let port = proxy.port();
    drop(proxy);
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!(TcpStream::connect(("127.0.0.1", port)).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
