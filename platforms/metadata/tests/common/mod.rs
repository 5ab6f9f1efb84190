//! The platform as its worker calls it, with a name server of the test's own.

#![allow(dead_code, reason = "each test uses its part")]

use bytes::Bytes;
use footbridge_host::{Call, JobId, Reply, SessionId, Stateless};
use footbridge_metadata::{Metadata, Services, Settings};
use footbridge_outbound::{Guard, Policy, Resolve, Resolving};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// A name server for which all names are one address.
pub(crate) struct Everything(pub(crate) IpAddr);

impl Resolve for Everything {
    fn resolve(&self, _: &str) -> Resolving {
        let address = self.0;
        Box::pin(async move { Ok(vec![address]) })
    }
}

/// A platform with these settings, for which all names are this machine, and which asks the server at `origin` instead of
/// the services.
pub(crate) fn metadata(settings: &str, origin: &str) -> Metadata {
    let settings: Settings = serde_json::from_str(settings).expect("settings");
    let policy = Policy { allow_private_addresses: settings.allow_private_addresses };
    let guard = Guard::with_resolver(policy, Arc::new(Everything([127, 0, 0, 1].into())));
    within(&settings, guard, origin)
}

/// One that fetches through `guard`.
pub(crate) fn within(settings: &Settings, guard: Guard, origin: &str) -> Metadata {
    let services = Services {
        x: format!("{origin}/status/"),
        reddit: format!("{origin}/listing"),
        reddit_oembed: format!("{origin}/oembed"),
    };
    Metadata::with(settings, guard, services).expect("settings that can be")
}

/// One that may reach this machine.
pub(crate) fn open(origin: &str) -> Metadata {
    metadata(r#"{"allowPrivateAddresses":true}"#, origin)
}

pub(crate) async fn perform(metadata: &Metadata, activity: &Value) -> Result<Value, String> {
    let call = Call {
        job: JobId(0),
        verb: "fetch".into(),
        session: SessionId::from_random([0; 16]),
        activity: Bytes::from(activity.to_string()),
        credentials: None,
    };
    match metadata.perform(call).await {
        Ok(Reply::Activity(json)) => Ok(serde_json::from_slice(&json).expect("answers are JSON")),
        Ok(Reply::Unchanged) => panic!("a fetch has an answer of its own"),
        Err(failure) => Err(failure.to_string()),
    }
}

pub(crate) async fn fetch(metadata: &Metadata, url: &str) -> Result<Value, String> {
    perform(metadata, &json!({"id": "1", "type": "fetch", "actor": {"id": url, "type": "website", "name": "given"}}))
        .await
}
