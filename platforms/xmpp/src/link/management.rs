//! Stream management (XEP-0198): what has been heard and said, so that a stream that broke can be taken up again.

use std::collections::VecDeque;

use tokio_xmpp::Stanza;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;
use crate::map::xml::element;

/// Stanzas that wait to be acknowledged. No more is sent while there are so many.
pub(super) const MOST: usize = 512;

/// The state of one managed stream.
#[derive(Debug, Default)]
pub(super) struct Management {
    /// What the stream is resumed by; `None` where the server will not.
    id: Option<String>,
    /// Stanzas heard, modulo 2^32, as all counts here.
    heard: u32,
    /// Stanzas said that the server has acknowledged.
    acked: u32,
    /// Those after them, oldest first.
    unacked: VecDeque<Stanza>,
    /// Whether the server has been asked about the latest of them.
    asked: bool,
}

const UNTRUE: Failure = Failure::Untrue("the server acknowledges what was never sent");

impl Management {
    /// Asks for a managed stream that can be resumed.
    pub(super) fn enable() -> Element {
        element("enable", ns::SM, &[("resume", "true")])
    }

    /// A stream that is managed from now on, as `enabled` says.
    pub(super) fn enabled(enabled: &Element) -> Self {
        let resumable = enabled.attr("resume").is_some_and(|resume| matches!(resume, "true" | "1"));
        // It comes back with every resumption.
        let id = enabled.attr("id").filter(|id| resumable && !id.is_empty() && id.len() <= 4096);
        Self { id: id.map(ToOwned::to_owned), ..Self::default() }
    }

    /// What resumes the stream, if it can be.
    pub(super) fn resume(&self) -> Option<Element> {
        let id = self.id.as_deref()?;
        Some(element("resume", ns::SM, &[("h", &self.heard.to_string()), ("previd", id)]))
    }

    /// The server resumes the stream.
    pub(super) fn resumed(&mut self, resumed: &Element) -> Result<(), Failure> {
        if resumed.attr("previd") != self.id.as_deref() {
            return Err(Failure::Untrue("the server resumed another stream"));
        }
        self.acked(resumed)
    }

    /// The server does not know the stream any more, but may say how much of it has arrived.
    pub(super) fn lost(&mut self, failed: &Element) {
        self.id = None;
        if failed.attr("h").is_some() {
            // If that is nonsense, nothing is known.
            let _ = self.acked(failed);
        }
    }

    /// A stanza came.
    pub(super) fn heard(&mut self) {
        self.heard = self.heard.wrapping_add(1);
    }

    /// A stanza is on its way.
    pub(super) fn said(&mut self, stanza: Stanza) {
        self.unacked.push_back(stanza);
        self.asked = false;
    }

    /// Reads how much the server has got.
    pub(super) fn acked(&mut self, ack: &Element) -> Result<(), Failure> {
        let upto: u32 = ack.attr("h").and_then(|h| h.parse().ok()).ok_or(UNTRUE)?;
        let new = usize::try_from(upto.wrapping_sub(self.acked)).map_err(|_| UNTRUE)?;
        if new > self.unacked.len() {
            return Err(UNTRUE);
        }
        self.unacked.drain(..new);
        self.acked = upto;
        if self.unacked.is_empty() {
            self.unacked.shrink_to(16);
        }
        Ok(())
    }

    /// How much we have got.
    pub(super) fn ack(&self) -> Element {
        element("a", ns::SM, &[("h", &self.heard.to_string())])
    }

    /// A question how much the server has got, if there is anything to ask.
    pub(super) fn ask(&mut self) -> Option<Element> {
        let open = !self.unacked.is_empty() && !self.asked;
        self.asked = true;
        open.then(request)
    }

    /// What the server has not acknowledged, oldest first.
    pub(super) fn unacked(&self) -> impl Iterator<Item = &Stanza> {
        self.unacked.iter()
    }

    /// Whether more may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.unacked.len() < MOST
    }

    /// What the server has not acknowledged, oldest first, now that nobody will ask it again.
    pub(super) fn into_unacked(self) -> Vec<Stanza> {
        self.unacked.into()
    }
}

/// A question how much the server has got.
pub(super) fn request() -> Element {
    Element::bare("r", ns::SM)
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::presence::Presence;

    use super::*;

    fn parsed(text: &str) -> Element {
        text.replacen(' ', " xmlns='urn:xmpp:sm:3' ", 1).parse().unwrap()
    }

    fn managed() -> Management {
        Management::enabled(&parsed("<enabled id='x1' resume='true'/>"))
    }

    fn said(management: &mut Management, count: usize) {
        (0..count).for_each(|_| management.said(Presence::available().into()));
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_the_rest_kept_in_order() {
        let mut management = managed();
        for text in ["one", "two", "three"] {
            let mut presence = Presence::available();
            presence.set_status("", text.to_owned());
            management.said(presence.into());
        }
        management.acked(&parsed("<a h='2'/>")).unwrap();
        management.acked(&parsed("<a h='2'/>")).unwrap();
        let left = management.into_unacked();
        assert!(matches!(&left[..], [Stanza::Presence(presence)] if presence.statuses.values().eq(["three"])));
    }

    #[test]
    fn a_server_that_acknowledges_what_was_never_sent_is_found_out() {
        for ack in ["<a h='3'/>", "<a h='4294967295'/>", "<a h='-1'/>", "<a h=''/>", "<a />"] {
            let mut management = managed();
            said(&mut management, 2);
            let refused = management.acked(&parsed(ack)).unwrap_err();
            assert_eq!(refused.to_string(), "the server acknowledges what was never sent", "{ack}");
        }
    }

    #[test]
    fn counts_go_round() {
        let mut management = managed();
        (management.heard, management.acked) = (u32::MAX, u32::MAX - 1);
        said(&mut management, 3);
        management.heard();
        management.acked(&parsed("<a h='1'/>")).unwrap();
        assert_eq!((management.heard, management.unacked.len()), (0, 0));
    }

    #[test]
    fn a_stream_is_resumed_by_its_id_and_no_other() {
        let mut management = managed();
        management.heard();
        said(&mut management, 2);
        let resume = management.resume().unwrap();
        assert_eq!((resume.attr("previd"), resume.attr("h")), (Some("x1"), Some("1")));
        assert!(management.resumed(&parsed("<resumed previd='x2' h='1'/>")).is_err());
        management.resumed(&parsed("<resumed previd='x1' h='1'/>")).unwrap();
        assert_eq!(management.unacked().count(), 1);
        for enabled in ["<enabled id='x1'/>", "<enabled resume='true'/>", "<enabled id='x1' resume='false'/>"] {
            assert!(Management::enabled(&parsed(enabled)).resume().is_none(), "{enabled}");
        }
    }

    #[test]
    fn the_server_is_asked_once_about_what_is_new() {
        let mut management = managed();
        assert!(management.ask().is_none());
        said(&mut management, 2);
        assert!(management.ask().is_some() && management.ask().is_none());
        said(&mut management, MOST - 2);
        assert!(management.ask().is_some() && !management.has_room());
        management.acked(&parsed("<a h='1'/>")).unwrap();
        assert!(management.has_room());
    }
}
