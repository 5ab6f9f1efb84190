//! `platforms`: which ones are offered.

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "platforms",
    Kind::Platforms,
    Fallback::Platforms,
    "Platforms to offer, as <id> or @sockethub/platform-<id>",
)];

/// The id in an entry: `irc` for `@sockethub/platform-irc` as for `irc` (platforms.md 1.1).
///
/// Ids become part of a worker's file name, so nothing that could leave its folder is one.
pub(crate) fn id(entry: &str) -> Option<&str> {
    let id = entry.strip_prefix("@sockethub/platform-").unwrap_or(entry);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (!id.is_empty() && id.bytes().all(legal)).then_some(id)
}

/// The ids of a list, each once, in the order of the list, which is the order clients see.
pub(crate) fn ids(entries: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in entries.iter().filter_map(|entry| id(entry)) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_reduced_to_ids() {
        let cases = [
            ("irc", Some("irc")),
            ("@sockethub/platform-irc", Some("irc")),
            ("@acme/platform-irc", None),
            ("@sockethub/platform-", None),
            ("@sockethub/platform-../x", None),
            ("..", None),
            ("", None),
        ];
        for (entry, want) in cases {
            assert_eq!(id(entry), want, "{entry:?}");
        }
    }

    #[test]
    fn a_platform_named_twice_is_offered_once() {
        let entries = ["xmpp", "@sockethub/platform-irc", "irc"].map(str::to_owned);
        assert_eq!(ids(&entries), ["xmpp", "irc"]);
    }
}
