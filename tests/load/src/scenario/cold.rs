//! How long the first answer of a worker takes that has to be started first, and what the worker costs alone.

use std::time::Instant;

use anyhow::{Context as _, Result};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::children,
    socketio::Client,
};
use serde_json::json;

use crate::{
    measure::{ms, pss},
    servers::Server,
    table::Table,
};

pub(crate) async fn run(table: &mut Table) -> Result<()> {
    let feed = {
        let mut feed = activity("feeds", "fetch", "http://192.0.2.1:7/", json!({}));
        feed["actor"]["type"] = "feed".into();
        feed.as_object_mut().context("an object")?.remove("object");
        feed
    };
    // Port 7 is refused before anything is dialled: what is measured is the worker, not a network.
    for (platform, message) in [("dummy", echo("first")), ("feeds", feed)] {
        let server = Server::gateway().await?;
        let mut client = Client::connect(server.address()).await?;
        let start = Instant::now();
        client.call("message", &message).await?;
        let first = start.elapsed();
        let [worker] = children(server.pid())[..] else {
            anyhow::bail!("one worker was to be started");
        };
        let met = first.as_millis() <= 50;
        table.row(&format!("first answer, cold {platform} worker"), "–".into(), ms(first), "at most 50 ms", Some(met));
        let kib = pss(worker)?;
        let met = kib <= 5.0 * 1024.0;
        let mib = format!("{:.2} MiB", kib / 1024.0);
        table.row(&format!("{platform} worker alone, PSS"), "–".into(), mib, "at most 5 MiB", Some(met));
    }
    Ok(())
}
