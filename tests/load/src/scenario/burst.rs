//! A burst on one socket: is every echo acknowledged?

use anyhow::Result;
use footbridge_testkit::{
    activity::echo,
    socketio::{Ack, Client},
};
use futures_util::FutureExt as _;

use crate::{measure::pss, servers::Server, table::Table};

pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, echoes: usize) -> Result<()> {
    let (control, _) = burst(control, echoes).await?;
    let (acked, grown) = burst(gateway, echoes).await?;
    let what = format!("burst of {echoes} on one socket: acknowledged");
    table.row(&what, control.to_string(), acked.to_string(), "all", Some(acked == echoes));
    table.row("memory that the burst leaves behind", "–".into(), format!("{:.1} MiB", grown / 1024.0), "", None);
    Ok(())
}

/// How many were acknowledged, and by how many KiB the server grew.
async fn burst(server: &Server, echoes: usize) -> Result<(usize, f64)> {
    let mut client = Client::connect(server.address()).await?;
    client.call("message", &echo("warm up")).await?;
    let before = pss(server.pid())?;
    let packet = serde_json::json!(["message", echo("one of many")]).to_string();
    let mut waiting: Vec<Ack> = Vec::with_capacity(echoes);
    for _ in 0..echoes {
        waiting.push(client.ask_raw(&packet).await);
    }
    let (mut acked, mut lost) = (0, false);
    for ack in waiting {
        // The control loses acknowledgements. After the patience that the first lost one took, what is there is all.
        let arrived = if lost { ack.arrived().now_or_never() } else { Some(ack.arrived().await) };
        match arrived {
            Some(Ok(())) => acked += 1,
            _ => lost = true,
        }
    }
    Ok((acked, pss(server.pid())? - before))
}
