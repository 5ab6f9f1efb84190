//! Enough of an activity to say what is wrong with it.
//!
//! Whether an activity obeys is found out fast, whatever its size; *everything* that is wrong with a hostile one of a quarter
//! of a megabyte takes a tenth of a second to list, for one sentence. So a large activity is looked at with its long
//! arrays cut short: what is wrong with that is wrong with the whole.

use std::borrow::Cow;

use serde_json::Value;

/// Values that an activity may consist of to be looked at as it is.
const FEW: usize = 2_000;

/// Elements that stand for all of a longer array.
const ELEMENTS: usize = 64;

/// The activity, or its glimpse; `None` if that is large, too.
pub(crate) fn of(activity: &Value) -> Option<Cow<'_, Value>> {
    if is_small(activity) {
        return Some(Cow::Borrowed(activity));
    }
    let glimpse = cut(activity);
    is_small(&glimpse).then_some(Cow::Owned(glimpse))
}

fn is_small(value: &Value) -> bool {
    fits(value, &mut FEW.clone())
}

fn fits(value: &Value, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match value {
        Value::Array(elements) => elements.iter().all(|element| fits(element, left)),
        Value::Object(members) => members.values().all(|member| fits(member, left)),
        _ => true,
    }
}

fn cut(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().take(ELEMENTS).map(cut).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), cut(member))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_small_is_looked_at_as_it_is() {
        let small = json!({"target": {"components": vec!["x"; 100]}});
        assert!(matches!(of(&small), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn long_arrays_are_cut_short() {
        let large = json!({"target": {"components": vec!["x"; 100_000]}});
        let glimpse = of(&large).expect("one array is cut");
        assert_eq!(*glimpse, json!({"target": {"components": vec!["x"; ELEMENTS]}}));
    }

    #[test]
    fn what_is_large_without_arrays_is_not_looked_at() {
        let members: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("m{n}"), json!(n))).collect();
        assert!(of(&json!(members)).is_none());
    }
}
