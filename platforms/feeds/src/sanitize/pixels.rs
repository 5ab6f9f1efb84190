//! Pictures that nobody sees.

/// HTML as the sanitiser writes it, without pictures that have no address or are a pixel wide or high. All values in it stand
/// in double quotes, and none holds one.
pub(super) fn without(html: String) -> String {
    if !html.contains("<img") {
        return html;
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some(start) = rest.find('<') {
        let end = start + length(&rest[start..]);
        let tag = &rest[start..end];
        let is_unseen = tag.strip_prefix("<img").is_some_and(is_unseen);
        out.push_str(&rest[..if is_unseen { start } else { end }]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The length of the tag that `text` begins with.
fn length(text: &str) -> usize {
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(text.len(), |end| end + 1)
}

fn is_unseen(attributes: &str) -> bool {
    // Values are every other part.
    let mut parts = attributes.split('"');
    let (mut has_source, mut tiny) = (false, false);
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        match name.trim() {
            "src=" => has_source = !value.is_empty(),
            "width=" | "height=" => tiny |= matches!(value.trim().trim_end_matches("px"), "0" | "1"),
            _ => {}
        }
    }
    tiny || !has_source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_count_readers_are_taken_out() {
        for (html, seen) in [
            (r#"a<img src="u" width="1" height="1">b"#, "ab"),
            (r#"a<img height="1px" src="u">b"#, "ab"),
            (r#"<img alt="no address">"#, ""),
            (r#"<img src="">"#, ""),
            (r#"<img src="u" width="10" alt="width=">"#, r#"<img src="u" width="10" alt="width=">"#),
            (r#"<p title="<img width=">x</p>"#, r#"<p title="<img width=">x</p>"#),
            ("<p>1 &lt; 2</p>", "<p>1 &lt; 2</p>"),
        ] {
            assert_eq!(without(html.to_owned()), seen, "{html}");
        }
    }
}
