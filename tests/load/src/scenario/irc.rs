//! What an IRC connection costs that is joined to a channel where nothing is said: the worker's memory, in clear text and
//! with TLS, on a real server.

use std::{fs::OpenOptions, io::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use footbridge_testkit::{activity::context, gateway::Gateway, irc::InspIrcd, socketio::Client};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    measure::{private_dirty, pss},
    table::Table,
};

/// Sessions, each with a worker and a channel of its own.
const SESSIONS: usize = 100;
/// Sessions that connect at the same time.
const AT_ONCE: usize = 8;
/// After the last answer: what servers say after it is over, and the workers are at rest.
const SETTLED: Duration = Duration::from_secs(3);

/// How sessions connect, and what an idle worker may cost then.
struct Way {
    name: &'static str,
    secure: bool,
    /// Whether the server's certificate is checked.
    checked: bool,
    /// KiB.
    most: f64,
}

/// `authorities`: where the system keeps the certificates it trusts. The server's is added, so that it can be checked.
pub(crate) async fn run(table: &mut Table, authorities: Option<&Path>) -> Result<()> {
    let server = InspIrcd::start().await.context(
        "this needs inspircd and atheme-services, which scripts/bench installs with apt; elsewhere, install them or leave \
         this out: --only names what is measured",
    )?;
    let checked = authorities.is_some();
    if let Some(authorities) = authorities {
        let certificate = std::fs::read(server.certificate().certificate())?;
        let file = OpenOptions::new().append(true).open(authorities);
        file.and_then(|mut file| file.write_all(&certificate)).context("--authorities has to be writable")?;
    }
    let secured = if checked { "TLS" } else { "TLS, certificate not checked" };
    for way in [
        Way { name: "in the clear", secure: false, checked, most: 0.7 * 1024.0 },
        Way { name: secured, secure: true, checked, most: 1.2 * 1024.0 },
    ] {
        measure(table, &server, &way).await?;
    }
    Ok(())
}

async fn measure(table: &mut Table, server: &InspIrcd, way: &Way) -> Result<()> {
    // A gateway each, so that a nursery's pages are shared by as many workers both times.
    let gateway = Gateway::start(json!({
        "logging": {"level": "warn"},
        "platforms": ["irc"],
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0}
    }));
    let gateway = gateway.await?;
    let connecting = stream::iter(0..SESSIONS).map(|number| connect(&gateway, server, way, number));
    let clients: Vec<Client> = connecting.buffer_unordered(AT_ONCE).try_collect().await?;
    sleep(SETTLED).await;
    let workers = gateway.workers();
    ensure!(workers.len() == clients.len(), "{} workers for {} sessions", workers.len(), clients.len());
    let Way { name, most, .. } = way;
    let (proportional, private) = (mean(&workers, pss)?, mean(&workers, private_dirty)?);
    let what = format!("IRC worker, joined and idle, {name}, PSS of {SESSIONS}");
    let wanted = format!("at most {:.1} MiB", most / 1024.0);
    table.row(&what, "–".into(), format!("{proportional:.0} KiB"), &wanted, Some(proportional <= *most));
    table.row(&format!("the same, {name}, private dirty"), "–".into(), format!("{private:.0} KiB"), "", None);
    let nurseries = gateway.nurseries();
    let shown = format!("{:.0} / {:.0} KiB", mean(&nurseries, pss)?, mean(&nurseries, private_dirty)?);
    table.row(&format!("their nursery, {name}, PSS / private dirty"), "–".into(), shown, "", None);
    Ok(())
}

/// A session with a connection that is in a channel.
async fn connect(gateway: &Gateway, server: &InspIrcd, way: &Way, number: usize) -> Result<Client> {
    let (prefix, port) = if way.secure { ("tls", server.tls_port()) } else { ("clear", server.port()) };
    let nick = format!("{prefix}{number}");
    let actor = format!("{nick}@localhost");
    let mut client = Client::connect(&gateway.address).await?;
    let credentials = json!({
        "@context": context("irc"), "type": "credentials", "actor": {"id": actor, "type": "person"},
        "object": {
            "type": "credentials", "nick": nick, "server": "localhost", "port": port, "secure": way.secure,
            "allowInvalidCert": !way.checked
        }
    });
    let channel = format!("#{nick}");
    let connect = json!({"@context": context("irc"), "type": "connect", "actor": {"id": actor, "type": "person"}});
    let join = json!({
        "@context": context("irc"), "type": "join", "actor": {"id": actor, "type": "person"},
        "target": {"type": "room", "id": channel, "name": channel}
    });
    for (event, activity) in [("credentials", credentials), ("message", connect), ("message", join)] {
        let answer = client.call(event, &activity).await?;
        ensure!(answer.get("error").is_none(), "{answer}");
    }
    Ok(client)
}

#[expect(clippy::cast_precision_loss, reason = "a hundred")]
fn mean(pids: &[u32], of: fn(u32) -> Result<f64>) -> Result<f64> {
    let sum = pids.iter().map(|pid| of(*pid)).sum::<Result<f64>>()?;
    Ok(sum / pids.len().max(1) as f64)
}
