//! What the command line asked for (core.md 9.4).

use std::fmt::Display;

use footbridge_config::{Command, Defaults, Level, Resolved};
use footbridge_runtime::Exit;

use crate::{platforms, serve};

/// The version that `--version`, the registry and the logs name.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Platforms of this build, in the order in which they are loaded by default.
const DEFAULTS: Defaults<'_> = Defaults { platforms: &["dummy", "feeds", "irc", "metadata", "xmpp"] };

/// Runs the program.
pub(crate) fn run() -> Exit {
    let cwd = std::env::current_dir().unwrap_or_default();
    let env = |name: &str| std::env::var(name).ok();
    let command = match footbridge_config::parse(std::env::args_os().skip(1), &env, &cwd, DEFAULTS) {
        Ok(command) => command,
        Err(problems) => return refuse(&problems),
    };
    match command {
        Command::Help(text) => answer(text.trim_end()),
        Command::Version => answer(VERSION),
        Command::WriteConfig(target) => match footbridge_config::write_config(&target, DEFAULTS) {
            Ok(text) => answer(text.trim_end()),
            Err(problem) => {
                eprintln!("{problem}");
                Exit::Failed
            }
        },
        Command::Info(resolved) => info(&resolved),
        Command::Run(resolved) => start(*resolved),
    }
}

fn answer(text: &str) -> Exit {
    println!("{text}");
    Exit::Done
}

/// All problems at once, one a line.
fn refuse(problems: &[impl Display]) -> Exit {
    for problem in problems {
        eprintln!("{problem}");
    }
    Exit::Misconfigured
}

fn start(resolved: Resolved) -> Exit {
    let Resolved { config, notices, .. } = resolved;
    if let Err(error) = footbridge_telemetry::init(level(config.log.level)) {
        eprintln!("{error}");
    }
    tracing::info!("footbridge v{VERSION}");
    for notice in notices {
        tracing::warn!("{notice}");
    }
    let platforms = match platforms::load(&config, VERSION) {
        Ok(platforms) => platforms,
        Err(problems) => return refuse(&problems),
    };
    for platform in platforms.schemas.platforms() {
        tracing::info!(platform = %platform.id(), version = %platform.manifest.version, "loaded platform");
    }
    if let Err(error) = footbridge_runtime::files::raise_limit() {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the runtime does not start: {error}");
            return Exit::Failed;
        }
    };
    match runtime.block_on(serve::serve(config, platforms)) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("{error}");
            Exit::Failed
        }
    }
}

fn level(level: Level) -> footbridge_telemetry::Level {
    match level {
        Level::Error => footbridge_telemetry::Level::Error,
        Level::Warn => footbridge_telemetry::Level::Warn,
        Level::Info => footbridge_telemetry::Level::Info,
        Level::Debug => footbridge_telemetry::Level::Debug,
    }
}

/// The resolved set-up: what would run, secrets hidden.
fn info(resolved: &Resolved) -> Exit {
    let config = &resolved.config;
    let platforms = match platforms::load(config, VERSION) {
        Ok(platforms) => platforms,
        Err(problems) => return refuse(&problems),
    };
    let listen = &config.listen;
    let public = &config.door.public;
    let executable = std::env::current_exe().unwrap_or_default();
    println!("sockethub {VERSION}");
    println!("executable: {}", executable.display());
    println!("websocket: ws://{}:{}{}", listen.host, listen.port, config.door.path);
    if config.door.examples {
        println!("examples: {}://{}:{}{}", public.protocol, public.host, public.port, public.path);
    } else {
        println!("examples: disabled");
    }
    let printable = resolved.printable();
    match &config.redis {
        Some(_) => println!("queue and credentials: {}", printable["redis"]["url"].as_str().unwrap_or("Redis")),
        None => println!("queue and credentials: in memory"),
    }
    let ids: Vec<&str> = platforms.schemas.platforms().map(|platform| platform.id().as_str()).collect();
    println!("platforms: {}", ids.join(", "));
    for platform in platforms.schemas.platforms() {
        println!("\n{} {}", platform.id(), platform.manifest.version);
        println!("AS types: {}", platform.verbs().join(", "));
        if let Some(launch) = platforms.launches.get(platform.id()) {
            println!("path: {}", launch.program.display());
        }
    }
    println!("\nsettings:\n{printable:#}");
    for notice in &resolved.notices {
        println!("notice: {notice}");
    }
    Exit::Done
}
