//! The control: a Socket.IO server that does nothing but acknowledge.

use std::{convert::Infallible, time::Duration};

use anyhow::Result;
use axum::Router;
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
    handler::ConnectHandler as _,
};
use tokio::net::TcpListener;

/// Serves until it is killed. The read buffer is as small as the gateway's, so that what is compared is not that.
pub(crate) async fn serve() -> Result<()> {
    let (layer, io) = SocketIo::builder()
        .req_path("/sockethub/")
        .ping_interval(Duration::from_secs(25))
        .ws_read_buffer_size(4096)
        .build_layer();
    // Registered before CONNECT is sent: an event right behind it would otherwise find no handler now and then.
    let register = |socket: SocketRef| {
        socket.on("message", async |Data::<Value>(value), ack: AckSender| {
            // When its buffer of 128 packets is full, the library drops the acknowledgement: the burst shows it.
            let _ = ack.send(&value);
        });
        std::future::ready(Ok::<(), Infallible>(()))
    };
    io.ns("/", (async || {}).with(register));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("control listening on ws://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().layer(layer)).await?;
    Ok(())
}
