//! Lines from the server as activities for clients (platforms.md 7.5).
//!
//! - [`activity`]: what a client reads; [`names`]: what people and rooms are called
//! - [`Mapper`]: the contract's table, line by line; `roles`, `numerics`, `memory` serve it
//! - `beyond`: what only those see who asked for it
//!
//! Nothing here knows of jobs, or of who we are: that is the [`machine`](crate::machine)'s business.

pub mod activity;
pub(crate) mod beyond;
mod memory;
pub mod names;
pub(crate) mod numerics;
mod roles;
pub(crate) mod text;

use activity::{Activity, Object, Subject, Time};
use memory::{Motd, Topics};
use names::Names;
use roles::{of_entry, of_prefix, of_signs};

use crate::isupport::{Isupport, ModeKind};
use crate::line::Line;

/// Token of the `WHOX` replies that are members of a room in the layout of platforms.md 7.5.
const WHOX_MEMBERS: &str = "152";
/// Entries of one `NAMES` line, changes of one `MODE` line that are looked at. Neither fits more into a line.
const ENTRIES: usize = 4096;

/// Maps lines; remembers what comes in several of them.
#[derive(Debug)]
pub struct Mapper {
    names: Names,
    motd: Motd,
    topics: Topics,
}

/// Somebody has another name.
pub(crate) fn renamed(names: &Names, before: &str, after: &str, time: Time) -> Activity {
    Activity::new("update", time, names.person(before)).to(names.person(after)).about(Object::Address)
}

impl Mapper {
    /// For the server that the credentials name.
    pub fn new(names: Names) -> Self {
        Self { names, motd: Motd::default(), topics: Topics::default() }
    }

    /// What people and rooms are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Appends what `line` means to `out`. `received` counts where the server does not say when it was.
    pub fn map(&mut self, line: &Line<'_>, isupport: &Isupport, received: Time, out: &mut Vec<Activity>) {
        let time = time(line, received);
        if let Some(number) = line.numeric() {
            return self.numeric(number, line, isupport, time, out);
        }
        let one = match (line.command, &*line.params) {
            ("JOIN", [channel, ..]) => self.did("join", line, time).to(self.names.room(channel)),
            ("PART", [channel, ..]) => {
                let left = Object::message("user has left the channel");
                self.did("leave", line, time).to(self.names.room(channel)).about(left)
            }
            ("QUIT", _) => {
                self.did("leave", line, time).to(self.names.service()).about(Object::message("user has quit"))
            }
            ("NICK", [nick, ..]) => renamed(&self.names, line.nick(), nick, time),
            ("PRIVMSG", [target, said, ..]) => {
                let Some(object) = text::spoken(said) else { return };
                self.did("send", line, time).to(self.place(target, isupport)).about(object)
            }
            ("NOTICE", [target, said, ..]) => {
                let Some(object) = text::noticed(said) else { return };
                self.notice(line, target, isupport, time).about(object)
            }
            ("TOPIC", [channel, topic, ..]) => {
                let topic = Object::Topic { content: (*topic).to_owned() };
                self.did("update", line, time).to(self.names.room(channel)).about(topic)
            }
            ("MODE", [channel, modes, parameters @ ..]) if isupport.is_channel(channel) => {
                return self.modes(line, channel, modes, parameters, isupport, time, out);
            }
            _ => return,
        };
        if line.source.is_some() {
            out.push(one);
        }
    }

    /// Something that the line's source did.
    fn did(&self, kind: &'static str, line: &Line<'_>, time: Time) -> Activity {
        Activity::new(kind, time, self.names.person(line.nick()))
    }

    /// Where a message goes. `@#room` is for some in that room.
    fn place(&self, target: &str, isupport: &Isupport) -> activity::Entity {
        let bare = isupport.without_status(target);
        if isupport.is_channel(bare) { self.names.room(bare) } else { self.names.addressee(target) }
    }

    /// A notice to a room comes from whoever said it; one to a person from the server, as the contract has it.
    fn notice(&self, line: &Line<'_>, target: &str, isupport: &Isupport, time: Time) -> Activity {
        let bare = isupport.without_status(target);
        if !isupport.is_channel(bare) {
            return Activity::new("send", time, self.names.service()).to(self.names.person(target));
        }
        let is_server = line.source.is_none_or(|source| source.is_server());
        let actor = if is_server { self.names.service() } else { self.names.person(line.nick()) };
        Activity::new("send", time, actor).to(self.names.room(bare))
    }

    fn numeric(&mut self, number: u16, line: &Line<'_>, isupport: &Isupport, time: Time, out: &mut Vec<Activity>) {
        let params = &*line.params;
        match (number, params) {
            (332, [_, channel, topic, ..]) => self.topics.put(isupport.casemap().fold(channel).into_owned(), topic),
            (333, [_, channel, who, since @ ..]) => {
                let Some(content) = self.topics.take(&isupport.casemap().fold(channel)) else { return };
                let nick = who.split(['!', '@']).next().unwrap_or_default();
                let time = since.first().and_then(|epoch| Time::from_seconds(epoch)).unwrap_or(time);
                let update = Activity::new("update", time, self.names.person(nick));
                out.push(update.to(self.names.room(channel)).about(Object::Topic { content }));
            }
            (353, [.., channel, list]) if params.len() > 2 => {
                for entry in list.split(' ').filter(|entry| !entry.is_empty()).take(ENTRIES) {
                    let (nick, role) = of_entry(entry, isupport);
                    self.present(nick, channel, role, time, out);
                }
            }
            (352, [_, channel, _, _, _, nick, flags, ..]) => {
                self.present(nick, channel, of_signs(flags, isupport), time, out);
            }
            // Flags are not looked at: the contract's fixture has an operator as a member.
            (354, [_, WHOX_MEMBERS, channel, _, _, _, nick, ..]) => {
                self.present(nick, channel, activity::Role::Member, time, out);
            }
            (372, [.., line]) if params.len() > 1 => self.motd.add(line),
            // Another one begins.
            (375, _) => drop(self.motd.take()),
            (376, _) => {
                if let Some(content) = self.motd.take() {
                    let update = Activity::new("update", time, self.names.named_service());
                    out.push(update.about(Object::Topic { content }));
                }
            }
            _ => {}
        }
    }

    fn present(&self, nick: &str, channel: &str, role: activity::Role, time: Time, out: &mut Vec<Activity>) {
        if !nick.is_empty() && nick != "undefined" {
            let update = Activity::new("update", time, self.names.person(nick));
            out.push(update.to(self.names.room(channel)).about(Object::role(role)));
        }
    }

    /// What is pushed about an error that no job waits for.
    pub fn unclaimed(&self, line: &Line<'_>, received: Time) -> Option<Activity> {
        numerics::unclaimed(line, &self.names, time(line, received))
    }

    /// One activity for each role given or taken.
    #[expect(clippy::too_many_arguments, reason = "the parts of one line, and where it goes")]
    fn modes(
        &self,
        line: &Line<'_>,
        channel: &str,
        modes: &str,
        parameters: &[&str],
        isupport: &Isupport,
        time: Time,
        out: &mut Vec<Activity>,
    ) {
        let Some(source) = line.source else { return };
        for change in changes(modes, parameters, isupport) {
            let (ModeKind::Prefix, Some(nick)) = (change.kind, change.parameter) else { continue };
            let Some(prefix) = isupport.prefixes().by_mode(change.letter) else { continue };
            let kind = if change.set { "add" } else { "remove" };
            let subject = Subject { kind: "presence", role: of_prefix(prefix, isupport) };
            let object = self.names.room(channel);
            let activity = Activity::new(kind, time, self.names.person(source.nick)).to(self.names.person(nick));
            out.push(activity.about(Object::Relationship { relationship: "role", subject, object }));
        }
    }
}

/// When a line happened.
pub(crate) fn time(line: &Line<'_>, received: Time) -> Time {
    if line.tags.is_empty() {
        return received;
    }
    line.tags.get("time").and_then(|time| Time::parse(&time)).unwrap_or(received)
}

/// One letter of a `MODE` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change<'a> {
    pub(crate) set: bool,
    pub(crate) letter: char,
    pub(crate) kind: ModeKind,
    pub(crate) parameter: Option<&'a str>,
}

/// Walks a channel's `MODE` line: which parameter belongs to which letter is the server's habit.
pub(crate) fn changes<'a>(
    modes: &'a str,
    parameters: &'a [&'a str],
    isupport: &'a Isupport,
) -> impl Iterator<Item = Change<'a>> {
    let mut set = true;
    let mut parameters = parameters.iter();
    modes.chars().take(ENTRIES).filter_map(move |letter| {
        if let '+' | '-' = letter {
            set = letter == '+';
            return None;
        }
        let kind = isupport.mode_kind(letter);
        let parameter = if kind.takes_param(set) { parameters.next().copied() } else { None };
        Some(Change { set, letter, kind, parameter })
    })
}

#[cfg(test)]
mod tests;
