//! Writing JSON text, and white space in it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// `value` as JSON text.
pub(crate) fn raw(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    to_raw_value(value).expect("neither strings nor finished JSON can fail to serialise")
}

/// `text` without line breaks, so that it may be a line of NDJSON; borrowed if there is nothing to do.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| matches!(b, b'\n' | b'\r')) { Cow::Owned(compact(text)) } else { Cow::Borrowed(text) }
}

/// `text`, which is JSON, without the white space between its tokens.
pub(crate) fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let significant = |c: &char| {
        let keep = in_string || !matches!(c, ' ' | '\t' | '\n' | '\r');
        in_string ^= *c == '"' && !escaped;
        escaped = in_string && *c == '\\' && !escaped;
        keep
    };
    text.chars().filter(significant).collect()
}

#[cfg(test)]
mod tests {
    use super::{compact, one_line};

    #[test]
    fn white_space_goes_except_within_strings() {
        let table = [
            ("{ \"a\" :\n\t[ 1 , 2 ]\r\n}", r#"{"a":[1,2]}"#),
            (r#"{"a b": "c \" d \\" , "e" : "\\" }"#, r#"{"a b":"c \" d \\","e":"\\"}"#),
            ("\"\u{e9} x\"", "\"\u{e9} x\""),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(compact(text), expected);
        }
    }

    #[test]
    fn a_line_without_breaks_is_left_alone() {
        assert_eq!(one_line("{ \"a\": 1 }"), "{ \"a\": 1 }");
        assert_eq!(one_line("{\n\"a\": 1 }"), "{\"a\":1}");
    }
}
