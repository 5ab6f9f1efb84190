//! What a server offers on a stream (RFC 6120, 4.3.2).

use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;
use super::fast::FAST;
use super::sasl2::{BIND2, SASL2};

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
    /// Authentication together with what follows it.
    pub(super) at_once: Option<AtOnce>,
}

/// What a server offers together with authentication (XEP-0388).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct AtOnce {
    /// By the server's own order.
    pub(super) mechanisms: Vec<String>,
    /// How tokens may be shown (XEP-0484).
    pub(super) tokens: Vec<String>,
    /// Whether a stream that broke may be taken up again (XEP-0198).
    pub(super) resumes: bool,
    /// A resource may be bound (XEP-0386).
    pub(super) binds: Option<Binds>,
}

/// What is offered together with a resource.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binds {
    /// Stream management.
    pub(super) managed: bool,
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
                ("authentication", SASL2) => read.at_once = Some(AtOnce::read(feature)),
                _ => {}
            }
        }
        Ok(read)
    }
}

impl AtOnce {
    fn read(feature: &Element) -> Self {
        let inline = feature.get_child("inline", SASL2);
        let offered = |name: &str, ns: &str| inline.and_then(|inline| inline.get_child(name, ns));
        let binds = |bind: &Element| Binds {
            managed: bind.get_child("inline", BIND2).is_some_and(|inline| {
                inline.children().any(|with| with.name() == "feature" && with.attr("var") == Some(ns::SM))
            }),
        };
        Self {
            mechanisms: texts(feature, "mechanism"),
            tokens: offered("fast", FAST).map(|fast| texts(fast, "mechanism")).unwrap_or_default(),
            resumes: offered("sm", ns::SM).is_some(),
            binds: offered("bind", BIND2).map(binds),
        }
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
    fn what_is_offered_at_once_is_found_where_it_belongs() {
        let read = |inline: &str| {
            let features = format!(
                "<features xmlns='http://etherx.jabber.org/streams'><authentication xmlns='urn:xmpp:sasl:2'>\
                 <mechanism>SCRAM-SHA-1</mechanism>{inline}</authentication></features>"
            );
            Features::read(&features.parse().unwrap()).unwrap().at_once.unwrap()
        };
        let mechanisms = || vec!["SCRAM-SHA-1".to_owned()];
        assert_eq!(read(""), AtOnce { mechanisms: mechanisms(), ..AtOnce::default() });
        let all = "<inline><sm xmlns='urn:xmpp:sm:3'/><fast xmlns='urn:xmpp:fast:0'>\
                   <mechanism>HT-SHA-256-NONE</mechanism></fast><bind xmlns='urn:xmpp:bind:0'><inline>\
                   <feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:sm:3'/></inline></bind></inline>";
        let tokens = vec!["HT-SHA-256-NONE".to_owned()];
        let binds = Some(Binds { managed: true });
        assert_eq!(read(all), AtOnce { mechanisms: mechanisms(), tokens, resumes: true, binds });
        let bind = "<inline><bind xmlns='urn:xmpp:bind:0'/></inline>";
        assert_eq!(read(bind).binds, Some(Binds { managed: false }));
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
