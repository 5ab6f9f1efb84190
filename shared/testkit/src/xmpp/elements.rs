//! From bytes to what stands directly below `<stream:stream>`, as text. For what well-behaved ends write: no comments, no
//! character data sections.

/// Bytes of a stream on their way to become elements.
#[derive(Debug, Default)]
pub struct Elements {
    unread: String,
    /// Bytes that did not end a character yet.
    partial: Vec<u8>,
}

/// What a tag does to the depth.
enum Tag {
    Opens,
    Closes,
    Neither,
}

impl Elements {
    /// More has been read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        let valid = std::str::from_utf8(&self.partial).map_or_else(|error| error.valid_up_to(), str::len);
        self.unread.push_str(&String::from_utf8_lossy(&self.partial[..valid]));
        self.partial.drain(..valid);
    }

    /// The next element, complete; the opening and the closing tag of the stream are elements of their own. White space
    /// between elements is passed over.
    pub fn take(&mut self) -> Option<String> {
        let begin = self.unread.find('<')?;
        self.unread.drain(..begin);
        let (mut depth, mut at) = (0_usize, 0);
        loop {
            let open = at + self.unread[at..].find('<')?;
            let end = open + tag_end(&self.unread[open..])?;
            let tag = &self.unread[open..end];
            let declaration = tag.starts_with("<?");
            match kind(tag) {
                Tag::Opens if depth == 0 && is_stream(tag) => return Some(self.split_to(end)),
                Tag::Opens => depth += 1,
                Tag::Closes => depth = depth.saturating_sub(1),
                Tag::Neither => {}
            }
            if declaration && depth == 0 {
                self.unread.drain(..end);
                at = 0;
                continue;
            }
            if depth == 0 {
                return Some(self.split_to(end));
            }
            at = end;
        }
    }

    fn split_to(&mut self, end: usize) -> String {
        self.unread.drain(..end).collect()
    }
}

fn is_stream(tag: &str) -> bool {
    tag.starts_with("<stream:stream") || tag.starts_with("<stream ") || tag.starts_with("<stream>")
}

fn kind(tag: &str) -> Tag {
    if tag.starts_with("</") {
        Tag::Closes
    } else if tag.starts_with("<?") || tag.ends_with("/>") {
        Tag::Neither
    } else {
        Tag::Opens
    }
}

/// Where the tag at the front ends: at the first `>` that is not in an attribute.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

/// The value of the first attribute of that name in the first tag, as it is written.
pub fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let tag = &element[..tag_end(element)?];
    let begin = [" ", "\n", "\t"].iter().find_map(|space| tag.find(&format!("{space}{name}=")))?;
    let value = &tag[begin + name.len() + 2..];
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// What is between the tags of the first element of that name, as it is written.
pub fn text<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let begin = [" ", ">"].iter().find_map(|end| element.find(&format!("<{name}{end}")))?;
    let inner = &element[begin + tag_end(&element[begin..])?..];
    inner.find(&format!("</{name}>")).map(|end| &inner[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_cut_apart_however_they_arrive() {
        let stream = "<?xml version='1.0'?><stream:stream to='x.example' xmlns='a'>\n<message to='a>b'><body>ä</body>\
                      </message> <presence/><iq id=\"1\"><iq/></iq></stream:stream>";
        for piece in 1..40 {
            let mut elements = Elements::default();
            let mut taken = Vec::new();
            for bytes in stream.as_bytes().chunks(piece) {
                elements.push(bytes);
                taken.extend(std::iter::from_fn(|| elements.take()));
            }
            let all = [
                "<stream:stream to='x.example' xmlns='a'>",
                "<message to='a>b'><body>ä</body></message>",
                "<presence/>",
                "<iq id=\"1\"><iq/></iq>",
                "</stream:stream>",
            ];
            assert_eq!(taken, all, "{piece}");
        }
    }

    #[test]
    fn text_is_found_between_the_tags() {
        let element = "<a><response x='>'>b</response></a>";
        assert_eq!((text(element, "response"), text(element, "res")), (Some("b"), None));
    }

    #[test]
    fn attributes_are_found_in_the_first_tag_only() {
        let element = "<iq type='get' id=\"a'1\"><query xmlns='q' node='n'/></iq>";
        assert_eq!(attribute(element, "id"), Some("a'1"));
        assert_eq!((attribute(element, "type"), attribute(element, "node")), (Some("get"), None));
    }
}
