//! A stream that stands: stanzas in and out, counted where the server counts too.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::bind::{Kept, identifier};
use super::failure::Failure;
use super::management::{Management, request};
use super::xml::{Heard, Xml};
use crate::map::xml::element;

/// A stream that stands.
pub(super) struct Live {
    xml: Xml,
    bound: FullJid,
    management: Option<Management>,
    /// Stanzas that came before the stream stood.
    early: VecDeque<Element>,
    /// The id of the question whether the server is there, where it does not count.
    ping: Option<String>,
}

impl Live {
    pub(super) fn new(xml: Xml, bound: FullJid, management: Option<Management>, early: VecDeque<Element>) -> Self {
        Self { xml, bound, management, early, ping: None }
    }

    /// Who we are.
    pub(super) fn bound(&self) -> &FullJid {
        &self.bound
    }

    /// Whether nobody reads along.
    pub(super) fn is_secure(&self) -> bool {
        self.xml.socket().is_secure()
    }

    /// Since when the server has not taken all that was said; `None` when it has.
    pub(super) fn unwritten(&self) -> Option<Instant> {
        self.xml.unwritten()
    }

    /// Whether more should be said now: all before has been written, and not too much of it waits for the server's word.
    pub(super) fn has_room(&self) -> bool {
        self.xml.unwritten().is_none() && self.management.as_ref().is_none_or(Management::has_room)
    }

    /// Says a stanza. It is written as soon as the server reads.
    ///
    /// # Errors
    ///
    /// If it cannot be written as XML; the stream goes on without it.
    pub(super) fn say(&mut self, stanza: Stanza) -> Result<(), Failure> {
        self.xml.put(&stanza)?;
        if let Some(management) = &mut self.management {
            management.said(stanza);
        }
        Ok(())
    }

    /// Says again what the server has not got of the stream that this one resumes.
    pub(super) fn repeat(&mut self) -> Result<(), Failure> {
        let Some(management) = &mut self.management else { return Ok(()) };
        for stanza in management.unacked() {
            self.xml.put(stanza)?;
        }
        self.ask()
    }

    /// Asks whether what was said has arrived. To be called after some stanzas.
    pub(super) fn ask(&mut self) -> Result<(), Failure> {
        match self.management.as_mut().and_then(Management::ask) {
            Some(ask) => Ok(self.xml.put(&ask)?),
            None => Ok(()),
        }
    }

    /// The next stanza; `None` when there may be room again for more to be said. Nothing is read before `wanted`, but what
    /// was said is written meanwhile. Nothing is lost where it is not awaited to its end.
    pub(super) async fn hear(&mut self, wanted: impl Future<Output = ()>) -> Result<Option<Element>, Failure> {
        let mut wanted = pin!(wanted);
        let mut reads = false;
        poll_fn(|context| {
            reads = reads || wanted.as_mut().poll(context).is_ready();
            self.poll(context, reads)
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>, reads: bool) -> Poll<Result<Option<Element>, Failure>> {
        // Those came before anything was counted.
        while reads && let Some(early) = self.early.pop_front() {
            if is_stanza(&early) {
                return Poll::Ready(Ok(Some(early)));
            }
        }
        loop {
            match ready!(self.xml.poll(context, reads))? {
                Heard::Written => return Poll::Ready(Ok(None)),
                Heard::Quiet => self.probe()?,
                Heard::Element(element) if is_stanza(&element) => {
                    if let Some(management) = &mut self.management {
                        management.heard();
                    }
                    if !self.is_pong(&element) {
                        return Poll::Ready(Ok(Some(element)));
                    }
                }
                Heard::Element(element) => {
                    let had_room = self.has_room();
                    self.manage(&element)?;
                    if !had_room && self.has_room() {
                        return Poll::Ready(Ok(None));
                    }
                }
            }
        }
    }

    /// What is said about the stream itself. What is not known is passed over.
    fn manage(&mut self, element: &Element) -> Result<(), Failure> {
        let Some(management) = self.management.as_mut().filter(|_| element.ns() == ns::SM) else { return Ok(()) };
        match element.name() {
            "a" => management.acked(element),
            "r" => Ok(self.xml.put(&management.ack())?),
            _ => Ok(()),
        }
    }

    /// Asks a silent server whether it is there.
    fn probe(&mut self) -> Result<(), Failure> {
        if self.management.is_some() {
            return Ok(self.xml.put(&request())?);
        }
        let id = identifier();
        let mut iq = element("iq", ns::JABBER_CLIENT, &[("type", "get"), ("id", &id)]);
        iq.append_child(Element::bare("ping", ns::PING));
        self.ping = Some(id);
        Ok(self.xml.put(&iq)?)
    }

    /// Whether this answers [`Live::probe`]; an error is an answer, too.
    fn is_pong(&mut self, stanza: &Element) -> bool {
        let answered =
            self.ping.as_deref().is_some_and(|ping| stanza.name() == "iq" && stanza.attr("id") == Some(ping));
        if answered {
            self.ping = None;
        }
        answered
    }

    /// Writes what waits, and closes our side.
    pub(super) async fn close(&mut self) -> Result<(), Failure> {
        if let Some(management) = &self.management {
            let ack = management.ack();
            self.xml.put(&ack)?;
        }
        self.xml.shutdown().await
    }

    /// What is left of it, now that it broke.
    pub(super) fn into_kept(self, unsent: Vec<Stanza>) -> Kept {
        Kept { bound: self.bound, management: self.management, unsent }
    }
}

fn is_stanza(element: &Element) -> bool {
    matches!(element.name(), "message" | "presence" | "iq") && element.ns() == ns::JABBER_CLIENT
}
