//! SRV records from the name servers that the system is set up with. Addresses come from elsewhere: they are judged.

use std::io;

use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Resolver, TokioResolver};

use super::Ways;
use super::candidates::{Candidate, Records, Srv, WEB};
use super::host_meta;

/// The name servers of the system, as they are set up when they are asked. Nothing is kept between questions: those are as
/// rare as connections.
pub(super) struct NameServers<'a>(pub(super) &'a Ways);

impl Records for NameServers<'_> {
    async fn srv(&self, name: &str) -> io::Result<Vec<Srv>> {
        let (config, options) = read_system_conf().map_err(io::Error::other)?;
        ask(config, options, name).await
    }

    async fn links(&self, domain: &str) -> Vec<Candidate> {
        host_meta::links(self.0, domain, WEB).await
    }
}

async fn ask(config: ResolverConfig, mut options: ResolverOpts, name: &str) -> io::Result<Vec<Srv>> {
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    options.cache_size = 0;
    *builder.options_mut() = options;
    let resolver: TokioResolver = builder.build().map_err(io::Error::other)?;
    let answer = resolver.srv_lookup(name).await.map_err(io::Error::other)?;
    let records = answer.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) => {
            let target = srv.target.to_ascii();
            Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target })
        }
        _ => None,
    });
    Ok(records.collect())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig};
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server of one question, whose answer has these bytes behind the question, as so many records.
    async fn answered(count: u8, records: &[u8]) -> io::Result<Vec<Srv>> {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        let mut udp = ConnectionConfig::udp();
        udp.port = port;
        let servers = vec![NameServerConfig::new(IpAddr::from(Ipv4Addr::LOCALHOST), true, vec![udp])];
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let mut options = ResolverOpts::default();
        // The question ends where its type and class do, and nothing is behind it.
        options.edns0 = false;
        let serve = async {
            let mut question = [0; 512];
            let (length, client) = server.recv_from(&mut question).await.unwrap();
            let mut answer = question[..length].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[7] = count;
            answer.extend_from_slice(records);
            server.send_to(&answer, client).await.unwrap();
        };
        let (answer, ()) = tokio::join!(ask(config, options, "_xmpp-client._tcp.x.example."), serve);
        answer
    }

    #[tokio::test]
    async fn records_are_read_as_name_servers_write_them() {
        // The question's name, SRV, IN, a minute, 17 bytes: priority 5, weight 7, port 5222, a.example.
        let one = b"\xc0\x0c\0\x21\0\x01\0\0\0\x3c\0\x11\0\x05\0\x07\x14\x66\x01a\x07example\0";
        let srv = Srv { priority: 5, weight: 7, port: 5222, target: "a.example.".to_owned() };
        assert_eq!(answered(1, one).await.unwrap(), [srv]);
        let none = b"\xc0\x0c\0\x21\0\x01\0\0\0\x3c\0\x07\0\0\0\0\0\0\0";
        assert_eq!(answered(1, none).await.unwrap()[0].target, ".");
    }

    #[tokio::test]
    async fn a_domain_that_says_nothing_has_no_records() {
        assert!(answered(0, b"").await.is_err());
    }
}
