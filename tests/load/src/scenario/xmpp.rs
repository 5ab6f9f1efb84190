//! What an XMPP connection costs that is online and in a room where nothing is said: the worker's memory, with TLS, on a
//! real server.

use std::{fs::OpenOptions, io::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use footbridge_testkit::{
    activity::context,
    gateway::Gateway,
    socketio::Client,
    xmpp::{DOMAIN, ROOMS, Server, Software},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    measure::{private_dirty, pss},
    table::Table,
};

/// Sessions, each with a worker and a room of its own.
const SESSIONS: usize = 100;
/// Sessions that connect at the same time.
const AT_ONCE: usize = 8;
/// After the last answer: what servers say after it is over, and the workers are at rest.
const SETTLED: Duration = Duration::from_secs(3);
/// KiB that an idle worker may cost.
const MOST: f64 = 1.5 * 1024.0;
const PASSWORD: &str = "ahoy-there";

/// `authorities`: where the system keeps the certificates it trusts. That of the server's authority is added; without it,
/// the gateway's setting names it.
pub(crate) async fn run(table: &mut Table, authorities: Option<&Path>) -> Result<()> {
    let server = Server::start(Software::Prosody).await.context(
        "this needs prosody, which scripts/bench installs with apt; elsewhere, install it or leave this out: --only names \
         what is measured",
    )?;
    let mut settings = json!({});
    let (way, authority) = match authorities {
        Some(authorities) => {
            let file = OpenOptions::new().append(true).open(authorities);
            let written = file.and_then(|mut file| file.write_all(server.authority().as_bytes()));
            written.context("--authorities has to be writable")?;
            ("TLS", None)
        }
        None => ("TLS, an authority of the operator's own", Some(server.authority())),
    };
    if let Some(authority) = authority {
        settings = json!({"certificateAuthorities": authority});
    }
    let gateway = Gateway::start(json!({
        "logging": {"level": "warn"},
        "platforms": ["xmpp"],
        "packageConfig": {"@sockethub/platform-xmpp": settings},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0}
    }));
    let gateway = gateway.await?;
    let connecting = stream::iter(0..SESSIONS).map(|number| connect(&gateway, &server, number));
    let clients: Vec<Client> = connecting.buffer_unordered(AT_ONCE).try_collect().await?;
    sleep(SETTLED).await;
    measure(table, &gateway, clients.len(), way)
}

fn measure(table: &mut Table, gateway: &Gateway, sessions: usize, way: &str) -> Result<()> {
    let workers = gateway.workers();
    ensure!(workers.len() == sessions, "{} workers for {sessions} sessions", workers.len());
    let (proportional, private) = (mean(&workers, pss)?, mean(&workers, private_dirty)?);
    let what = format!("XMPP worker, online and in a room, {way}, PSS of {sessions}");
    let wanted = format!("at most {:.1} MiB", MOST / 1024.0);
    table.row(&what, "–".into(), format!("{proportional:.0} KiB"), &wanted, Some(proportional <= MOST));
    table.row(&format!("the same, {way}, private dirty"), "–".into(), format!("{private:.0} KiB"), "", None);
    let nurseries = gateway.nurseries();
    let shown = format!("{:.0} / {:.0} KiB", mean(&nurseries, pss)?, mean(&nurseries, private_dirty)?);
    table.row(&format!("their nursery, {way}, PSS / private dirty"), "–".into(), shown, "", None);
    Ok(())
}

/// A session with a connection that is online and in a room.
async fn connect(gateway: &Gateway, server: &Server, number: usize) -> Result<Client> {
    let user = format!("user{number}");
    server.register(&user, PASSWORD).await?;
    let actor = json!({"id": format!("{user}@{DOMAIN}/web"), "type": "person"});
    let activity = |members: Value| {
        let mut activity = json!({"@context": context("xmpp"), "actor": actor});
        if let (Some(activity), Value::Object(members)) = (activity.as_object_mut(), members) {
            activity.extend(members);
        }
        activity
    };
    let credentials = json!({
        "type": "credentials", "userAddress": format!("{user}@{DOMAIN}"), "password": PASSWORD, "resource": "web",
        "server": "127.0.0.1", "port": server.port()
    });
    let online = json!({"type": "presence", "presence": "online"});
    let room = json!({"type": "room", "id": format!("{user}@{ROOMS}")});
    let mut client = Client::connect(&gateway.address).await?;
    for (event, members) in [
        ("credentials", json!({"type": "credentials", "object": credentials})),
        ("message", json!({"type": "connect"})),
        ("message", json!({"type": "update", "object": online})),
        ("message", json!({"type": "join", "target": room})),
    ] {
        let answer = client.call(event, &activity(members)).await?;
        ensure!(answer.get("error").is_none(), "{answer}");
    }
    Ok(client)
}

#[expect(clippy::cast_precision_loss, reason = "a hundred")]
fn mean(pids: &[u32], of: fn(u32) -> Result<f64>) -> Result<f64> {
    let sum = pids.iter().map(|pid| of(*pid)).sum::<Result<f64>>()?;
    Ok(sum / pids.len().max(1) as f64)
}
