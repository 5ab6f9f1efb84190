//! Runs the gateway until it is asked to stop, then drains it.

use std::{io, time::Duration};

use footbridge_config::Config;
use footbridge_doors::web::listener::{Listener, Stop};
use footbridge_runtime::{Exit, Shutdown, Signals};

use crate::{compose, compose::Gateway, platforms::Platforms};

/// Time for what should take none: tasks that only have to notice.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Serves until asked to stop. The readiness line goes to standard output once connections are accepted.
///
/// # Errors
/// The address cannot be bound, or the listening socket fails.
pub(crate) async fn serve(config: Config, platforms: Platforms) -> io::Result<Exit> {
    let shutdown = Shutdown::new();
    tokio::spawn(Signals::listen()?.relay(shutdown.clone()));
    let listener = Listener::bind(&config.listen.host, config.listen.port)?;
    let port = listener.port();
    let Gateway { router, door, queue, supervisor, dispatcher } = compose::gateway(&config, platforms, port, &shutdown);
    let dispatcher = tokio::spawn(dispatcher.run());
    let stop = Stop::new();
    let mut server = tokio::spawn(listener.serve(router, stop.clone()));
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
            supervisor.stop(within).await;
            let _ = dispatcher.await;
            door.close().await;
        })
        .await;
    server.abort();
    Ok(if drained.is_some() { Exit::Done } else { Exit::Forced })
}
