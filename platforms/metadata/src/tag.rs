//! Tags as text: where they end, what they are called, and which have no tags in them. A page may have a hundred thousand of
//! them, so what is asked of each is inlined.

use memchr::memchr;

/// No name that matters is longer.
const LONGEST: usize = 9;

/// The name of a tag in lower case; none for those that are too long to matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    /// The name that `tag` begins with.
    #[inline]
    pub(crate) fn of(tag: &[u8]) -> Self {
        let mut name = Self::default();
        for byte in tag.iter().take_while(|byte| !ends_name(**byte)) {
            let Some(place) = name.bytes.get_mut(name.length) else { return Self::default() };
            *place = byte.to_ascii_lowercase();
            name.length += 1;
        }
        name
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Whether its element has text in it, however much that looks like tags.
    #[inline]
    pub(crate) fn is_raw(self) -> bool {
        matches!(
            self.as_bytes(),
            b"script" | b"style" | b"title" | b"textarea" | b"noscript" | b"iframe" | b"xmp" | b"noembed" | b"noframes"
        )
    }

    /// Whether its element has nothing in it.
    pub(crate) fn is_void(self) -> bool {
        let name = self.as_bytes();
        matches!(name, b"area" | b"base" | b"br" | b"col" | b"embed" | b"hr" | b"img" | b"input" | b"link" | b"meta")
            || matches!(name, b"source" | b"track" | b"wbr")
    }
}

/// The name that `tag` begins with, as it is spelt.
pub(crate) fn name(tag: &str) -> &str {
    let end = tag.bytes().position(ends_name).unwrap_or(tag.len());
    &tag[..end]
}

/// Whether `part`, in lower case, is in a tag in any case.
pub(crate) fn contains(tag: &str, part: &str) -> bool {
    tag.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Where in a tag its text so far ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Within {
    #[default]
    Nothing,
    /// After an equals sign.
    Equals,
    /// In a value without quotes, which may have any of these in it.
    Bare,
    /// In a value with this quote.
    Quote(u8),
}

/// What comes after the end of the tag that `bytes` are in from here on. Where it does not end, where they do.
#[inline]
pub(crate) fn end_of_tag(bytes: &[u8], mut within: Within) -> Result<usize, Within> {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        match within {
            Within::Nothing => {
                at += rest.iter().position(|byte| matches!(byte, b'>' | b'=')).ok_or(within)? + 1;
                if bytes[at - 1] == b'>' {
                    return Ok(at);
                }
                within = Within::Equals;
            }
            Within::Equals => {
                at += rest.iter().position(|byte| !byte.is_ascii_whitespace()).ok_or(within)?;
                within = match bytes[at] {
                    mark @ (b'"' | b'\'') => {
                        at += 1;
                        Within::Quote(mark)
                    }
                    _ => Within::Bare,
                };
            }
            Within::Bare => {
                let is_end = |byte: &u8| *byte == b'>' || byte.is_ascii_whitespace();
                at += rest.iter().position(is_end).ok_or(within)?;
                within = Within::Nothing;
            }
            Within::Quote(mark) => {
                at += memchr(mark, rest).ok_or(within)? + 1;
                within = Within::Nothing;
            }
        }
    }
}

/// Where the end tag of an element without tags begins; where there is none, from where on there might be one.
pub(crate) fn end_of_raw(bytes: &[u8], name: Name) -> Result<usize, usize> {
    let name = name.as_bytes();
    let mut next = 0;
    while let Some(further) = memchr(b'<', &bytes[next..]) {
        let at = next + further;
        next = at + 1;
        let after = match &bytes[next..] {
            [] => return Err(at),
            [b'/', after @ ..] => after,
            _ => continue,
        };
        let is_cut_off = after.len() <= name.len();
        let given = &after[..after.len().min(name.len())];
        if given.eq_ignore_ascii_case(&name[..given.len()]) {
            if is_cut_off {
                return Err(at);
            }
            if ends_name(after[name.len()]) {
                return Ok(at);
            }
        }
    }
    Err(bytes.len())
}

/// What comes after the next `end`, which ends with `>`.
pub(crate) fn end_of_comment(bytes: &[u8], end: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr(b'>', &bytes[at..])? + 1;
        if bytes[..at].ends_with(end.as_bytes()) {
            return Some(at);
        }
    }
}

/// Whether a name that begins like this may be of one of the tags that are known here; most are not.
#[inline]
pub(crate) fn matters(name: &[u8]) -> bool {
    let [first, second, ..] = name else { return true };
    match first | 0x20 {
        b'b' | b'n' => second | 0x20 == b'o',
        b'h' => matches!(second | 0x20, b't' | b'e' | b'1'),
        b'i' => matches!(second | 0x20, b'm' | b'f'),
        b'l' => second | 0x20 == b'i',
        b'm' => second | 0x20 == b'e',
        b'p' => second | 0x20 == b'l',
        b's' => matches!(second | 0x20, b'c' | b't' | b'v'),
        b't' => matches!(second | 0x20, b'i' | b'e'),
        b'x' => second | 0x20 == b'm',
        _ => false,
    }
}

#[inline]
fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ends(tag: &str) {
        let after = format!("{tag}text>");
        assert_eq!(end_of_tag(after.as_bytes(), Within::Nothing), Ok(tag.len()), "{tag}");
        for cut in 1..tag.len() {
            let (start, rest) = after.as_bytes().split_at(cut);
            let within = end_of_tag(start, Within::Nothing).unwrap_err();
            assert_eq!(end_of_tag(rest, within), Ok(tag.len() - cut), "{tag} cut at {cut}");
        }
    }

    #[test]
    fn tags_end_where_no_value_goes_on() {
        for tag in ["<a>", "</a >", "<a b>", "<a b=c>", "<a b=\"c>\">", "<a b = '>' c=d>", "<a b=c'd>", "<a b=x?y=\"z>"]
        {
            ends(tag);
        }
        ends("<a 'b'>");
        ends("<a b='' c=\"'>'\" d>");
        ends("<a href=/x/>");
    }

    #[test]
    fn tags_that_do_not_end_say_where_they_are() {
        for (tag, within) in [
            ("<a", Within::Nothing),
            ("<a b='c>", Within::Quote(b'\'')),
            ("<a b=\"", Within::Quote(b'"')),
            ("<a b= ", Within::Equals),
            ("<a b=c", Within::Bare),
        ] {
            assert_eq!(end_of_tag(tag.as_bytes(), Within::Nothing), Err(within), "{tag}");
        }
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Name::of(b"ScRipt type=x>").as_bytes(), b"script");
        assert_eq!(Name::of(b"h1/>").as_bytes(), b"h1");
        assert_eq!(Name::of(b"yt-formatted-string>"), Name::default());
        assert_eq!(name("yt-formatted-string>"), "yt-formatted-string");
        assert!(contains("<script TYPE='application/LD+json'>", "ld+json") && !contains("<b>", "ld+json"));
        assert!(Name::of(b"title").is_raw() && Name::of(b"img ").is_void() && !Name::of(b"b").is_raw());
    }

    #[test]
    fn names_that_are_known_matter() {
        for name in ["html", "HEAD", "body", "meta", "link", "img", "svg", "h1", "plaintext"] {
            assert!(matters(name.as_bytes()), "{name}");
        }
        for name in ["script", "style", "Title", "textarea", "noscript", "iframe", "xmp", "noembed", "noframes"] {
            assert!(matters(name.as_bytes()) && Name::of(name.as_bytes()).is_raw(), "{name}");
        }
        assert!(!matters(b"b>") && !matters(b"div") && !matters(b"p class"));
    }

    #[test]
    fn comments_end_at_their_own_end() {
        assert_eq!(end_of_comment(b"-- a > - -> b--> c", "-->"), Some(16));
        assert_eq!(end_of_comment(b"-- a >", "-->"), None);
        assert_eq!(end_of_comment(b"->", "-->"), None);
    }

    #[test]
    fn text_goes_on_to_its_own_end() {
        let title = Name::of(b"title");
        assert_eq!(end_of_raw(b"a</b></titles></TITLE >", title), Ok(14));
        assert_eq!(end_of_raw(b"a</tit", title), Err(1));
        assert_eq!(end_of_raw(b"a</title", title), Err(1));
        assert_eq!(end_of_raw(b"ab<", title), Err(2));
        assert_eq!(end_of_raw(b"a</b", title), Err(4));
    }
}
