//! In which encoding a page is written.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use lol_html::{RewriteStrSettings, element, rewrite_str};
use std::cell::RefCell;

/// Where a page says what it is written in, says so early: this far is looked, in bytes.
const PRESCAN: usize = 4096;
/// What says nothing is guessed from this much of it.
const GUESS: usize = 64 * 1024;
/// And by so much in it that is not ASCII.
const TELLING: usize = 4096;

/// An encoding, and how clients are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charset {
    pub(crate) encoding: &'static Encoding,
    /// As the page spells it, else in lower case.
    pub(crate) label: String,
}

/// The encoding of a page that begins with `start`: by its byte order mark, else by the header, else by its XML
/// declaration, else by its first `meta` that names one, else by its looks. What does not fit the bytes gives way to the
/// next. Nothing as long as more has to be seen of it; `is_all` says that there is no more.
pub(crate) fn decide(start: &[u8], is_all: bool, content_type: Option<&str>) -> Option<Charset> {
    if start.len() < PRESCAN && !is_all {
        return None;
    }
    if let Some((encoding, _)) = Encoding::for_bom(start) {
        return Some(named(encoding));
    }
    let declared = declared(start);
    let header = content_type.and_then(|header| parameter(header)).and_then(known);
    let in_xml = xml_declaration(start).and_then(known);
    let mut candidates = [&header, &in_xml, &declared].into_iter().flatten();
    if let Some(charset) = candidates.clone().find(|charset| fits(charset.encoding, start)) {
        // The page's own spelling, where it means the same.
        let own = declared.as_ref().filter(|own| own.encoding == charset.encoding);
        return Some(own.unwrap_or(charset).clone());
    }
    if let Some(charset) = candidates.next() {
        return Some(charset.clone());
    }
    (is_all || start.len() >= GUESS).then(|| guess(start, is_all))
}

/// Whether the start of a page, so long by now, may tell its encoding where so much of it did not.
pub(crate) fn may_tell(seen: usize, length: usize) -> bool {
    seen < PRESCAN || length >= GUESS
}

fn guess(start: &[u8], is_all: bool) -> Charset {
    if start.is_ascii() || fits(UTF_8, start) {
        return named(UTF_8);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(&telling(start), is_all);
    named(detector.guess(None, chardetng::Utf8Detection::Allow))
}

/// The words that are not in ASCII, which are all that tells one encoding from another, as far as needed: to guess takes
/// its time. No character of any encoding has one of these marks in it.
fn telling(start: &[u8]) -> Vec<u8> {
    let is_mark = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>' | b'"' | b'=');
    let mut telling = Vec::with_capacity(TELLING * 2);
    for word in start.split(is_mark).filter(|word| !word.is_ascii()) {
        telling.extend_from_slice(&word[..word.len().min(TELLING)]);
        telling.push(b' ');
        if telling.len() >= TELLING {
            break;
        }
    }
    telling
}

fn named(encoding: &'static Encoding) -> Charset {
    Charset { encoding, label: encoding.name().to_ascii_lowercase() }
}

/// An encoding that text in ASCII can be said to have.
fn known(label: &str) -> Option<Charset> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    // Read as ASCII so far, so it cannot be one of these, whatever it says.
    let encoding = if [UTF_16LE, UTF_16BE].contains(&encoding) { UTF_8 } else { encoding };
    Some(Charset { encoding, label: label.trim().to_owned() })
}

/// Whether the bytes can be read, all but a character that is cut off at their end. Windows-1252 reads anything.
fn fits(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    if encoding == WINDOWS_1252 {
        return true;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0));
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
    result == encoding_rs::DecoderResult::InputEmpty
}

/// The `charset` parameter of a media type.
fn parameter(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches(['"', '\'']))
}

fn xml_declaration(start: &[u8]) -> Option<&str> {
    let head = &start[..start.len().min(1024)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?.trim_start().strip_prefix("<?xml")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| "\"'".contains(*quote))?;
    value[1..].split(quote).next()
}

/// What the first `meta` element that names a charset says, in this order of kinds (platforms.md 6.3).
fn declared(start: &[u8]) -> Option<Charset> {
    let found: RefCell<[Option<String>; 3]> = RefCell::default();
    let meta = element!("meta", |meta| {
        let mut found = found.borrow_mut();
        let is = |name: &str, value: &str| meta.get_attribute(name).is_some_and(|is| is.eq_ignore_ascii_case(value));
        let content = || meta.get_attribute("content");
        let said = if meta.has_attribute("charset") {
            Some((0, meta.get_attribute("charset")))
        } else if is("name", "charset") {
            Some((1, content()))
        } else if is("http-equiv", "content-type") {
            Some((2, content().as_deref().and_then(parameter).map(ToOwned::to_owned)))
        } else {
            None
        };
        if let Some((kind, Some(label))) = said {
            found[kind].get_or_insert(label);
        }
        Ok(())
    });
    let text = String::from_utf8_lossy(&start[..start.len().min(PRESCAN)]);
    let settings = RewriteStrSettings::new().append_element_content_handler(meta);
    // However it ends: what was found was found.
    let _ = rewrite_str(&text, settings);
    found.into_inner().into_iter().flatten().find_map(|label| known(&label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, encoding: &str, page: &[u8], content_type: Option<&str>) {
        let charset = decide(page, true, content_type).unwrap();
        assert_eq!((charset.label.as_str(), charset.encoding.name()), (label, encoding));
    }

    // metadata 27
    #[test]
    fn pages_say_what_they_are_written_in() {
        check("windows-1251", "windows-1251", b"<meta charset=windows-1251><title>\xcf\xf0", None);
        check("WINDOWS-1251", "windows-1251", b"<meta name=charset content=WINDOWS-1251>\xcf", None);
        let equivalent = b"<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>\xd4";
        check("koi8-r", "KOI8-R", equivalent, Some("text/html"));
        check("iso-8859-5", "ISO-8859-5", b"<?xml version='1.0' encoding='iso-8859-5'?><title>\xd9", None);
        check("utf-8", "UTF-8", b"<meta charset='utf-8'>", Some("text/html; charset=UTF-8"));
    }

    #[test]
    fn the_header_counts_more_and_the_byte_order_mark_most() {
        check("iso-8859-5", "ISO-8859-5", b"<meta charset=koi8-r>\xd9", Some("text/html; Charset=\"iso-8859-5\""));
        check("utf-8", "UTF-8", b"\xef\xbb\xbf<meta charset=koi8-r>", Some("text/html; charset=koi8-r"));
        check("utf-16le", "UTF-16LE", b"\xff\xfe<\0", None);
    }

    // Header, XML declaration, `meta`; the mark before all of them, as browsers have it (Encoding Standard, 6).
    #[test]
    fn of_those_that_fit_the_first_counts() {
        let said = |mark: &str, xml: &str, meta: &str| {
            let xml = if xml.is_empty() { String::new() } else { format!("<?xml version='1.0' encoding='{xml}'?>") };
            let meta = if meta.is_empty() { String::new() } else { format!("<meta charset={meta}>") };
            format!("{mark}{xml}{meta}<title>x").into_bytes()
        };
        let (greek, cyrillic) = (Some("text/html; charset=iso-8859-7"), "koi8-r");
        for (label, encoding, page, content_type) in [
            ("utf-8", "UTF-8", said("\u{feff}", "iso-8859-5", cyrillic), greek),
            ("iso-8859-7", "ISO-8859-7", said("", "iso-8859-5", cyrillic), greek),
            ("iso-8859-5", "ISO-8859-5", said("", "iso-8859-5", cyrillic), Some("text/html")),
            ("koi8-r", "KOI8-R", said("", "", cyrillic), None),
            ("koi8-r", "KOI8-R", said("", "nonsense", cyrillic), Some("text/html; charset=")),
            ("utf-8", "UTF-8", said("", "", ""), None),
        ] {
            check(label, encoding, &page, content_type);
        }
    }

    #[test]
    fn what_does_not_fit_gives_way() {
        check("windows-1251", "windows-1251", b"<meta charset=windows-1251>\xcf\xf0", Some("text/html; charset=utf-8"));
        check("utf-8", "UTF-8", b"x", Some("text/html; charset=nonsense"));
    }

    #[test]
    fn what_says_nothing_is_guessed() {
        check("utf-8", "UTF-8", "<title>ö".as_bytes(), None);
        check("utf-8", "UTF-8", b"<title>x", None);
        let russian: Vec<u8> = encoding_rs::WINDOWS_1251.encode("Прогноз приливов на сегодня и завтра").0.into_owned();
        check("windows-1251", "windows-1251", &russian, Some("text/html"));
        let japanese: Vec<u8> = encoding_rs::SHIFT_JIS.encode("今日と明日の潮汐表です。").0.into_owned();
        check("shift_jis", "Shift_JIS", &japanese, None);
    }

    #[test]
    fn it_is_guessed_by_words_alone_wherever_they_are() {
        let words = encoding_rs::WINDOWS_1251.encode("Прогноз приливов на сегодня и завтра").0.into_owned();
        let page = [b"<link rel='stylesheet' href='/a.css'>".repeat(500), words.clone()].concat();
        check("windows-1251", "windows-1251", &page, None);
        let many = [b"<p title=\"".to_vec(), words, b"\">a</p>".to_vec()].concat().repeat(500);
        let telling = telling(&many);
        assert!(telling.len() < TELLING + 100 && !telling.contains(&b'<'), "{}", telling.len());
        check("windows-1251", "windows-1251", &many, None);
    }

    #[test]
    fn more_is_waited_for_while_it_can_matter() {
        assert_eq!(decide(b"<title>x", false, None), None);
        assert_eq!(decide(&[b'a'; PRESCAN], false, None), None);
        assert!(decide(&vec![b'a'; GUESS], false, None).is_some());
        assert!(may_tell(0, PRESCAN) && !may_tell(PRESCAN, GUESS - 1) && may_tell(PRESCAN, GUESS));
        let mut page = b"<meta charset=utf-8>".to_vec();
        page.resize(PRESCAN, b'a');
        page[PRESCAN - 1] = 0xc3;
        assert_eq!(decide(&page, false, None).unwrap().label, "utf-8", "a character may be cut off");
    }
}
