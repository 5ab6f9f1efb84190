//! Other people's lines: `../shared/corpora/irc` beside the workspace, or what `FOOTBRIDGE_CORPORA` names. Where they are
//! not, these tests do nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use footbridge_irc::line::{Line, Source};
use footbridge_irc::outgoing::{Outgoing, word};
use yaml_rust2::{Yaml, YamlLoader};

/// The tests of a file, and how many there are at least.
fn vectors(file: &str, least: usize) -> Option<Vec<Yaml>> {
    // Asked when the test runs: checkouts that share their build output share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let beside = || Path::new(&package).join("../../../shared/corpora");
    let folder = std::env::var_os("FOOTBRIDGE_CORPORA").map_or_else(beside, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("irc").join(file)) else {
        eprintln!("skipped: there is no {file}");
        return None;
    };
    let tests = YamlLoader::load_from_str(&text).expect("it is YAML")[0]["tests"].clone().into_vec().expect("a list");
    assert!(tests.len() >= least, "{file} has {} tests", tests.len());
    Some(tests)
}

fn strings(list: &Yaml) -> Vec<&str> {
    list.as_vec().map(|list| list.iter().filter_map(Yaml::as_str).collect()).unwrap_or_default()
}

fn tags(atoms: &Yaml) -> BTreeMap<String, String> {
    let text = |yaml: &Yaml| yaml.as_str().unwrap_or_default().to_owned();
    atoms["tags"]
        .as_hash()
        .map(|tags| tags.iter().map(|(key, value)| (text(key), text(value))).collect())
        .unwrap_or_default()
}

#[test]
fn lines_are_split_as_the_vectors_say() {
    for test in vectors("msg-split.yaml", 20).unwrap_or_default() {
        let (input, atoms) = (test["input"].as_str().expect("a line"), &test["atoms"]);
        let line = Line::read(input).unwrap_or_else(|error| panic!("{input:?}: {error}"));
        assert_eq!(line.command, atoms["verb"].as_str().expect("a command"), "{input:?}");
        assert_eq!(line.source.map(|source| source.to_string()).as_deref(), atoms["source"].as_str(), "{input:?}");
        assert_eq!(line.params, strings(&atoms["params"]), "{input:?}");
        let read: BTreeMap<_, _> = line.tags.iter().map(|(key, value)| (key.to_owned(), value.into_owned())).collect();
        assert_eq!(read, tags(atoms), "{input:?}");
        for (key, value) in tags(atoms) {
            assert_eq!(line.tags.get(&key).as_deref(), Some(&*value), "{input:?}");
        }
    }
}

#[test]
fn sources_are_split_as_the_vectors_say() {
    for test in vectors("userhost-split.yaml", 5).unwrap_or_default() {
        let (text, atoms) = (test["source"].as_str().expect("a source"), &test["atoms"]);
        let source = Source::parse(text);
        assert_eq!(source.nick, atoms["nick"].as_str().unwrap_or_default(), "{text:?}");
        assert_eq!(source.user, atoms["user"].as_str(), "{text:?}");
        assert_eq!(source.host, atoms["host"].as_str(), "{text:?}");
        assert_eq!(source.to_string(), text);
    }
}

/// Clients send no source, so it is left out of what is expected.
#[test]
fn lines_are_joined_as_the_vectors_say() {
    for test in vectors("msg-join.yaml", 10).unwrap_or_default() {
        let atoms = &test["atoms"];
        let lasting = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let mut line = Outgoing::new(lasting(atoms["verb"].as_str().expect("a command")));
        for (key, value) in tags(atoms) {
            line = line.tag(lasting(&key), &value);
        }
        let params = strings(&atoms["params"]);
        for (number, param) in params.iter().enumerate() {
            let last = number + 1 == params.len() && word(param).is_err();
            line = if last { line.trailing(param) } else { line.param(param) }.expect("vectors can be sent");
        }
        let source = atoms["source"].as_str().map(|source| format!(":{source} ")).unwrap_or_default();
        let matches: Vec<String> = strings(&test["matches"]).iter().map(|line| line.replacen(&source, "", 1)).collect();
        assert!(matches.contains(&line.text()), "{:?} is none of {matches:?}", line.text());
    }
}
