//! Where in a JSON text a value stands. Asked only when there is something to complain about.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// Line and column, from 1 and in characters, of the value that the keys lead to in a valid JSON text; of the nearest
/// value on the way if they lead nowhere.
pub(crate) fn line_and_column(text: &str, keys: &[String]) -> (usize, usize) {
    let mut value = text.trim_start();
    for key in keys {
        let Ok(mut members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value) else { break };
        let Some(member) = members.remove(key) else { break };
        value = member.get();
    }
    // `value` is always a part of `text`, borrowed, never a copy.
    let before = &text[..value.as_ptr().addr() - text.as_ptr().addr()];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A path of keys as people write it: `a.b["c.d"]`.
pub(crate) fn spell<'a>(keys: impl IntoIterator<Item = &'a str>) -> String {
    let mut spelled = String::new();
    for key in keys {
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$_-".contains(&byte));
        match (plain, spelled.is_empty()) {
            (true, true) => spelled.push_str(key),
            (true, false) => spelled.extend([".", key]),
            (false, _) => spelled.extend(["[", &Value::from(key).to_string(), "]"]),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "\n{ \"a\": 1,\n  \"\u{fc}\": {\"x.y\": [2],\n\t\"z\" : 3 }}";
        let cases: [(&[&str], (usize, usize)); 6] = [
            (&[], (2, 1)),
            (&["a"], (2, 8)),
            (&["\u{fc}"], (3, 8)),
            (&["\u{fc}", "x.y"], (3, 16)),
            (&["\u{fc}", "z"], (4, 8)),
            (&["\u{fc}", "nowhere", "at all"], (3, 8)),
        ];
        for (keys, want) in cases {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(line_and_column(text, &keys), want, "{keys:?}");
        }
    }

    #[test]
    fn keys_that_are_no_names_are_put_in_brackets() {
        let cases: [(&[&str], &str); 3] = [
            (&["sockethub", "cors"], "sockethub.cors"),
            (&["packageConfig", "@sockethub/platform-feeds", "x"], r#"packageConfig["@sockethub/platform-feeds"].x"#),
            (&["a\"b", ""], r#"["a\"b"][""]"#),
        ];
        for (keys, want) in cases {
            assert_eq!(spell(keys.iter().copied()), want);
        }
    }

    proptest! {
        #[test]
        fn any_key_in_any_text_has_a_place(text in "[ \n{}\":,a1]{0,20}", key in "[a1]{0,2}") {
            let (line, column) = line_and_column(&text, &[key]);
            prop_assert!(line >= 1 && column >= 1);
        }
    }
}
