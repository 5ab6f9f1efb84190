//! Values that deserialise from anything and keep only what fits.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A trimmed string, or a number as it is written; empty for anything else.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

/// A number of bytes, or none.
#[derive(Default)]
pub(super) struct Size(pub(super) Option<u64>);

/// An object, or none.
pub(super) struct Maybe<T>(pub(super) Option<T>);

/// The first `N` members of a list, and of those the objects.
pub(super) struct Few<T, const N: usize>(pub(super) Vec<T>);

/// The first `N` members of a list, and of those the strings and numbers.
#[derive(Default)]
pub(super) struct Texts<const N: usize>(pub(super) Vec<String>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Maybe(None)
    }
}

impl<T, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Few(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Text>(PhantomData))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Texts<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Texts<N>>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Size>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Maybe<T>>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Few<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Few<T, N>>(PhantomData))
    }
}

/// What a type makes of each kind of value; by default nothing, that is, its default.
trait Lenient<'de>: Default {
    fn string(_: &str) -> Self {
        Self::default()
    }

    fn number(_: serde_json::Number) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Lenient<'_> for Text {
    fn string(text: &str) -> Self {
        Text(text.trim().to_owned())
    }

    fn number(number: serde_json::Number) -> Self {
        Text(number.to_string())
    }
}

impl Lenient<'_> for Size {
    fn number(number: serde_json::Number) -> Self {
        // Some writers know only one kind of number.
        let whole = || number.as_f64().and_then(|float| format!("{float:.0}").parse().ok());
        Size(number.as_u64().or_else(whole))
    }
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for Maybe<T> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|object| Maybe(Some(object)))
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Lenient<'de> for Few<T, N> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut few = Vec::new();
        while few.len() < N {
            match list.next_element::<Maybe<T>>()? {
                Some(Maybe(member)) => few.extend(member),
                None => return Ok(Few(few)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Few(few))
    }
}

impl<'de, const N: usize> Lenient<'de> for Texts<N> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut texts = Vec::new();
        while let Some(Text(text)) = list.next_element()? {
            if texts.len() < N && !text.is_empty() {
                texts.push(text);
            }
        }
        Ok(Texts(texts))
    }
}

struct Anything<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for Anything<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        Ok(serde_json::Number::from_f64(number).map_or_else(T::default, T::number))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::string(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }
}
