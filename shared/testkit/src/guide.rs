//! A platform's guide, for the test that holds it against the platform's schema.
//!
//! Each block of JSON says what it is in its first line: `` ```json request ``, `` ```json push ``…

use std::collections::BTreeSet;

use serde_json::Value;

/// A guide, and the document that says what there is to show.
#[derive(Debug)]
pub struct Guide {
    text: &'static str,
    schema: Value,
}

impl Guide {
    /// `text` is the guide, `schema` the platform's document.
    ///
    /// # Panics
    /// The document is no JSON.
    pub fn new(text: &'static str, schema: &str) -> Self {
        Self { text, schema: serde_json::from_str(schema).expect("JSON") }
    }

    /// All blocks: what they say they are, and what they hold.
    ///
    /// # Panics
    /// A block does not end, or is no JSON.
    pub fn blocks(&self) -> Vec<(&'static str, Value)> {
        let opened = self.text.split("```json").skip(1);
        let block = |opened: &'static str| {
            let (kind, body) = opened.split_once('\n').expect("a line ends");
            let (body, _) = body.split_once("\n```").expect("a block ends");
            let value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
            (kind.trim(), value)
        };
        opened.map(block).collect()
    }

    /// The blocks whose first word is `kind`.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        let blocks = self.blocks().into_iter().filter(|(other, _)| other.split(' ').next() == Some(kind));
        blocks.map(|(_, value)| value).collect()
    }

    /// Asserts that there is a request for each verb and for each type of its object, a push for each type and for each type of
    /// its object, and a word about each member of the credentials and each extension. `silent`: verbs and types of pushes that
    /// nobody ever meets, which the guide has to name.
    ///
    /// # Panics
    /// Something is not shown.
    pub fn assert_complete(&self, silent: &[&str]) {
        for (kind, part) in [("request", "messages"), ("push", "responses")] {
            let part = &self.schema[part];
            let mut types = texts(&part["properties"]["type"]["enum"]);
            types.retain(|one| !silent.contains(&&**one));
            assert_eq!(self.shown(kind, "/type"), types, "{kind}");
            assert_eq!(self.shown(kind, "/object/type"), object_types(part), "{kind}");
        }
        for one in silent {
            assert!(self.text.contains(&format!("`{one}`")), "{one} is not in the guide");
        }
        let object = &self.schema["credentials"]["properties"]["object"]["properties"];
        for member in object.as_object().expect("members").keys().filter(|member| *member != "type") {
            assert!(self.text.contains(&format!("`{member}`")), "{member} is not in the guide");
        }
        let table = self.text.split_once("| extension |").expect("a table").1.split_once("\n\n").expect("it ends").0;
        for extension in self.extensions() {
            assert!(table.contains(&format!("`{extension}`")), "{extension} is not in the table");
        }
    }

    /// What credentials may name in `extensions`.
    pub fn extensions(&self) -> BTreeSet<String> {
        texts(&self.schema["credentials"]["properties"]["object"]["properties"]["extensions"]["items"]["enum"])
    }

    fn shown(&self, kind: &str, member: &str) -> BTreeSet<String> {
        let blocks = self.of(kind);
        blocks.iter().filter_map(|value| value.pointer(member).and_then(Value::as_str)).map(str::to_owned).collect()
    }
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The types of the objects that `part` of the document lists.
fn object_types(part: &Value) -> BTreeSet<String> {
    let kinds = part["properties"]["object"]["oneOf"].as_array().expect("a list").iter();
    let named = kinds.map(|kind| kind["$ref"].as_str().expect("a reference").rsplit('/').next().expect("a name"));
    let constant = |name: &str| part["definitions"][name]["properties"]["type"]["const"].as_str().map(str::to_owned);
    named.map(|name| constant(name).expect("a type")).collect()
}
