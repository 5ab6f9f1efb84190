//! The table of all settings, and looking things up in it.

use serde_json::{Map, Value};

use crate::sections::{
    callbacks, credential_check, credentials, encryption, general, http_actions, ident, jobs, limits, logging, metrics,
    package_config, platform_heartbeat, platform_restart, platform_start, platforms, public, rate_limiter, redis,
    sandbox, sentry, session, shutdown, sockethub,
};
use crate::setting::Setting;
use crate::spelling;

const SECTIONS: &[&[Setting]] = &[
    general::SETTINGS,
    sockethub::SETTINGS,
    public::SETTINGS,
    platforms::SETTINGS,
    package_config::SETTINGS,
    logging::SETTINGS,
    credentials::SETTINGS,
    credential_check::SETTINGS,
    rate_limiter::SETTINGS,
    limits::SETTINGS,
    sandbox::SETTINGS,
    platform_heartbeat::SETTINGS,
    platform_start::SETTINGS,
    platform_restart::SETTINGS,
    jobs::SETTINGS,
    session::SETTINGS,
    shutdown::SETTINGS,
    metrics::SETTINGS,
    ident::SETTINGS,
    callbacks::SETTINGS,
    redis::SETTINGS,
    encryption::SETTINGS,
    sentry::SETTINGS,
    http_actions::SETTINGS,
];

/// What a path of keys leads to.
#[derive(Debug)]
pub(crate) enum Place {
    /// An object with settings in it.
    Section,
    /// A setting.
    Setting(&'static Setting),
    /// Nothing; perhaps this was meant.
    Unknown { meant: Option<String> },
}

/// All settings, in the order in which they are listed to people.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().copied().flatten()
}

/// Follows keys from the root of a file. A key with a dot in it is one key, and none of ours.
pub(crate) fn place(keys: &[String]) -> Place {
    let depth = keys.len();
    let path_of = |setting: &Setting| setting.path.split('.').collect::<Vec<_>>();
    for setting in settings() {
        let path = path_of(setting);
        if path.len() >= depth && path.iter().zip(keys).all(|(part, key)| part == key) {
            return if path.len() == depth { Place::Setting(setting) } else { Place::Section };
        }
    }
    let written = keys.join(".");
    let alike: Vec<String> =
        settings().map(path_of).filter(|path| path.len() >= depth).map(|path| path[..depth].join(".")).collect();
    Place::Unknown { meant: spelling::nearest(&written, alike.iter().map(String::as_str)) }
}

/// The setting with this path, which must be one of the table's.
pub(crate) fn by_path(path: &str) -> &'static Setting {
    settings().find(|setting| setting.path == path).expect("callers name paths of the table")
}

/// The setting with this flag, dashes left off.
pub(crate) fn by_flag(flag: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.flag == Some(flag))
}

/// Values by path as the object that a file would hold.
pub(crate) fn nest(values: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    let mut root = Map::new();
    for (path, value) in values {
        let (sections, key) = path.rsplit_once('.').unwrap_or(("", path));
        let mut section = &mut root;
        for name in sections.split('.').filter(|name| !name.is_empty()) {
            let inner = section.entry(name).or_insert_with(|| Map::new().into());
            section = inner.as_object_mut().expect("no setting's path is the beginning of another's");
        }
        section.insert(key.to_owned(), value);
    }
    root
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::Defaults;
    use crate::sections::package_config::KNOWN;
    use crate::setting::Fallback;

    const DEFAULTS: Defaults = Defaults { platforms: &["dummy", "feeds"] };

    fn keys(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn paths_lead_to_settings_sections_or_nowhere() {
        assert!(matches!(place(&keys("sockethub/port")), Place::Setting(found) if found.path == "sockethub.port"));
        assert!(matches!(place(&keys("sockethub/cors")), Place::Section));
        assert!(matches!(place(&keys("sockethub.port")), Place::Unknown { .. }));
        let cases = [
            ("sokcethub", Some("sockethub")),
            ("sockethub/prot", Some("sockethub.port")),
            ("sockethub/cors/origins", Some("sockethub.cors.origin")),
            ("nope", None),
        ];
        for (path, want) in cases {
            let Place::Unknown { meant } = place(&keys(path)) else { panic!("{path} is known") };
            assert_eq!(meant.as_deref(), want, "{path}");
        }
    }

    #[test]
    fn every_default_is_an_accepted_value_in_its_canonical_form() {
        let of_packages = KNOWN.iter().flat_map(|(_, table)| *table);
        for setting in settings().chain(of_packages).filter(|setting| !matches!(setting.default, Fallback::Unset)) {
            let default = setting.default.value(DEFAULTS);
            assert_eq!(setting.kind.accept(default.clone()).ok(), Some(default), "{}", setting.path);
        }
    }

    #[test]
    fn paths_variables_and_flags_belong_to_one_setting_each() {
        let names = || {
            settings().flat_map(|setting| {
                let variable = setting.env.map(|name| format!("${name}"));
                let flag = setting.flag.map(|name| format!("--{name}"));
                [Some(setting.path.to_owned()), variable, flag].into_iter().flatten()
            })
        };
        assert_eq!(names().collect::<BTreeSet<_>>().len(), names().count());
    }

    #[test]
    fn values_are_nested_as_in_a_file() {
        let values = [("a", json!(1)), ("b.c.d", json!(2)), ("b.c.e", json!(3)), ("b.f", json!(4))];
        assert_eq!(Value::from(nest(values)), json!({"a": 1, "b": {"c": {"d": 2, "e": 3}, "f": 4}}));
    }
}
