//! Wires the parts together. Knows everybody, decides nothing.

use std::sync::Arc;

use axum::Router;
use footbridge_config::Config;
use footbridge_doors::{
    socketio::{self, Door, RateLimit},
    web::{
        address::ClientAddress,
        assets::{self, Endpoint, PageConfig, PublicEndpoint},
        callbacks,
        health::{self, Health},
        origin::Origins,
    },
};
use footbridge_pipeline::{
    Dispatcher, Fanout, Following, Keepsakes, Limits, Names, Parts, Pipeline, Sessions, Visits, scope::Scopes,
};
use footbridge_runtime::Shutdown;
use footbridge_seal::Purpose;
use footbridge_store::{JobQueue, Memos, Results};
use footbridge_supervisor::{InstanceLimits, Supervisor};

use crate::{platforms::Platforms, stores::Stores};

/// Activity-objects per session (core.md 1.7).
const ACTIVITY_OBJECTS: usize = 1000;
/// Bytes of their texts: a thousand of a kilobyte.
const ACTIVITY_OBJECT_BYTES: usize = 1024 * 1024;

/// The running gateway.
pub(crate) struct Gateway {
    pub(crate) router: Router,
    pub(crate) door: Door,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) memos: Arc<dyn Memos>,
    pub(crate) supervisor: Supervisor,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) following: Arc<Following>,
}

/// Builds the gateway that will listen on `port`. Must be called within a runtime.
pub(crate) fn gateway(
    config: &Config,
    platforms: Platforms,
    stores: &Stores,
    port: u16,
    shutdown: &Shutdown,
) -> Gateway {
    let Platforms { schemas, launches } = platforms;
    let sessions = Arc::new(Sessions::default());
    let scopes = Arc::new(Scopes::new(config.resume_by_address));
    let names = Arc::new(Names::default());
    let results: Arc<dyn Results> = Arc::clone(&sessions) as _;
    let stateless =
        schemas.platforms().filter(|platform| !platform.is_persistent()).map(|it| it.id().clone()).collect();
    let queue = stores.queue(config, stateless, results);
    let memos = stores.memos(config);
    let (all, places, contracts) = (Arc::clone(&sessions), Arc::clone(&scopes), Arc::clone(&schemas));
    let following =
        Arc::new(Following::new(all, places, contracts, Arc::clone(&memos), config.limits.max_topics_per_address));
    let visits = Arc::new(Visits::new(Arc::clone(&following)));
    let fanout = Fanout {
        queue: Arc::clone(&queue),
        sessions: Arc::clone(&sessions),
        scopes: Arc::clone(&scopes),
        names: Arc::clone(&names),
        schemas: Arc::clone(&schemas),
        following: Arc::clone(&following),
        visits: Arc::clone(&visits),
        keepsakes: Keepsakes::new(Arc::clone(&memos)),
    };
    let instances = InstanceLimits {
        all: config.limits.max_platform_instances,
        per_address: config.limits.max_platform_instances_per_address,
    };
    let supervisor = Supervisor::new(Arc::new(fanout), instances);
    let limits = Limits {
        pending_bytes: config.session.max_pending_bytes,
        activity_objects: ACTIVITY_OBJECTS,
        activity_object_bytes: ACTIVITY_OBJECT_BYTES,
    };
    let legacy_context = config.door.legacy_context;
    let fingerprints = Arc::new(stores.keys.current().derive(Purpose::Fingerprint, &[]));
    let vault = stores.vault(config);
    let pipeline = Pipeline::new(Parts {
        schemas: Arc::clone(&schemas),
        queue: Arc::clone(&queue),
        vault: Arc::clone(&vault),
        sessions: Arc::clone(&sessions),
        scopes: Arc::clone(&scopes),
        names,
        fingerprints: Arc::clone(&fingerprints),
        following: Arc::clone(&following),
        supervisor: supervisor.clone(),
        limits,
        legacy_context,
    });
    let door = Door::new(pipeline, door_settings(config));
    let router = Router::new()
        .merge(door.router.clone())
        .merge(assets::routes(&config.door.path, config.door.examples.then(|| page(config, &schemas, port))))
        .merge(health::routes(health(&queue, &sessions, &supervisor, shutdown)));
    let router = match &config.callbacks.url {
        Some(_) => router.merge(callbacks::routes(visits)),
        None => router,
    };
    let dispatcher = Dispatcher {
        queue: Arc::clone(&queue),
        vault,
        sessions,
        scopes,
        fingerprints,
        following: Arc::clone(&following),
        schemas,
        supervisor: supervisor.clone(),
        launches: Arc::new(launches),
    };
    Gateway { router, door, queue, memos, supervisor, dispatcher, following }
}

fn health(queue: &Arc<dyn JobQueue>, sessions: &Arc<Sessions>, supervisor: &Supervisor, shutdown: &Shutdown) -> Health {
    let (sessions, supervisor) = (Arc::clone(sessions), supervisor.clone());
    Health {
        queue: Arc::clone(queue),
        sessions: Arc::new(move || sessions.count()),
        instances: Arc::new(move || supervisor.count()),
        stopping: shutdown.soft().clone(),
    }
}

/// How the client's address is found.
fn client_address(config: &Config) -> ClientAddress {
    match &config.client_address {
        footbridge_config::ClientAddress::Socket => ClientAddress::Socket,
        footbridge_config::ClientAddress::Proxy { header } => {
            ClientAddress::Proxy { header: header.parse().expect("the configuration accepts only names of headers") }
        }
    }
}

fn door_settings(config: &Config) -> socketio::Settings {
    let origins = match config.door.cors.clone() {
        footbridge_config::Origins::Any => Origins::Any,
        list @ footbridge_config::Origins::List(_) => Origins::Only(Arc::new(move |origin| list.allows(origin))),
    };
    socketio::Settings {
        path: config.door.path.clone(),
        max_payload: config.door.max_payload,
        origins,
        client_address: client_address(config),
        rate: RateLimit {
            window: config.rate.window,
            max_requests: config.rate.max_requests,
            block: config.rate.block,
        },
        max_connections: config.rate.max_connections_per_ip,
        max_pending_bytes: config.session.max_pending_bytes,
        recovery: config.session.recovery.then(|| config.session.backlog()),
    }
}

fn page(config: &Config, schemas: &footbridge_schemas::Schemas, port: u16) -> PageConfig {
    let public = &config.door.public;
    PageConfig {
        sockethub: Endpoint { host: config.listen.host.clone(), port, path: config.door.path.clone() },
        public: PublicEndpoint {
            protocol: public.protocol.clone(),
            host: public.host.clone(),
            port: public.port,
            path: public.path.clone(),
        },
        platforms: schemas.platforms().map(|platform| format!("@sockethub/platform-{}", platform.id())).collect(),
    }
}
