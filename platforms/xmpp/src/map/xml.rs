//! Elements: making them, reading them softly, and writing them as clients read them.

use std::fmt::Write;

use tokio_xmpp::Stanza;
use xmpp_parsers::minidom::rxml::{Namespace, NcName};
use xmpp_parsers::minidom::{Element, Node};

/// Namespace of stanzas.
pub(crate) const CLIENT: &str = "jabber:client";
/// Namespace of the conditions in stanza errors.
pub(crate) const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Something that cannot be written as XML, or is no stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsendable {
    /// A control character, which XML cannot have at all.
    #[error("text must not contain control characters")]
    Character,
    /// It does not have a stanza's shape.
    #[error("this cannot be said in XMPP")]
    Shape,
}

/// An element with attributes.
pub(crate) fn element(name: &str, ns: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::bare(name, ns);
    for (name, value) in attributes {
        if let Ok(name) = NcName::try_from(*name) {
            element.set_attr(Namespace::NONE, name, *value);
        }
    }
    element
}

/// An element with text in it.
pub(crate) fn texted(name: &str, ns: &str, text: &str) -> Element {
    let mut element = Element::bare(name, ns);
    if !text.is_empty() {
        element.append_text(text);
    }
    element
}

/// With something in it.
pub(crate) fn around(mut outer: Element, inner: impl IntoIterator<Item = Element>) -> Element {
    for element in inner {
        outer.append_child(element);
    }
    outer
}

/// An element as a stanza that can be written.
///
/// # Errors
///
/// If something in it cannot be.
pub(crate) fn stanza(element: Element) -> Result<Stanza, Unsendable> {
    if !is_writable(&element) {
        return Err(Unsendable::Character);
    }
    Stanza::try_from(element).map_err(|_| Unsendable::Shape)
}

fn is_writable(element: &Element) -> bool {
    element.attrs().iter().all(|(_, value)| value.chars().all(is_xml))
        && element.texts().all(|text| text.chars().all(is_xml))
        && element.children().all(is_writable)
}

fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The first child of this name and namespace.
pub(crate) fn child<'a>(element: &'a Element, name: &str, ns: &str) -> Option<&'a Element> {
    element.get_child(name, ns)
}

/// The text of the first child of this name, in the same namespace.
pub(crate) fn text_of(element: &Element, name: &str) -> Option<String> {
    element.get_child(name, element.ns().as_str()).map(Element::text)
}

/// An attribute, unless it is empty.
pub(crate) fn attribute<'a>(element: &'a Element, name: &'static str) -> Option<&'a str> {
    element.attr(name).filter(|value| !value.is_empty())
}

/// An element as clients read it: attributes in double quotes, white space kept, the stream's namespace left out.
pub(crate) fn written(element: &Element) -> String {
    let mut text = String::new();
    write_element(element, CLIENT, &mut text);
    text
}

fn write_element(element: &Element, outer: &str, out: &mut String) {
    let (name, ns) = (element.name(), element.ns());
    let _ = write!(out, "<{name}");
    if ns != outer {
        write_attribute("xmlns", &ns, out);
    }
    for ((ns, name), value) in element.attrs() {
        match ns.as_str() {
            "" => write_attribute(name, value, out),
            XML => write_attribute(&format!("xml:{name}"), value, out),
            // Attributes of other namespaces say nothing that anybody reads.
            _ => {}
        }
    }
    if element.nodes().next().is_none() {
        return out.push_str("/>");
    }
    out.push('>');
    for node in element.nodes() {
        match node {
            Node::Element(inner) => write_element(inner, &ns, out),
            Node::Text(text) => escape(text, out),
        }
    }
    let _ = write!(out, "</{name}>");
}

fn write_attribute(name: &str, value: &str, out: &mut String) {
    let _ = write!(out, " {name}=\"");
    escape(value, out);
    out.push('"');
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_written_with_double_quotes_and_their_white_space() {
        let error: Element = "<error xmlns='jabber:client' type='cancel' by='a&amp;b'>\n  <item-not-found \
            xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' \
            xml:lang='en'>1 &lt; 2</text></error>"
            .parse()
            .unwrap();
        let want = "<error by=\"a&amp;b\" type=\"cancel\">\n  <item-not-found \
            xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/><text xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" \
            xml:lang=\"en\">1 &lt; 2</text></error>";
        assert_eq!(written(&error), want);
    }

    #[test]
    fn what_xml_cannot_have_is_not_sent() {
        for (text, sendable) in
            [("a\u{0}b", false), ("a\u{1b}b", false), ("a\u{fffe}", false), ("a\n\tb \u{1f600}", true)]
        {
            let message = element("message", CLIENT, &[("to", "a@b"), ("id", "1")]);
            let message = around(message, [texted("body", CLIENT, text)]);
            assert_eq!(stanza(message).is_ok(), sendable, "{text:?}");
        }
        assert_eq!(stanza(element("zork", CLIENT, &[])), Err(Unsendable::Shape));
    }
}
