//! The `@context` URLs of core.md 1.5.

/// ActivityStreams base context, mandatory in every activity (core.md 1.5).
pub const AS2: &str = "https://www.w3.org/ns/activitystreams";

/// Sockethub base context, mandatory in every activity (core.md 1.5).
pub const SOCKETHUB: &str = "https://sockethub.org/ns/context/v1.jsonld";

/// Pseudo platform whose context marks messages of the gateway itself (core.md 1.5).
pub const ERROR: &str = "error";

/// Pseudo platform whose context marks control traffic (core.md 1.5).
pub const INTERNAL: &str = "sockethub:internal";

/// The context URL of platform `id`; `version` is its `contextVersion`, e.g. `"1"`.
pub fn platform_url(id: &str, version: &str) -> String {
    format!("https://sockethub.org/ns/context/platform/{id}/v{version}.jsonld")
}
