//! Verbs as lines for the server, and what makes them succeed (platforms.md 7.4).

use super::Now;
use super::collector::Collector;
use super::jobs::Until;
use super::kept::Kept;
use super::live::Live;
use crate::credentials::Extension;
use crate::isupport::Isupport;
use crate::map::activity::Time;
use crate::map::beyond::WHOX_FIELDS;
use crate::outgoing::{Outgoing, Unsendable};
use crate::verbs::Verb;

/// What is sent for a verb.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) lines: Vec<Outgoing>,
    /// The command, as errors name it.
    pub(super) command: &'static str,
    /// Channels and nicks that errors name.
    pub(super) subjects: Vec<String>,
    /// What to wait for; `None`: it succeeds at once.
    pub(super) until: Option<Until>,
}

/// Messages of history that are asked for where the client does not say how many.
const HISTORY: usize = 50;

impl Plan {
    fn dealt(line: Outgoing, subjects: &[&str]) -> Self {
        let command = line.command();
        Self::of(vec![line], command, subjects, Some(Until::Dealt))
    }

    pub(super) fn of(lines: Vec<Outgoing>, command: &'static str, subjects: &[&str], until: Option<Until>) -> Self {
        Self { lines, command, subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(), until }
    }

    fn nothing() -> Self {
        Self::of(Vec::new(), "", &[], None)
    }
}

impl Live {
    /// What to send for `verb`, everything checked that can be checked here.
    pub(super) fn plan(&mut self, kept: &mut Kept, verb: Verb, now: Now) -> Result<Plan, String> {
        match verb {
            Verb::Join { channel, key } => self.join(kept, &channel, key.as_deref()),
            Verb::Leave { channel, reason } => {
                kept.channels.left(&channel, self.isupport.casemap());
                let part = with_reason(Outgoing::new("PART").param(&channel).map_err(text)?, reason.as_deref())?;
                Ok(Plan::of(vec![part], "PART", &[], None))
            }
            Verb::Send(said) => self.say(kept, &said),
            // A server says nothing to that.
            Verb::Nick { nick } if nick == self.nick => Ok(Plan::nothing()),
            Verb::Nick { nick } => {
                let line = Outgoing::new("NICK").param(&nick).map_err(text)?;
                Ok(Plan::of(vec![line], "NICK", &[&nick], Some(Until::Renamed(nick.clone()))))
            }
            Verb::Topic { channel, content } => {
                let line = Outgoing::new("TOPIC").param(&channel).and_then(|line| line.trailing(&content));
                Ok(Plan::dealt(line.map_err(text)?, &[&channel]))
            }
            Verb::Attendance { candidates } => {
                let channel = candidates.iter().find(|name| self.isupport.is_channel(name));
                let channel = channel.ok_or("cannot query attendance without a valid channel name")?;
                let line = if [Extension::Account, Extension::Bot].iter().any(|more| kept.asked.contains(more))
                    && self.isupport.whox()
                {
                    Outgoing::new("WHO").param(channel).and_then(|line| line.param(WHOX_FIELDS))
                } else {
                    Outgoing::new("NAMES").param(channel)
                };
                let line = line.map_err(text)?;
                let command = line.command();
                Ok(Plan::of(vec![line], command, &[], None))
            }
            other => self.plan_more(kept, other, now),
        }
    }

    /// Verbs that the contract does not have.
    fn plan_more(&mut self, kept: &mut Kept, verb: Verb, now: Now) -> Result<Plan, String> {
        match verb {
            Verb::Away { status } => {
                let line = Outgoing::new("AWAY");
                let line = status.map_or(Ok(line.clone()), |status| line.trailing(&status));
                Ok(Plan::dealt(line.map_err(text)?, &[]))
            }
            Verb::Realname { name } => {
                self.needs("setname")?;
                Ok(Plan::dealt(Outgoing::new("SETNAME").trailing(&name).map_err(text)?, &[]))
            }
            Verb::Modes { channel, words } => {
                let line = Outgoing::new("MODE").param(&channel);
                let line = words.iter().fold(line, |line, word| line.and_then(|line| line.param(word)));
                Ok(Plan::dealt(line.map_err(text)?, &[&channel]))
            }
            Verb::Role { channel, nick, role, give } => self.role(&channel, &nick, &role, give),
            Verb::Kick { channel, nick, reason } => {
                let line = Outgoing::new("KICK").param(&channel).and_then(|line| line.param(&nick)).map_err(text)?;
                Ok(Plan::dealt(with_reason(line, reason.as_deref())?, &[&channel, &nick]))
            }
            Verb::Invite { channel, nick } => {
                let line = Outgoing::new("INVITE").param(&nick).and_then(|line| line.param(&channel));
                Ok(Plan::dealt(line.map_err(text)?, &[&channel, &nick]))
            }
            Verb::Redact { target, id, reason } => {
                self.needs("draft/message-redaction")?;
                let line = Outgoing::new("REDACT").param(&target).and_then(|line| line.param(&id)).map_err(text)?;
                Ok(Plan::dealt(with_reason(line, reason.as_deref())?, &[&target]))
            }
            Verb::Read { target, published } => {
                self.needs("draft/read-marker")?;
                let line = Outgoing::new("MARKREAD").param(&target).map_err(text)?;
                let stamp = published.map(|time| timestamp(&time).ok_or("object.published is no time")).transpose()?;
                let line = stamp.map_or(Ok(line.clone()), |stamp| line.param(&stamp)).map_err(text)?;
                Ok(Plan::dealt(line, &[&target]))
            }
            Verb::Watch { nick, on } => self.watch(kept, &nick, on),
            Verb::Whois { nick } => {
                let collector = Collector::whois(self.mapper.names().clone(), &nick, now.time);
                let line = Outgoing::new("WHOIS").param(&nick).map_err(text)?;
                Ok(Plan::of(vec![line], "WHOIS", &[&nick], Some(Until::Collected(Box::new(collector)))))
            }
            Verb::Rooms => {
                let collector = Collector::rooms(self.mapper.names().clone(), now.time);
                Ok(Plan::of(vec![Outgoing::new("LIST")], "LIST", &[], Some(Until::Collected(Box::new(collector)))))
            }
            Verb::History { target, limit, before, after } => {
                self.history(&target, limit, before.as_deref(), after.as_deref())
            }
            // What the contract has is planned above, and connecting is the machine's own business.
            _ => Ok(Plan::nothing()),
        }
    }

    fn join(&self, kept: &Kept, channel: &str, key: Option<&str>) -> Result<Plan, String> {
        if kept.channels.has_joined(channel, self.isupport.casemap()) {
            return Ok(Plan::nothing());
        }
        let line = join(channel, key).map_err(text)?;
        let until = Until::Joined { channel: channel.to_owned(), key: key.map(str::to_owned) };
        Ok(Plan::of(vec![line], "JOIN", &[channel], Some(until)))
    }

    fn role(&self, channel: &str, nick: &str, role: &str, give: bool) -> Result<Plan, String> {
        let letter = match role {
            "owner" => 'o',
            "admin" => 'h',
            _ => 'v',
        };
        if self.isupport.prefixes().by_mode(letter).is_none() {
            return Err(format!("this server has no role {role}"));
        }
        let modes = format!("{}{letter}", if give { '+' } else { '-' });
        let line = Outgoing::new("MODE").param(channel).and_then(|line| line.param(&modes));
        Ok(Plan::dealt(line.and_then(|line| line.param(nick)).map_err(text)?, &[channel, nick]))
    }

    fn watch(&self, kept: &mut Kept, nick: &str, on: bool) -> Result<Plan, String> {
        if on && !kept.asked.contains(&Extension::Presence) {
            return Err("name 'presence' in the extensions of the credentials to be told who comes and goes".to_owned());
        }
        let most = self.isupport.monitor().ok_or("this server watches nobody (MONITOR)")?;
        kept.unwatch(nick, self.isupport.casemap());
        if on {
            kept.watch(nick, most)?;
        }
        let line = Outgoing::new("MONITOR").param(if on { "+" } else { "-" }).and_then(|line| line.param(nick));
        Ok(Plan::dealt(line.map_err(text)?, &[nick]))
    }

    fn history(
        &self,
        target: &str,
        limit: Option<u32>,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<Plan, String> {
        self.needs("draft/chathistory")?;
        let most = self.isupport.chat_history().unwrap_or(HISTORY);
        let limit = limit.map_or(HISTORY, |limit| usize::try_from(limit).unwrap_or(usize::MAX)).min(most).to_string();
        let selector = |bound: &str| timestamp(bound).unwrap_or_else(|| format!("msgid={bound}"));
        let words = match (before, after) {
            (None, None) => vec!["LATEST".to_owned(), target.to_owned(), "*".to_owned()],
            (Some(before), None) => vec!["BEFORE".to_owned(), target.to_owned(), selector(before)],
            (None, Some(after)) => vec!["AFTER".to_owned(), target.to_owned(), selector(after)],
            (Some(before), Some(after)) => {
                vec!["BETWEEN".to_owned(), target.to_owned(), selector(after), selector(before)]
            }
        };
        let start = Ok(Outgoing::new("CHATHISTORY"));
        let line = words.iter().chain([&limit]).fold(start, |line, word| line.and_then(|line| line.param(word)));
        let collector = Collector::history(self.mapper.names().clone(), target);
        let until = Some(Until::Collected(Box::new(collector)));
        Ok(Plan::of(vec![line.map_err(text)?], "CHATHISTORY", &[target], until))
    }

    pub(super) fn needs(&self, capability: &str) -> Result<(), String> {
        if self.caps.has(capability) { Ok(()) } else { Err(format!("this server has no {capability}")) }
    }
}

/// `JOIN`, with a key if there is one.
pub(super) fn join(channel: &str, key: Option<&str>) -> Result<Outgoing, Unsendable> {
    let line = Outgoing::new("JOIN").param(channel)?;
    key.map_or(Ok(line.clone()), |key| line.param(key))
}

/// Bytes of a line that the server takes.
pub(super) fn line_len(isupport: &Isupport) -> usize {
    isupport.line_len()
}

fn with_reason(line: Outgoing, reason: Option<&str>) -> Result<Outgoing, String> {
    reason.map_or(Ok(line.clone()), |reason| line.trailing(reason)).map_err(text)
}

/// A time as selectors and read markers spell it.
fn timestamp(time: &str) -> Option<String> {
    Time::parse(time).map(|time| format!("timestamp={}", time.to_iso()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn text(unsendable: Unsendable) -> String {
    unsendable.to_string()
}
