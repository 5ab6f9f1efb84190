//! An object whose members are passed on without looking into them.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::raw;

/// An object's members, their values left as they were written; of members with one name the last counts, as in JavaScript.
#[derive(Debug, Default)]
pub(crate) struct Record<'a>(BTreeMap<Name<'a>, &'a RawValue>);

/// A member's name without its escapes: `"\u0063ontext"` must be found as `context`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(Cow<'a, str>);

impl<'a> Record<'a> {
    /// Reads `text`, which must be one object.
    pub(crate) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// The value of member `name`, as written.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }

    /// Puts `value` in place of whatever `name` had.
    pub(crate) fn set(&mut self, name: &'static str, value: &'a RawValue) {
        self.0.insert(Name(Cow::Borrowed(name)), value);
    }

    /// Drops member `name`, if there is one.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The object as text again.
    pub(crate) fn write(&self) -> Box<RawValue> {
        raw(&self.0)
    }
}

// === impl Name ===

impl Borrow<str> for Name<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::Record;
    use crate::json::raw;

    #[test]
    fn an_escaped_name_is_the_name_it_spells() {
        let mut record = Record::parse(r#"{"\u0073ecret":1,"a":2,"a":3}"#).unwrap();
        record.remove("secret");
        assert_eq!(record.write().get(), r#"{"a":3}"#);
    }

    #[test]
    fn a_member_can_be_replaced() {
        let ten = raw(&10);
        let mut record = Record::parse(r#"{"a":{"b": 1}}"#).unwrap();
        assert_eq!(record.get("a").map(RawValue::get), Some(r#"{"b": 1}"#));
        record.set("a", &ten);
        record.set("c", &ten);
        assert_eq!(record.write().get(), r#"{"a":10,"c":10}"#);
    }

    #[test]
    fn only_objects_are_records() {
        for text in ["[]", "1", "\"x\"", "null", "{", "", r#"{"a":1} x"#, r#"{"\ud800":1}"#] {
            assert!(Record::parse(text).is_err(), "{text}");
        }
    }
}
