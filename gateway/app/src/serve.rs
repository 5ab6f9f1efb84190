//! Runs the gateway until it is asked to stop, then drains it.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use footbridge_config::Config;
use footbridge_doors::{
    ident::Ident,
    web::listener::{Listener, Stop},
};
use footbridge_runtime::{Exit, Shutdown, Signals};
use footbridge_seal::Purpose;

use crate::{compose, compose::Gateway, ident, platforms::Platforms, stores::Stores};

/// Time for what should take none: tasks that only have to notice.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Serves until asked to stop. The readiness line goes to standard output once connections are accepted.
///
/// # Errors
/// The address cannot be bound, the listening socket fails, or a Redis that is required cannot be reached.
pub(crate) async fn serve(config: Config, platforms: Platforms) -> io::Result<Exit> {
    let shutdown = Shutdown::new();
    tokio::spawn(Signals::listen()?.relay(shutdown.clone()));
    let (host, port) = (&config.listen.host, config.listen.port);
    let listener = Listener::bind(host, port).map_err(|error| {
        let at = format!("{host}:{port} (sockethub.host, sockethub.port)");
        io::Error::new(error.kind(), format!("cannot listen on {at}: {error}"))
    })?;
    let port = listener.port();
    // Before the parts are made: some take their counters' handles when they are built.
    let metrics = config.metrics.listen.as_ref().map(|(host, port)| metrics(host, *port)).transpose()?;
    let stores = match Stores::open(&config).await {
        Ok(stores) => stores,
        Err(problem) => {
            eprintln!("{problem}");
            return Ok(problem.exit());
        }
    };
    let Gateway { router, door, queue, memos, supervisor, dispatcher, following } =
        compose::gateway(&config, platforms, &stores, port, &shutdown);
    let dispatcher = tokio::spawn(dispatcher.run());
    // It ends with the process.
    let changes = Arc::clone(&following);
    tokio::spawn(async move { changes.run().await });
    // It ends with the process: servers may ask for as long as there are connections.
    if let Some((host, port)) = &config.ident.listen {
        let names = ident::names(supervisor.connections(), stores.keys.current().derive(Purpose::Ident, &[]));
        tokio::spawn(ident(host, *port).await?.serve(names));
    }
    let stop = Stop::new();
    let mut server = tokio::spawn(listener.serve(router, stop.clone()));
    let metrics = metrics.map(|(listener, router)| tokio::spawn(listener.serve(router, stop.clone())));
    println!("sockethub listening on ws://{}:{}", config.listen.host, port);
    tracing::info!(host = config.listen.host, port, "listening");

    tokio::select! {
        ended = &mut server => {
            // It only ends by itself when its socket fails.
            ended.map_err(io::Error::other)??;
            return Ok(Exit::Failed);
        }
        () = shutdown.soft().cancelled() => {}
    }
    // From the outside in: nothing new, then waiting jobs are answered, running ones get their time, workers clean up,
    // and only when every answer has been handed to its connection do the connections close.
    stop.graceful_shutdown(Some(config.shutdown.within + AT_ONCE));
    queue.close("gateway shutting down");
    let within = config.shutdown.within;
    let drained = shutdown
        .drain(within + AT_ONCE, async {
            // First the dispatcher: an instance that it starts after the others were stopped would never be.
            let _ = dispatcher.await;
            supervisor.stop(within).await;
            // After the door, whose sessions take their credentials along.
            door.close().await;
            // What sessions followed until now.
            following.settle().await;
            memos.settle().await;
            queue.leave().await;
        })
        .await;
    server.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    Ok(if drained.is_some() { Exit::Done } else { Exit::Forced })
}

/// The listener for servers that ask who is behind a connection.
async fn ident(host: &str, port: u16) -> io::Result<Ident> {
    let listener = Ident::bind(host, port)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("ident.listen {host}:{port}: {error}")))?;
    tracing::info!(host, port = listener.port()?, "answering ident");
    Ok(listener)
}

/// The listener for metrics, and what it serves.
fn metrics(host: &str, port: u16) -> io::Result<(Listener, Router)> {
    let render = footbridge_telemetry::counters::keep().map_err(io::Error::other)?;
    let listener = Listener::bind(host, port)
        .map_err(|error| io::Error::new(error.kind(), format!("metrics.listen {host}:{port}: {error}")))?;
    tracing::info!(host, port = listener.port(), "serving metrics");
    let runtime = tokio::runtime::Handle::current().metrics();
    let render = Arc::new(move || {
        gauge("sockethub_tasks", Some(runtime.num_alive_tasks()));
        gauge("process_open_fds", footbridge_runtime::files::open());
        render()
    });
    Ok((listener, footbridge_doors::web::metrics::routes(render)))
}

/// What is counted when somebody looks.
fn gauge(name: &'static str, count: Option<usize>) {
    if let Some(count) = count.and_then(|count| u32::try_from(count).ok()) {
        metrics::gauge!(name).set(count);
    }
}
