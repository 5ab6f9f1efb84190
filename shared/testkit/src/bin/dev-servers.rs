//! Servers to develop against, until Ctrl-C: `scripts/dev-servers`.

use footbridge_testkit::irc::{InspIrcd, NgIrcd};

/// The password of every account and of the server that wants one.
const PASSWORD: &str = "ahoy-there";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inspircd = InspIrcd::start().await?;
    for nick in ["kim", "lou"] {
        inspircd.register(nick, PASSWORD).await?;
    }
    let ngircd = NgIrcd::start(PASSWORD).await?;
    println!("InspIRCd  localhost:{} in clear text, localhost:{} with TLS", inspircd.port(), inspircd.tls_port());
    println!("          certificate {}", inspircd.certificate().certificate().display());
    println!("          accounts kim and lou, SASL PLAIN, password {PASSWORD}");
    println!("ngIRCd    localhost:{} in clear text, serverPassword {PASSWORD}", ngircd.port());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
