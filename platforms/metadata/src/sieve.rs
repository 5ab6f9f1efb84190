//! What of a page is worth the parser's time: a few kinds of tags, and the text of a few elements. The rest, which is most
//! of any page, is passed over at little more than the cost of looking for `<`.
//!
//! What is passed on is a page of its own that says the same. It knows as much of HTML as it takes not to mistake text for
//! tags: quotes, comments, and elements in which there are no tags.

use crate::kind::Kind;
use crate::tag::{self, Name, Within, end_of_tag};
use memchr::memchr;
use memchr::memmem::Finder;
use std::borrow::Cow;

/// The longest tag that is kept until its end arrives, in bytes. A picture that is its own address may be longer, and is of
/// no use.
const TAG: usize = 64 * 1024;
/// The most that is passed on of a title, of all JSON-LD, and of elements with all that is in them, in bytes.
const TITLE: usize = 16 * 1024;
const DATA: usize = 256 * 1024;
const FOLLOWED: usize = 24 * 1024;
/// What is in tags whose elements are passed on with all that is in them.
const MENTIONS: [&str; 5] = ["post-title", "entry-title", "id=\"description\"", "id='description'", "id=description"];

/// No mention is longer.
const MENTION: usize = 20;

/// What is worth something, by what is known of the page so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wants {
    /// Pictures in the text.
    pub(crate) pictures: bool,
    /// Headings, and elements that are known by their class or id.
    pub(crate) parts: bool,
}

pub(crate) struct Sieve {
    /// What cannot be decided yet: the beginning of a tag, or of the end of something.
    held: String,
    /// How much of a tag that is held was looked at, and where in it that ends: parts of a page may be small.
    looked_at: (usize, Within),
    /// Whether what is held may mention a part.
    has_mentions: bool,
    place: Place,
    followed: Option<Followed>,
    /// How many of each kind were passed on.
    passed: [usize; Kind::COUNT],
    /// Bytes that may still be passed on of JSON-LD, and of what is followed.
    data: usize,
    budget: usize,
    /// Drawings that are open: they have titles too, which are none of the page's.
    drawings: usize,
    mentions: [Finder<'static>; MENTIONS.len()],
}

/// Where in the page it is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Between,
    /// In a tag that is too long.
    Endless(Within),
    /// In a comment or the like that ends with this.
    Until(&'static str),
    /// In an element without tags. So many bytes of it may still be passed on, if it is.
    Raw(Name, Option<usize>),
    /// After `<plaintext>`.
    Over,
}

/// An element that is passed on with all that is in it.
#[derive(Debug)]
struct Followed {
    name: String,
    /// How many of its name are open.
    depth: usize,
    /// Bytes of it that may still be passed on.
    left: usize,
}

impl Sieve {
    pub(crate) fn new() -> Self {
        Self {
            held: String::new(),
            looked_at: (0, Within::Nothing),
            has_mentions: false,
            place: Place::Between,
            followed: None,
            passed: [0; Kind::COUNT],
            data: DATA,
            budget: FOLLOWED,
            drawings: 0,
            mentions: MENTIONS.map(Finder::new),
        }
    }

    /// What of the next part of the page, and of what was held back before, is worth reading.
    pub(crate) fn sift(&mut self, text: &str, wants: Wants) -> String {
        let mut held = std::mem::take(&mut self.held);
        let (was_held, had_mentions) = (held.len(), self.has_mentions && !held.is_empty());
        let text = if held.is_empty() {
            Cow::Borrowed(text)
        } else {
            held.push_str(text);
            Cow::Owned(held)
        };
        // One may have begun before.
        let new = &text.as_bytes()[was_held.saturating_sub(MENTION)..];
        let has = |mention: &Finder<'_>| mention.find(new).is_some();
        self.has_mentions = had_mentions || self.mentions.iter().any(has);
        let mut run = Run { sieve: self, wants, kept: String::new() };
        let mut rest = &*text;
        while let Some(after) = run.step(rest) {
            rest = after;
        }
        run.kept
    }
}

/// The sieve over one part of the page.
struct Run<'a> {
    sieve: &'a mut Sieve,
    wants: Wants,
    kept: String,
}

impl Run<'_> {
    /// Decides about the beginning of `rest`; what follows it, or nothing where no more can be decided.
    fn step<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        if rest.is_empty() {
            return None;
        }
        match self.sieve.place {
            Place::Between => self.between(rest),
            Place::Until(end) => match tag::end_of_comment(rest.as_bytes(), end) {
                Some(at) => Some(self.go_on(&rest[at..])),
                None => self.hold(&rest[rest.floor_char_boundary(rest.len().saturating_sub(end.len() - 1))..]),
            },
            Place::Endless(within) => match end_of_tag(rest.as_bytes(), within) {
                Ok(end) => Some(self.go_on(&rest[end..])),
                Err(within) => {
                    self.sieve.place = Place::Endless(within);
                    None
                }
            },
            Place::Raw(name, left) => self.raw(rest, name, left),
            Place::Over => None,
        }
    }

    fn go_on<'t>(&mut self, rest: &'t str) -> &'t str {
        self.sieve.place = Place::Between;
        rest
    }

    fn hold<'t>(&mut self, rest: &str) -> Option<&'t str> {
        rest.clone_into(&mut self.sieve.held);
        None
    }

    fn between<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let at = self.next_of_interest(rest.as_bytes());
        if at > 0 {
            self.follow(&rest[..at]);
        }
        let rest = &rest[at..];
        match rest.as_bytes() {
            [] => None,
            [b'<', b'/', first, ..] if first.is_ascii_alphabetic() => self.tag(rest, 2),
            // The end may share its dashes with the beginning.
            [b'<', b'!', b'-', b'-', ..] => Some(self.skip(&rest[2..], "-->")),
            [b'<', b'!', ..] if "<!--".starts_with(rest) => self.hold(rest),
            [b'<', b'!' | b'?', ..] | [b'<', b'/', _, ..] => Some(self.skip(rest, ">")),
            [b'<', first, ..] if first.is_ascii_alphabetic() => self.tag(rest, 1),
            _ => self.hold(rest),
        }
    }

    /// Where the next tag is that may matter, or the next that is not known to be one.
    fn next_of_interest(&self, bytes: &[u8]) -> usize {
        let has_mentions = self.wants.parts && self.sieve.has_mentions;
        // What was looked at before is not looked at again.
        let may_be_dull = self.sieve.followed.is_none() && !has_mentions && self.sieve.looked_at.0 == 0;
        let mut at = 0;
        while let Some(further) = memchr(b'<', &bytes[at..]) {
            at += further;
            let after = &bytes[at + 1..];
            match after {
                [b'/', name @ ..] | name @ [b'a'..=b'z' | b'A'..=b'Z', ..]
                    if may_be_dull && name.len() > 1 && name[0].is_ascii_alphabetic() && !tag::matters(name) =>
                {
                    let Ok(end) = end_of_tag(after, Within::Nothing) else { return at };
                    at += 1 + end;
                }
                [] | [b'/' | b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..] => return at,
                // Of several in a row the last may be the beginning of something.
                _ => at += after.iter().take_while(|byte| **byte == b'<').count().max(1),
            }
        }
        bytes.len()
    }

    fn skip<'t>(&mut self, rest: &'t str, end: &'static str) -> &'t str {
        self.sieve.place = Place::Until(end);
        rest
    }

    /// A tag, whose name begins at `start`.
    fn tag<'t>(&mut self, rest: &'t str, start: usize) -> Option<&'t str> {
        let (looked_at, within) = std::mem::take(&mut self.sieve.looked_at);
        match end_of_tag(&rest.as_bytes()[looked_at..], within) {
            Ok(end) => {
                let (tag, after) = rest.split_at(looked_at + end);
                let name = Name::of(&tag.as_bytes()[start..]);
                if start == 1 {
                    self.begin(tag, name);
                } else {
                    self.end(tag, name);
                }
                Some(after)
            }
            Err(within) if rest.len() > TAG => {
                self.sieve.place = Place::Endless(within);
                None
            }
            Err(within) => {
                self.sieve.looked_at = (rest.len(), within);
                self.hold(rest)
            }
        }
    }

    fn begin(&mut self, tag: &str, name: Name) {
        let (is_raw, known) = (name.is_raw(), Kind::of(name, tag));
        let kind = known.filter(|kind| self.wants_more(*kind));
        // There are enough of its kind.
        if known.is_some() && kind.is_none() && !is_raw && self.sieve.followed.is_none() {
            return;
        }
        let is_closed = self.sieve.drawings > 0 && tag.ends_with("/>");
        if name.as_bytes() == b"svg" && !tag.ends_with("/>") {
            self.sieve.drawings += 1;
        }
        if name.as_bytes() == b"plaintext" {
            self.sieve.place = Place::Over;
        } else if is_raw && !is_closed {
            let left = kind.map(|kind| if let Kind::Data = kind { self.sieve.data } else { TITLE });
            self.sieve.place = Place::Raw(name, left);
        } else if self.sieve.followed.is_none() && self.is_part(tag, name) {
            let left = self.sieve.budget.min(FOLLOWED / 2);
            self.sieve.followed = Some(Followed { name: tag::name(&tag[1..]).to_owned(), depth: 0, left });
        }
        if !is_raw && self.follow_tag(tag, 1) {
            return;
        }
        if let Some(kind) = kind {
            self.sieve.passed[kind as usize] += 1;
            self.kept.push_str(tag);
        }
    }

    fn end(&mut self, tag: &str, name: Name) {
        if name.as_bytes() == b"svg" {
            self.sieve.drawings = self.sieve.drawings.saturating_sub(1);
        }
        let is_followed = !name.is_raw() && self.follow_tag(tag, 2);
        if !is_followed && name.as_bytes() == b"head" && self.sieve.passed[Kind::Root as usize] < Kind::Root.most() {
            self.sieve.passed[Kind::Root as usize] += 1;
            self.kept.push_str(tag);
        }
    }

    /// Whether a tag begins an element that is passed on with all that is in it.
    fn is_part(&self, tag: &str, name: Name) -> bool {
        let is_heading = || name.as_bytes() == b"h1" && tag.contains("title");
        let has = |mention: &Finder<'_>| mention.find(tag.as_bytes()).is_some();
        let is_mentioned = || self.sieve.has_mentions && !name.is_void() && self.sieve.mentions.iter().any(has);
        self.wants.parts && self.sieve.budget > 0 && (is_heading() || is_mentioned())
    }

    fn wants_more(&self, kind: Kind) -> bool {
        let is_of_use = match kind {
            Kind::Picture => self.wants.pictures,
            Kind::Title => self.sieve.drawings == 0,
            _ => true,
        };
        is_of_use && self.sieve.passed[kind as usize] < kind.most()
    }

    /// Passes on what is in an element that is passed on with all that is in it, as long as there is not too much of it.
    /// Says whether it did.
    fn follow(&mut self, text: &str) -> bool {
        let Some(followed) = &mut self.sieve.followed else { return false };
        if text.len() <= followed.left {
            self.kept.push_str(text);
            followed.left -= text.len();
            self.sieve.budget -= text.len();
            return true;
        }
        // The parser is told that it is over, else it would take all that comes for a part of it.
        for _ in 0..followed.depth {
            self.kept.extend(["</", &followed.name, ">"]);
        }
        self.sieve.budget -= followed.left;
        self.sieve.followed = None;
        false
    }

    /// The same for a tag, whose name begins at `start`: one of the element's name may be its end.
    fn follow_tag(&mut self, tag: &str, start: usize) -> bool {
        let is_followed = self.follow(tag);
        let Some(followed) = &mut self.sieve.followed else { return false };
        if tag::name(&tag[start..]).eq_ignore_ascii_case(&followed.name) {
            followed.depth = if start == 1 { followed.depth + 1 } else { followed.depth.saturating_sub(1) };
            if followed.depth == 0 {
                self.sieve.followed = None;
            }
        }
        is_followed
    }

    /// The text of an element without tags, up to its end.
    fn raw<'t>(&mut self, rest: &'t str, name: Name, left: Option<usize>) -> Option<&'t str> {
        let found = tag::end_of_raw(rest.as_bytes(), name);
        let (Ok(end) | Err(end)) = found;
        let end = rest.floor_char_boundary(end);
        if let Some(left) = left {
            let taken = rest.floor_char_boundary(end.min(left));
            self.kept.push_str(&rest[..taken]);
            self.sieve.place = Place::Raw(name, Some(left - taken));
            if name.as_bytes() == b"script" {
                self.sieve.data -= taken;
            }
        }
        if found.is_err() {
            return self.hold(&rest[end..]);
        }
        if left.is_some() {
            self.kept.extend(["</", &String::from_utf8_lossy(name.as_bytes()), ">"]);
        }
        Some(self.go_on(&rest[end..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wants = Wants { pictures: true, parts: true };

    /// What is passed on, however the page is cut into parts.
    #[track_caller]
    fn check(page: &str, expected: &str) {
        for size in [1, 2, 3, 7, 1000] {
            let mut sieve = Sieve::new();
            let mut parts = page.as_bytes().chunks(size).map(|part| std::str::from_utf8(part).unwrap());
            let kept: String = parts.by_ref().map(|part| sieve.sift(part, ALL)).collect();
            assert_eq!(kept, expected, "{size}: {page}");
        }
    }

    #[test]
    fn a_page_without_what_says_nothing_of_it() {
        check(
            "<!doctype html><HTML lang=en><head><meta a='>' b><style>p > b {}</style></head><body><p>x<img src=a></p></body>",
            "<HTML lang=en><head><meta a='>' b></head><body><img src=a>",
        );
        check("a < b <i>c</i> <1> <> </> </ b> <link rel=x>", "<link rel=x>");
    }

    #[test]
    fn titles_and_data_come_with_their_text() {
        check("<title>a <b> </i></TITLE ><p>c", "<title>a <b> </i></title>");
        let data = "<script type='application/LD+json'>{\"a\": \"<b>\"}</script>";
        check(&format!("<script>'<title>no</title>'</script>{data}<script src=x></script>"), data);
    }

    #[test]
    fn what_only_looks_like_tags_is_passed_over() {
        for text in [
            "<!--<title>no</title>-->",
            "<!--><!---><!-- - -- -> > --->",
            "<?xml <x ?><!x <y >",
            "<textarea><meta a></textarea>",
            "<noscript><img src=a></noscript>",
            "<style></style ></style>",
            "<p a='<title>' b=\"<meta>\" c=<link>",
        ] {
            check(&format!("{text}<title>yes</title>"), "<title>yes</title>");
        }
        check("<meta a><plaintext><meta b>", "<meta a>");
    }

    #[test]
    fn drawings_have_no_titles_of_pages() {
        check(
            "<svg><title>no</title><svg/><style/><svg></svg><title>no</title></svg><title>yes</title>",
            "<title>yes</title>",
        );
    }

    #[test]
    fn parts_come_with_all_that_is_in_them() {
        let heading = "<h1 class='x-title'>a <i>b</i> < c</h1>";
        check(&format!("<h1>no</h1><h1>no</h1>{heading}<p>x"), heading);
        let part = "<DIV id=description>a<div>b</div><br>c</div>";
        check(&format!("<div>{part}x</div>"), part);
        check("<meta id=description content=a><p>x", "<meta id=description content=a>");
        check("<p class='y entry-title'>a<script>b</script><!--c-->d</p>e", "<p class='y entry-title'>ad</p>");
    }

    #[test]
    fn a_part_without_an_end_is_given_one() {
        let page = format!("<b class=post-title><b>{}<title>T</title>", "x</i>".repeat(10_000));
        let mut sieve = Sieve::new();
        let kept: String =
            page.as_bytes().chunks(1000).map(|part| sieve.sift(std::str::from_utf8(part).unwrap(), ALL)).collect();
        assert!(kept.ends_with("</b></b><title>T</title>") && kept.len() < FOLLOWED, "{}", kept.len());
    }

    #[test]
    fn there_is_an_end_to_everything() {
        let page =
            "<meta a><link b><img c><body><title>t</title><script type=ld+json>[1]</script><h1 class=title>h</h1>";
        let mut sieve = Sieve::new();
        let kept: usize = (0..10_000).map(|_| sieve.sift(page, ALL).len()).sum();
        assert!(kept < 100_000, "{kept}");
        let mut sieve = Sieve::new();
        let long =
            format!("<script type=ld+json>{}</script><title>{}</title>", "1".repeat(DATA * 2), "é".repeat(TITLE));
        let kept = sieve.sift(&long, ALL);
        assert!(kept.len() < DATA + TITLE + 100 && kept.ends_with("é</title>"), "{}", kept.len());
    }

    #[test]
    fn tags_that_are_too_long_are_let_go() {
        let picture = format!("<img src='data:image/svg+xml,<svg>{}'>", "<p>".repeat(TAG));
        let mut sieve = Sieve::new();
        let mut kept = String::new();
        for part in format!("{picture}<title>T</title>").as_bytes().chunks(16 * 1024) {
            kept.push_str(&sieve.sift(std::str::from_utf8(part).unwrap(), ALL));
            assert!(sieve.held.len() <= TAG);
        }
        assert_eq!(kept, "<title>T</title>");
    }

    #[test]
    fn what_is_known_better_is_not_passed_on() {
        let mut sieve = Sieve::new();
        let kept = sieve.sift("<img a><b class=post-title>x</b><meta c>", Wants { pictures: false, parts: false });
        assert_eq!(kept, "<meta c>");
    }
}
