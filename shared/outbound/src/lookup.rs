//! From a name to addresses that may be connected to (platforms.md 3.1).

use crate::{Policy, Resolve};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use thiserror::Error;

/// Why a name yields no address to connect to.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    /// At least one of the name's addresses is not public; one bad address refuses the name (guard 6).
    #[error("blocked non-public address {address} for {host}")]
    Blocked { address: IpAddr, host: String },
    /// The operator's lists let none of its addresses through.
    #[cfg(feature = "http")]
    #[error("connections to {host}:{port} are not allowed by the setting egress")]
    Forbidden { host: String, port: u16 },
    /// The name has no address, or nobody to ask answered.
    #[error("could not resolve {host}")]
    Unresolved { host: String, source: Option<io::Error> },
}

/// The addresses of `host`, each of them allowed.
pub(crate) async fn lookup(policy: Policy, resolver: Arc<dyn Resolve>, host: String) -> Result<Vec<IpAddr>, Refusal> {
    let found = match resolver.resolve(&host).await {
        Ok(found) if found.is_empty() => return Err(Refusal::Unresolved { host, source: None }),
        Ok(found) => found,
        Err(source) => return Err(Refusal::Unresolved { host, source: Some(source) }),
    };
    match found.iter().find(|address| !policy.allows(**address)) {
        Some(&address) => Err(Refusal::Blocked { address, host }),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resolving;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Gives each caller the next of its answers, and the last one for ever.
    struct Scripted {
        answers: Vec<Vec<&'static str>>,
        asked: AtomicUsize,
    }

    impl Scripted {
        fn new(answers: &[&[&'static str]]) -> Arc<Self> {
            Arc::new(Scripted { answers: answers.iter().map(|a| a.to_vec()).collect(), asked: AtomicUsize::new(0) })
        }
    }

    impl Resolve for Scripted {
        fn resolve(&self, _host: &str) -> Resolving {
            let turn = self.asked.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
            let answer = self.answers[turn].iter().map(|text| text.parse().unwrap()).collect();
            Box::pin(async move { Ok(answer) })
        }
    }

    async fn ask(resolver: Arc<dyn Resolve>, policy: Policy) -> Result<Vec<IpAddr>, String> {
        lookup(policy, resolver, "h.example".to_owned()).await.map_err(|refusal| refusal.to_string())
    }

    // guard 6
    #[tokio::test]
    async fn one_private_address_among_public_ones_refuses_the_name() {
        for answer in [&["8.8.8.8", "10.0.0.1"][..], &["10.0.0.1", "8.8.8.8"], &["2606:4700::1", "::1", "10.0.0.1"]] {
            let refused = ask(Scripted::new(&[answer]), Policy::default()).await.unwrap_err();
            assert!(refused.starts_with("blocked non-public address "), "{refused}");
            assert!(refused.ends_with(" for h.example"), "{refused}");
        }
    }

    // guard 7: what is answered is what was judged, from one question only
    #[tokio::test]
    async fn the_addresses_given_out_are_the_ones_that_were_judged() {
        let resolver = Scripted::new(&[&["8.8.8.8", "1.1.1.1"], &["127.0.0.1"]]);
        let found = ask(Arc::clone(&resolver) as Arc<dyn Resolve>, Policy::default()).await.unwrap();
        assert_eq!(found, ["8.8.8.8", "1.1.1.1"].map(|text| text.parse::<IpAddr>().unwrap()));
        assert_eq!(resolver.asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn an_empty_answer_is_a_name_that_does_not_resolve() {
        let refused = ask(Scripted::new(&[&[]]), Policy::default()).await.unwrap_err();
        assert_eq!(refused, "could not resolve h.example");
    }

    // guard 11
    #[tokio::test]
    async fn private_addresses_pass_when_the_policy_allows_them() {
        let found = ask(Scripted::new(&[&["10.0.0.1"]]), Policy { allow_private_addresses: true }).await;
        assert_eq!(found.unwrap().len(), 1);
    }
}
