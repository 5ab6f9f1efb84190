//! What a server offers on a stream (RFC 6120, 4.3.2).

use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;

const CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";

/// What a server offers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Features {
    /// TLS may begin.
    pub(super) starttls: bool,
    /// By the server's own order.
    pub(super) mechanisms: Vec<String>,
    /// What authentication may be bound to, where the server says so (XEP-0440).
    pub(super) bindings: Option<Vec<String>>,
    /// A session has to be begun, as servers wanted before RFC 6121.
    pub(super) session: bool,
    /// Stream management (XEP-0198).
    pub(super) management: bool,
}

impl Features {
    pub(super) fn read(features: &Element) -> Result<Self, Failure> {
        if !features.is("features", ns::STREAM) {
            return Err(Failure::Protocol("the server said something else than what it offers"));
        }
        let mut read = Self::default();
        for feature in features.children() {
            match (feature.name(), &*feature.ns()) {
                ("starttls", ns::TLS) => read.starttls = true,
                ("mechanisms", ns::SASL) => read.mechanisms = texts(feature, "mechanism"),
                ("sasl-channel-binding", CHANNEL_BINDING) => {
                    let types = feature.children().filter_map(|kind| kind.attr("type"));
                    read.bindings = Some(types.map(ToOwned::to_owned).collect());
                }
                ("session", "urn:ietf:params:xml:ns:xmpp-session") => {
                    read.session = !feature.children().any(|child| child.name() == "optional");
                }
                ("sm", ns::SM) => read.management = true,
                _ => {}
            }
        }
        Ok(read)
    }
}

fn texts(parent: &Element, name: &str) -> Vec<String> {
    parent.children().filter(|child| child.name() == name).map(|child| child.text().trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_found_among_what_is_not_known() {
        let features: Element = "<features xmlns='http://etherx.jabber.org/streams'>\
            <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>\
            <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
            <mechanism>SCRAM-SHA-1</mechanism><mechanism> PLAIN </mechanism></mechanisms>\
            <sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>\
            </sasl-channel-binding><frob xmlns='urn:frob'><sm/></frob>\
            <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></features>"
            .parse()
            .unwrap();
        let read = Features::read(&features).unwrap();
        assert!(read.starttls && !read.session && !read.management);
        assert_eq!(read.mechanisms, ["SCRAM-SHA-1", "PLAIN"]);
        assert_eq!(read.bindings.unwrap(), ["tls-exporter"]);
    }

    #[test]
    fn old_servers_want_a_session_and_new_ones_manage_streams() {
        let features: Element = "<features xmlns='http://etherx.jabber.org/streams'>\
            <sm xmlns='urn:xmpp:sm:3'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></features>"
            .parse()
            .unwrap();
        let read = Features::read(&features).unwrap();
        assert!(read.session && read.management && !read.starttls && read.bindings.is_none());
        let other: Element = "<features xmlns='urn:frob'/>".parse().unwrap();
        assert!(Features::read(&other).is_err());
    }
}
