//! What a domain's host-meta says about web sockets (XEP-0156): one short page, asked for where nothing else was of use.
//!
//! As little of HTTP as that takes: a request of version 1.0, whose answer ends with the connection. Pages elsewhere are
//! not followed to.

use std::io;

use footbridge_outbound::Tls;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use xmpp_parsers::minidom::Element;

use super::Ways;
use super::candidates::Candidate;
use super::failure::Failure;
use super::meter::Meter;

/// Bytes of an answer that are read; what is behind them is not there.
const LARGEST: u64 = 64 * 1024;
/// Most links that one domain may name.
const MOST: usize = 8;
const WEB_SOCKET: &str = "urn:xmpp:alt-connections:websocket";
const XRD: &str = "http://docs.oasis-open.org/ns/xri/xrd-1.0";

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default)]
    href: String,
}

/// The web sockets that a domain names, in its own order.
pub(super) async fn links(ways: &Ways, domain: &str, port: u16) -> Vec<Candidate> {
    let json = page(ways, domain, port, "/.well-known/host-meta.json").await;
    let links = match json.ok().and_then(|page| serde_json::from_slice::<Page>(&page).ok()) {
        Some(Page { links }) => links,
        None => page(ways, domain, port, "/.well-known/host-meta").await.map(|page| read(&page)).unwrap_or_default(),
    };
    let named = links.iter().filter(|link| link.rel == WEB_SOCKET);
    // What is not secured may have been named by anybody, and is for anybody to read.
    named.filter_map(|link| Candidate::of_link(&link.href)).take(MOST).collect()
}

/// A page of a domain, whose certificate holds.
async fn page(ways: &Ways, domain: &str, port: u16, path: &str) -> Result<Vec<u8>, Failure> {
    let socket = ways.dialler.connect(domain, port).await?;
    let mut socket = Tls::new(&ways.trust, None)?.connect(domain, socket).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {domain}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    body(&mut socket).await.map_err(Failure::Broken)
}

/// What comes behind the head of an answer that is a good one.
async fn body(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let read = socket.take(LARGEST).read_to_end(&mut answer).await;
    // Many servers end a connection less formally than TLS wants it. What is cut off will not be readable.
    read.map(drop).or_else(|error| if error.kind() == io::ErrorKind::UnexpectedEof { Ok(()) } else { Err(error) })?;
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let good = answer.starts_with(b"HTTP/1.") && answer.get(8..12) == Some(b" 200");
    if good { Ok(answer.split_off(head + 4)) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// The older form of the page. It is as little to be trusted as a stanza.
fn read(page: &[u8]) -> Vec<Link> {
    let Ok(text) = std::str::from_utf8(page) else { return Vec::new() };
    if Meter::default().feed(text.trim_start_matches('\u{feff}').as_bytes()).is_err() {
        return Vec::new();
    }
    let Ok(root) = text.parse::<Element>() else { return Vec::new() };
    let links = root.children().filter(|child| child.is("Link", XRD));
    let attribute = |link: &Element, name: &str| link.attr(name).unwrap_or_default().to_owned();
    links.map(|link| Link { rel: attribute(link, "rel"), href: attribute(link, "href") }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Way;
    use super::*;

    #[tokio::test]
    async fn an_answer_is_what_is_behind_its_head_if_it_is_a_good_one() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{}\r\n\r\n", Some("{}\r\n\r\n")),
            ("HTTP/1.0 200\r\n\r\n", Some("")),
            ("HTTP/1.1 404 Not Found\r\n\r\n{}", None),
            ("HTTP/1.1 301 Moved\r\nLocation: https://h/\r\n\r\n{}", None),
            ("HTTP/1.1 200 OK\r\nServer: x", None),
            ("<stream>", None),
            ("", None),
        ] {
            let read = body(&mut answer.as_bytes()).await.ok();
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{answer}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1024 * 1024));
        assert!(body(&mut endless.as_bytes()).await.unwrap().len() < 65_536);
    }

    #[test]
    fn the_older_form_is_read_and_what_is_hostile_is_not() {
        let read = |text: &str| read(text.as_bytes()).into_iter().map(|link| link.href).collect::<Vec<_>>();
        let page = |inner: &str| format!("<?xml version='1.0' encoding='utf-8'?><XRD xmlns='{XRD}'>{inner}</XRD>");
        assert_eq!(read(&page("<Subject/><Link rel='a' href='wss://h/ws'/><Link/>")), ["wss://h/ws", ""]);
        assert!(read(&page(&"<Link>".repeat(10_000))).is_empty());
        assert!(read("<!DOCTYPE x [<!ENTITY a 'b'>]><XRD/>").is_empty() && read("").is_empty());
    }

    #[test]
    fn only_web_sockets_that_are_secured_are_links() {
        let way = Way::Web { secure: true, path: "/ws?a=b".to_owned() };
        let candidate = Candidate { host: "h.example".to_owned(), port: 5443, way };
        assert_eq!(Candidate::of_link("wss://h.example:5443/ws?a=b"), Some(candidate));
        assert_eq!(Candidate::of_link("wss://h.example/").map(|candidate| candidate.port), Some(443));
        for href in ["ws://h/ws", "https://h/ws", "xmpps://h", "wss://", "wss://a b/", "wss://h:0/", "h", ""] {
            assert_eq!(Candidate::of_link(href), None, "{href}");
        }
    }
}
