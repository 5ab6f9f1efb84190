//! What others ask us, and what we tell them.

use xmpp_parsers::minidom::Element;

use super::Now;
use super::caps;
use super::kept::Kept;
use crate::credentials::Extension;
use crate::map::xml::{CLIENT, STANZAS, around, attribute, element, texted};
use crate::map::{Ignored, is_account, ns, roster};

/// What we tell whoever asks.
enum Reply {
    /// This.
    With(Element),
    /// That it is done.
    Done,
    /// That we do not do such things.
    Refused,
}

impl Kept {
    /// Somebody asks or tells us something.
    pub(super) fn on_request(&mut self, stanza: &Element, now: Now) -> Result<(), Ignored> {
        let payload = stanza.children().next();
        let set = stanza.attr("type") == Some("set");
        let ours = is_account(stanza.attr("from"), &self.account);
        let reply = match payload.map(|payload| (payload.name(), payload.ns(), payload)) {
            // Only the account itself may say who is in its roster (RFC 6121 2.1.6).
            Some(("query", ns, query)) if set && ns == ns::ROSTER => {
                self.reply(stanza, if ours { Reply::Done } else { Reply::Refused });
                return self.on_roster(query, ours);
            }
            Some(("block" | "unblock", ns, _)) if set && ours && ns == ns::BLOCKING => Reply::Done,
            Some(("ping", ns, _)) if !set && ns == ns::PING => Reply::Done,
            Some((name, ns, payload)) if !set => self.tell(name, &ns, payload, now).map_or(Reply::Refused, Reply::With),
            _ => Reply::Refused,
        };
        self.reply(stanza, reply);
        Err(Ignored::Request)
    }

    /// What we know of ourselves.
    fn tell(&self, name: &str, ns: &str, payload: &Element, now: Now) -> Option<Element> {
        match (name, ns) {
            ("query", ns::DISCO_INFO) => caps::info(attribute(payload, "node"), &self.asked),
            ("query", ns::DISCO_ITEMS) => Some(element("query", ns::DISCO_ITEMS, &[])),
            ("query", ns::VERSION) => {
                let of = |name, text| texted(name, ns::VERSION, text);
                let version = [of("name", caps::NAME), of("version", env!("CARGO_PKG_VERSION"))];
                Some(around(element("query", ns::VERSION, &[]), version))
            }
            ("time", ns::TIME) => {
                let of = |name, text: &str| texted(name, ns::TIME, text);
                Some(around(element("time", ns::TIME, &[]), [of("tzo", "+00:00"), of("utc", &now.time.to_iso())]))
            }
            _ => None,
        }
    }

    fn reply(&mut self, stanza: &Element, reply: Reply) {
        let Some(id) = stanza.attr("id") else { return };
        let (kind, inside) = match reply {
            Reply::With(answer) => ("result", Some(answer)),
            Reply::Done => ("result", None),
            Reply::Refused => {
                let condition = element("service-unavailable", STANZAS, &[]);
                ("error", Some(around(element("error", CLIENT, &[("type", "cancel")]), [condition])))
            }
        };
        let mut attributes = vec![("type", kind), ("id", id)];
        attributes.extend(attribute(stanza, "from").map(|from| ("to", from)));
        self.send_ours(around(element("iq", CLIENT, &attributes), inside));
    }

    fn on_roster(&mut self, query: &Element, ours: bool) -> Result<(), Ignored> {
        if !ours {
            return Err(Ignored::Forged);
        }
        if !self.wants(Extension::Roster) {
            return Err(Ignored::NotAskedFor);
        }
        let pushes = self.listen(|ears| roster::items(query, "update", ears));
        self.outputs.push.extend(pushes);
        Ok(())
    }
}
