//! The scripted answers over HTTP/2.

use super::answer::Manner;
use super::{Answer, Handler, Request, Seen};
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

/// Answers what comes on a connection until its end.
pub(super) async fn converse<S>(stream: S, handler: &Handler, seen: &Seen) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
    let mut answers = JoinSet::new();
    while let Some(arrived) = connection.accept().await {
        let (request, respond) = arrived.map_err(io::Error::other)?;
        let request = read(&request);
        seen.push(&request);
        answers.spawn(write(handler(&request), respond));
        while answers.try_join_next().is_some() {}
    }
    Ok(())
}

fn read(request: &http::Request<RecvStream>) -> Request {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Request {
        method: request.method().to_string(),
        path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: request.headers().iter().map(header).collect(),
        body: String::new(),
        version: 2,
    }
}

/// That a client has lost interest ends only its answer.
async fn write(answer: Answer, mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut head = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        head = head.header(name, value);
    }
    let head = head.body(()).expect("scripted headers can be sent");
    let body = answer.body;
    match answer.manner {
        Manner::Mute => std::future::pending().await,
        Manner::Raw => respond.send_reset(Reason::INTERNAL_ERROR),
        Manner::Whole | Manner::Chunked => {
            let mut stream = respond.send_response(head, body.is_empty())?;
            if !body.is_empty() {
                send(&mut stream, body).await?;
                stream.send_data(Bytes::new(), true)?;
            }
        }
        Manner::Endless => {
            let mut stream = respond.send_response(head, false)?;
            loop {
                send(&mut stream, body.clone()).await?;
            }
        }
        Manner::Stall(count) => {
            let mut stream = respond.send_response(head, false)?;
            send(&mut stream, body.slice(..count)).await?;
            std::future::pending::<()>().await;
        }
        Manner::Cut(count) => {
            let mut stream = respond.send_response(head, false)?;
            send(&mut stream, body.slice(..count)).await?;
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        Manner::Trickle(pause) => trickle(respond.send_response(head, false)?, body, pause).await?,
    }
    Ok(())
}

async fn trickle(mut stream: SendStream<Bytes>, body: Bytes, pause: Duration) -> Result<(), h2::Error> {
    let mut beat = tokio::time::interval(pause);
    for at in 0..body.len() {
        beat.tick().await;
        send(&mut stream, body.slice(at..=at)).await?;
    }
    stream.send_data(Bytes::new(), true)
}

/// Sends as much at a time as the client has room for.
async fn send(stream: &mut SendStream<Bytes>, mut bytes: Bytes) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let room = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
        let room = room.ok_or_else(|| h2::Error::from(Reason::CANCEL))??;
        let part = bytes.split_to(room.min(bytes.len()));
        stream.send_data(part, false)?;
    }
    Ok(())
}
