//! Servers to develop against, until Ctrl-C: `scripts/dev-servers`, or `scripts/dev-servers inspircd` for one of them.

use std::{any::Any, env, process::ExitCode};

use footbridge_testkit::irc::{InspIrcd, NgIrcd, StartError};

/// The password of every account and of the server that wants one.
const PASSWORD: &str = "ahoy-there";

const NAMES: [&str; 2] = ["inspircd", "ngircd"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut names: Vec<String> = env::args().skip(1).collect();
    if names.is_empty() {
        names = NAMES.map(str::to_owned).to_vec();
    }
    let mut running: Vec<Box<dyn Any>> = Vec::new();
    for name in &names {
        running.push(match &**name {
            "inspircd" => Box::new(inspircd().await?),
            "ngircd" => Box::new(ngircd().await?),
            unknown => {
                eprintln!("{unknown}: there is {}", NAMES.join(", "));
                return Ok(ExitCode::from(2));
            }
        });
    }
    tokio::signal::ctrl_c().await?;
    Ok(ExitCode::SUCCESS)
}

async fn inspircd() -> Result<InspIrcd, Box<dyn std::error::Error>> {
    let server = InspIrcd::start().await?;
    for nick in ["kim", "lou"] {
        server.register(nick, PASSWORD).await?;
    }
    println!("InspIRCd  localhost:{} in clear text, localhost:{} with TLS", server.port(), server.tls_port());
    println!("          certificate {}", server.certificate().certificate().display());
    println!("          accounts kim and lou, SASL PLAIN, password {PASSWORD}");
    Ok(server)
}

async fn ngircd() -> Result<NgIrcd, StartError> {
    let server = NgIrcd::start(PASSWORD).await?;
    println!("ngIRCd    localhost:{} in clear text, serverPassword {PASSWORD}", server.port());
    Ok(server)
}
