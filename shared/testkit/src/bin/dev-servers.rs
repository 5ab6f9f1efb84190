//! Servers to develop against, until Ctrl-C: `scripts/dev-servers`, or `scripts/dev-servers inspircd` for one of them.

use std::{any::Any, env, process::ExitCode};

use footbridge_testkit::{
    irc::{InspIrcd, NgIrcd, StartError},
    xmpp::{DOMAIN, ROOMS, Server, Software},
};

/// The password of every account and of the server that wants one.
const PASSWORD: &str = "ahoy-there";
/// Who has an account.
const USERS: [&str; 2] = ["kim", "lou"];

const NAMES: [&str; 4] = ["inspircd", "ngircd", "prosody", "ejabberd"];

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
            "prosody" => Box::new(xmpp("Prosody ", Software::Prosody).await?),
            "ejabberd" => Box::new(xmpp("ejabberd", Software::Ejabberd).await?),
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
    for nick in USERS {
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

async fn xmpp(name: &str, software: Software) -> Result<Server, Box<dyn std::error::Error>> {
    let server = Server::start(software).await?;
    for user in USERS {
        server.register(user, PASSWORD).await?;
    }
    println!("{name}  xmpp://127.0.0.1:{} with STARTTLS, xmpps://127.0.0.1:{}", server.port(), server.tls_port());
    println!("          accounts kim@{DOMAIN} and lou@{DOMAIN}, password {PASSWORD}, rooms at {ROOMS}");
    println!("          authority {}", server.authority_file().display());
    Ok(server)
}
