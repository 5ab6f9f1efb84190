//! What was found in a page, as it was written, before anything is chosen.

use crate::sieve::Wants;

/// Values that name a picture for the page.
const IMAGES: [&str; 5] = ["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"];
/// More of anything is no page for people.
const MOST: usize = 1000;
/// The longest value that is kept, in bytes.
const LONGEST: usize = 16 * 1024;
/// The longest block of JSON-LD, and all of them, in bytes.
const LONGEST_DATA: usize = 256 * 1024;

/// Everything that a page says of itself.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// `lang` of the root element.
    pub(crate) language: Option<String>,
    /// Values by `property` or `name`, in lower case.
    metas: Vec<(String, String)>,
    /// Values by `itemprop`, in lower case.
    properties: Vec<(String, String)>,
    pub(crate) links: Vec<Link>,
    pub(crate) pictures: Vec<Picture>,
    /// Whether one of the values names a picture.
    has_image: bool,
    slots: [Slot; 6],
    /// JSON-LD, block by block, and bytes of it.
    pub(crate) data: Vec<String>,
    data_length: usize,
}

/// A `link` element.
#[derive(Debug, Default)]
pub(crate) struct Link {
    /// In lower case, as are all but `href`.
    pub(crate) rel: String,
    pub(crate) href: String,
    pub(crate) kind: String,
    pub(crate) hreflang: String,
}

/// An `img` element.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    pub(crate) src: String,
    pub(crate) width: Option<String>,
    pub(crate) height: Option<String>,
    pub(crate) alt: Option<String>,
}

/// An element whose text is of interest; the first of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Title,
    PostTitle,
    EntryTitle,
    HeadingLink,
    Heading,
    Description,
}

#[derive(Debug, Default)]
struct Slot {
    state: State,
    text: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unseen,
    Open,
    Closed,
}

impl Findings {
    pub(crate) fn add_meta(&mut self, name: &str, value: String) {
        push(&mut self.metas, name, value);
        self.has_image |= self.metas.last().is_some_and(|(name, _)| IMAGES.contains(&name.as_str()));
    }

    pub(crate) fn add_property(&mut self, name: &str, value: String) {
        push(&mut self.properties, name, value);
    }

    pub(crate) fn add_link(&mut self, link: Link) {
        if self.links.len() < MOST && link.href.len() <= LONGEST {
            self.links.push(link);
        }
    }

    pub(crate) fn add_picture(&mut self, picture: Picture) {
        if self.pictures.len() < MOST && picture.src.len() <= LONGEST {
            self.pictures.push(picture);
        }
    }

    /// A part begins. Says whether its text is of interest.
    pub(crate) fn open(&mut self, part: Part) -> bool {
        let slot = &mut self.slots[part as usize];
        let is_first = slot.state == State::Unseen;
        if is_first {
            slot.state = State::Open;
        }
        is_first
    }

    pub(crate) fn write(&mut self, part: Part, text: &str) {
        let slot = &mut self.slots[part as usize];
        if slot.state == State::Open && slot.text.len() + text.len() <= LONGEST {
            slot.text.push_str(text);
        }
    }

    pub(crate) fn close(&mut self, part: Part) {
        self.slots[part as usize].state = State::Closed;
    }

    pub(crate) fn open_data(&mut self) {
        if self.data.len() < MOST {
            self.data.push(String::new());
        }
    }

    pub(crate) fn write_data(&mut self, text: &str) {
        if let Some(block) = self.data.last_mut()
            && self.data_length + text.len() <= LONGEST_DATA
        {
            block.push_str(text);
            self.data_length += text.len();
        }
    }

    /// The last value of the first of these names that has one.
    pub(crate) fn meta(&self, names: &[&str]) -> Option<&str> {
        let last = |name: &&str| self.metas.iter().rfind(|(of, _)| of == name);
        names.iter().find_map(last).map(|(_, value)| value.as_str())
    }

    /// All values of a name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a name that contains `part`.
    pub(crate) fn meta_like(&self, part: &str) -> Option<&str> {
        self.metas.iter().find(|(name, _)| name.contains(part)).map(|(_, value)| value.as_str())
    }

    /// The last value of an `itemprop`.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().rfind(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The text of a part, raw.
    pub(crate) fn text(&self, part: Part) -> Option<&str> {
        Some(self.slots[part as usize].text.as_str()).filter(|text| !text.trim().is_empty())
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self, part: Part) -> bool {
        self.slots[part as usize].state == State::Open
    }

    /// Whether a part that has not begun yet would be told, by what is known so far.
    pub(crate) fn needs(&self, part: Part) -> bool {
        let is_unseen = self.slots[part as usize].state == State::Unseen;
        is_unseen
            && match part {
                Part::Description => self.meta(&["og:description", "description"]).is_none(),
                _ => self.meta(&["og:title", "twitter:title", "title"]).is_none() && self.text(Part::Title).is_none(),
            }
    }

    /// Whether the rest of the page could tell something better.
    pub(crate) fn are_enough(&self) -> bool {
        let has_title = self.meta(&["og:title"]).is_some() || self.text(Part::Title).is_some();
        let has_description = self.meta(&["og:description", "description"]).is_some();
        has_title && has_description && self.have_image()
    }

    /// Whether pictures in the text are of no interest.
    pub(crate) fn have_image(&self) -> bool {
        self.has_image
    }

    /// What else in the page would be told, by what is known so far.
    pub(crate) fn wants(&self) -> Wants {
        let parts = [Part::PostTitle, Part::EntryTitle, Part::HeadingLink, Part::Heading, Part::Description];
        Wants {
            pictures: !self.has_image && self.pictures.len() < MOST,
            parts: parts.into_iter().any(|part| self.needs(part)),
        }
    }
}

fn push(list: &mut Vec<(String, String)>, name: &str, value: String) {
    if list.len() < MOST && value.len() <= LONGEST && !value.is_empty() && !name.is_empty() {
        list.push((name.trim().to_ascii_lowercase(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_values_the_last_counts() {
        let mut found = Findings::default();
        found.add_meta("OG:Title", "a".into());
        found.add_meta("og:title", "b".into());
        found.add_meta("og:title", String::new());
        assert_eq!(found.meta(&["twitter:title", "og:title"]), Some("b"));
        assert_eq!(found.all("og:title").count(), 2);
    }

    #[test]
    fn of_many_parts_the_first_counts() {
        let mut found = Findings::default();
        for text in ["first", "second"] {
            found.open(Part::Title);
            found.write(Part::Title, text);
            found.close(Part::Title);
        }
        assert_eq!(found.text(Part::Title), Some("first"));
    }

    #[test]
    fn there_is_an_end_to_everything() {
        let mut found = Findings::default();
        for _ in 0..MOST * 2 {
            found.add_meta("x", "y".into());
            found.open_data();
            found.write_data(&"z".repeat(10_000));
        }
        assert_eq!(found.metas.len(), MOST);
        assert!(found.data.iter().map(String::len).sum::<usize>() <= LONGEST_DATA);
        found.add_meta("og:image", "z".repeat(LONGEST + 1));
        assert!(!found.have_image());
    }
}
