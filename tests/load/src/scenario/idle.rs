//! What a connected socket costs that says nothing.

use anyhow::Result;
use footbridge_testkit::socketio::Client;
use serde_json::Value;

use crate::{measure::pss, servers::Server, table::Table};

pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, sockets: usize) -> Result<()> {
    let control = growth(control, sockets).await?;
    let gateway = growth(gateway, sockets).await?;
    let show = |kib: f64| format!("{kib:.1} KiB");
    let more = gateway - control;
    let shown = format!("{} = +{more:.1}", show(gateway));
    let what = format!("memory per idle socket, {sockets} of them");
    table.row(&what, show(control), shown, "at most 8 KiB more", Some(more <= 8.0));
    Ok(())
}

/// KiB per socket.
#[expect(clippy::cast_precision_loss, reason = "socket counts fit a float many times")]
async fn growth(server: &Server, sockets: usize) -> Result<f64> {
    // One socket first: what the first connection sets up is not what each of them costs.
    let mut clients = vec![Client::connect(server.address()).await?];
    let before = pss(server.pid())?;
    for _ in 0..sockets {
        clients.push(Client::connect(server.address()).await?);
    }
    // Each has said something, as the clients do at the start, and has been answered by whoever knows the event; the
    // last answer shows that all are set up.
    for client in &clients {
        client.emit("schemas", &Value::from("unknown")).await;
    }
    if !matches!(server, Server::Control { .. }) {
        for client in &mut clients {
            client.event().await?;
        }
    }
    Ok((pss(server.pid())? - before) / sockets as f64)
}
