//! Texts as people read them.

use htmlize::{Context, unescape_in};

/// The text of an element, with its character references resolved and its white space collapsed.
pub(crate) fn line(raw: &str) -> String {
    collapse(&unescape_in(raw, Context::General))
}

/// The value of an attribute, with its character references resolved.
pub(crate) fn value(raw: &str) -> String {
    unescape_in(raw, Context::Attribute).trim().to_owned()
}

fn collapse(text: &str) -> String {
    text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A description with its white space put in order (platforms.md 6.3): lines stay, a paragraph is an empty line.
pub(crate) fn normalise(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut normal = String::with_capacity(text.len());
    let mut breaks = 0;
    for line in text.split('\n') {
        let line = collapse(line);
        if !line.is_empty() {
            let breaks = if normal.is_empty() { 0 } else { std::cmp::min(breaks, 2) };
            normal.extend(std::iter::repeat_n('\n', breaks));
            normal.push_str(&line);
        }
        breaks = if line.is_empty() { breaks + 1 } else { 1 };
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    // metadata 26
    #[test]
    fn white_space_of_descriptions_is_put_in_order() {
        let text = "  First\tline  \r\n\r\n\r\n Second\u{a0} line ";
        assert_eq!(normalise(text), "First line\n\nSecond line");
        assert_eq!(normalise("\n\n a\rb\nc\n\nd \u{2003}\u{3000} e\n\n\n\nf\n"), "a\nb\nc\n\nd e\n\nf");
        assert_eq!(normalise(" \n\t\r\n "), "");
    }

    #[test]
    fn references_are_resolved_once() {
        assert_eq!(line("  Tide &amp; tables\n &#8211; &amp;lt; &hellip; "), "Tide & tables – &lt; …");
        assert_eq!(value(" /a?b=1&copy=2&amp;c "), "/a?b=1&copy=2&c");
    }
}
