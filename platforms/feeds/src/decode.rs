//! From bytes to text (feeds 25).

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How far an XML declaration may reach, in bytes.
const DECLARATION: usize = 1024;

/// The text of a document: by its byte order mark, else by the charset of the `Content-Type` header, else by its XML
/// declaration, else as UTF-8. A charset that does not fit the bytes gives way to the next that does, and if none does
/// the first is followed with replacement characters; bytes about which nothing is said are taken for Windows-1252, as
/// browsers do.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    meant(text(body, content_type))
}

/// The text with what writers mean by control characters of 128 to 159, which is what Windows has there.
fn meant(text: Cow<'_, str>) -> Cow<'_, str> {
    // Two bytes each, of which the first is this.
    let is_control = |pair: &[u8]| pair[0] == 0xc2 && pair[1] < 0xa0;
    if text.is_ascii() || !text.as_bytes().windows(2).any(is_control) {
        return text;
    }
    let meant = |c: char| match u32::from(c) {
        code @ 0x80..=0x9f => windows(code),
        _ => c,
    };
    Cow::Owned(text.chars().map(meant).collect())
}

/// The character that Windows has for a code below 256.
pub(crate) fn windows(code: u32) -> char {
    let byte = u8::try_from(code).unwrap_or_default();
    WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or_default()
}

fn text<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[length..]).0;
    }
    let named = [content_type.and_then(charset), declared(body)];
    let candidates = named.into_iter().flatten().chain([UTF_8]);
    for encoding in candidates {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) {
            return text;
        }
    }
    let first = named.into_iter().flatten().next().unwrap_or(WINDOWS_1252);
    first.decode_without_bom_handling(body).0
}

/// The `charset` parameter of a media type.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Encoding::for_label(value.trim().trim_matches(['"', '\'']).as_bytes())
}

/// The encoding that an XML document says it has, or that its first characters betray.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [0, b'<', 0, next, ..] if *next != 0 => return Some(UTF_16BE),
        [b'<', 0, next, 0, ..] if *next != 0 => return Some(UTF_16LE),
        _ => {}
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(DECLARATION)]);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| "\"'".contains(*quote))?;
    let label = value[1..].split(quote).next()?;
    // Read as ASCII so far, so it cannot be one of these, whatever it says.
    Encoding::for_label(label.as_bytes()).filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, body: &[u8], content_type: Option<&str>) {
        assert_eq!(decode(body, content_type), text);
    }

    // feeds 25
    #[test]
    fn the_declaration_counts() {
        check("<?xml encoding='iso-8859-1'?>é", b"<?xml encoding='iso-8859-1'?>\xe9", Some("text/xml"));
        check("<?xml encoding = \"koi8-r\"?>д", b"<?xml encoding = \"koi8-r\"?>\xc4", None);
        check("<?xml encoding='utf-16'?>é", "<?xml encoding='utf-16'?>é".as_bytes(), None);
    }

    #[test]
    fn the_header_counts_more_and_the_byte_order_mark_most() {
        check("<?xml encoding='koi8-r'?>é", b"<?xml encoding='koi8-r'?>\xe9", Some("a/b; x=y; Charset=\"latin1\""));
        check("é", b"\xef\xbb\xbf\xc3\xa9", Some("text/xml; charset=latin1"));
        check("<a>", b"\xff\xfe<\0a\0>\0", Some("text/xml; charset=utf-8"));
    }

    #[test]
    fn a_charset_that_does_not_fit_gives_way() {
        check("<?xml encoding='iso-8859-1'?>é", b"<?xml encoding='iso-8859-1'?>\xe9", Some("text/xml; charset=utf-8"));
        check("é", "é".as_bytes(), Some("text/xml; charset=nonsense"));
        check("\u{fffd}", b"\xe9", Some("text/xml; charset=utf-8"));
    }

    #[test]
    fn control_characters_are_what_windows_has_there() {
        check("don’t – é", "don\u{92}t \u{96} é".as_bytes(), Some("text/xml; charset=utf-8"));
    }

    #[test]
    fn bytes_without_a_label_are_guessed() {
        check("é", "é".as_bytes(), None);
        check("é–", b"\xe9\x96", None);
        check("<a>", b"\0<\0a\0>", None);
        check("<a>", b"<\0a\0>\0", None);
        check("", b"", None);
    }
}
