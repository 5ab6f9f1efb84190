//! Character references and named entities, as leniently as browsers take them.

use super::names::named;
use crate::decode::windows;
use std::borrow::Cow;

/// No reference worth the name is longer than this; a `;` further off belongs to the prose.
const LONGEST: usize = 40;

/// Replaces every reference in `text` that is known.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let end = after.bytes().take(LONGEST).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((known(&after[..end])?, &after[end + 1..])));
        let (meant, tail) = found.unwrap_or(('&', after));
        out.push(meant);
        let next = tail.find('&').unwrap_or(tail.len());
        out.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    Cow::Owned(out)
}

/// The character meant by what stands between `&` and `;`, if anybody knows.
pub(super) fn known(reference: &str) -> Option<char> {
    match reference.strip_prefix('#') {
        Some(number) => character(number),
        None => named(reference),
    }
}

/// The character of a number. Those of 128 to 159 are control characters that nobody means: as in HTML they stand for
/// what Windows has there.
fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    match code.ok()? {
        0 => None,
        code @ 0x80..=0x9f => Some(windows(code)),
        code => char::from_u32(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        for (text, plain) in [
            ("plain", "plain"),
            ("&lt;b&gt; &amp; &quot;&apos;", "<b> & \"'"),
            ("&eacute;t&#233; &#x1F600;", "été 😀"),
            ("&#150;&#x92;", "–’"),
            ("&nosuch; &; & &amp", "&nosuch; &; & &amp"),
            ("a&b;c&lt;", "a&b;c<"),
            ("&é;&&lt;", "&é;&<"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(unescape(text), plain, "{text}");
        }
    }
}
