//! Text that nobody vouches for, as a tree of values.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads `text` as a tree, which costs memory in proportion and stack for 128 levels at most. An error of category `Data` means
/// that a member has one of `serde_json`'s [`PRIVATE`] names.
///
/// Not `from_str::<Value>`: that takes such a member for a marker and parses the string in it with a fresh limit of levels, so
/// that a few kilobytes of text could exhaust the stack.
pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Tree.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// How the names begin by which `serde_json` marks raw text and long numbers.
const PRIVATE: &str = "$serde_json::private::";

struct Tree;

// === impl Tree ===

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(Self)? {
            array.push(element);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.starts_with(PRIVATE) {
                return Err(A::Error::custom("a private name"));
            }
            object.insert(name, members.next_value_seed(Self)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::error::Category;

    use super::parse;

    #[test]
    fn a_tree_is_what_serde_json_makes_of_it() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"\u00e9"],"b":{"c":{}},"b":[]}"#;
        assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for bad in ["", "{", "[1] 2", "tru", r#""\ud800""#, "1e999"] {
            assert!(parse(bad).unwrap_err().classify() != Category::Data, "{bad}");
        }
    }

    #[test]
    fn a_tree_has_no_private_names() {
        for name in ["$serde_json::private::RawValue", "\\u0024serde_json::private::Number"] {
            let text = format!(r#"[{{"a":1,"{name}":"[1]"}}]"#);
            assert_eq!(parse(&text).unwrap_err().classify(), Category::Data);
        }
    }
}
