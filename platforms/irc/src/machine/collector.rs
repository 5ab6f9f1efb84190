//! Answers that come in several lines: who somebody is, all rooms, what was said.

use super::Answer;
use crate::casemap::Casemap;
use crate::line::Line;
use crate::map::activity::{Activity, Entity, Object, Time, Whois};
use crate::map::names::Names;

/// Items of an answer; what is more is left out.
const ITEMS_MAX: usize = 1000;
/// Bytes of what servers say in an answer. As an activity it is several times as long, and has to fit into a frame.
const BYTES_MAX: usize = 256 * 1024;
/// Channels that are listed of one person.
const ROOMS_MAX: usize = 256;

/// What has come in so far.
#[derive(Debug)]
pub(super) struct Collector {
    names: Names,
    actor: Entity,
    kind: Kind,
    bytes: usize,
}

#[derive(Debug)]
enum Kind {
    Whois { of: String, time: Time, found: Box<Whois> },
    Rooms { time: Time, items: Vec<Activity> },
    History { of: String, items: Vec<Activity> },
}

/// What a line was to a collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// Nothing.
    No,
    /// A part.
    Part,
    /// The end.
    All,
}

impl Collector {
    /// For who `of` is.
    pub(super) fn whois(names: Names, of: &str, time: Time) -> Self {
        let actor = names.service();
        let found = Box::new(Whois { name: of.to_owned(), ..Whois::default() });
        Self { names, actor, kind: Kind::Whois { of: of.to_owned(), time, found }, bytes: 0 }
    }

    /// For all rooms.
    pub(super) fn rooms(names: Names, time: Time) -> Self {
        let actor = names.service();
        Self { names, actor, kind: Kind::Rooms { time, items: Vec::new() }, bytes: 0 }
    }

    /// For what was said in a conversation.
    pub(super) fn history(names: Names, of: &str) -> Self {
        let actor = names.service();
        Self { names, actor, kind: Kind::History { of: of.to_owned(), items: Vec::new() }, bytes: 0 }
    }

    /// Takes in a numeric.
    pub(super) fn on_line(&mut self, line: &Line<'_>, casemap: Casemap) -> Took {
        let Some(number) = line.numeric() else { return Took::No };
        let fits = self.bytes + size(line) <= BYTES_MAX;
        let took = match &mut self.kind {
            Kind::Whois { of, found, .. } if line.param(1).is_some_and(|nick| casemap.eq(nick, of)) => {
                if fits || number == 318 { whois(number, line, found) } else { Took::Part }
            }
            Kind::Rooms { time, items } => rooms(number, line, &self.names, *time, items, fits),
            _ => Took::No,
        };
        if took == Took::Part && fits {
            self.bytes += size(line);
        }
        took
    }

    /// Takes in what `line` said in `target`. Whether it was asked for.
    pub(super) fn said(&mut self, target: &str, line: &Line<'_>, said: &mut Vec<Activity>, casemap: Casemap) -> bool {
        let Kind::History { of, items } = &mut self.kind else { return false };
        if !casemap.eq(of, target) {
            return false;
        }
        if self.bytes + size(line) > BYTES_MAX {
            return true;
        }
        self.bytes += size(line);
        said.truncate(ITEMS_MAX.saturating_sub(items.len()));
        items.append(said);
        true
    }

    /// Whether the end of a batch of this conversation is the end of the answer.
    pub(super) fn ends_with(&self, target: &str, casemap: Casemap) -> bool {
        matches!(&self.kind, Kind::History { of, .. } if casemap.eq(of, target))
    }

    /// What the client reads.
    pub(super) fn answer(self) -> Answer {
        match self.kind {
            Kind::Whois { time, found, .. } => {
                let about = self.names.person(&found.name);
                Answer::Activity(Box::new(
                    Activity::new("query", time, self.actor).to(about).about(Object::Whois(found)),
                ))
            }
            Kind::Rooms { items, .. } => Answer::Collection { summary: self.names.server().to_owned(), items },
            Kind::History { of, items } => Answer::Collection { summary: of, items },
        }
    }
}

fn whois(number: u16, line: &Line<'_>, found: &mut Whois) -> Took {
    let text = || Some(line.text().to_owned());
    let third = || line.param(2).map(str::to_owned);
    match number {
        318 => return Took::All,
        311 => {
            line.param(1).unwrap_or_default().clone_into(&mut found.name);
            (found.user, found.host, found.realname) = (third(), line.param(3).map(str::to_owned), text());
        }
        312 => found.server = third(),
        313 => found.operator = true,
        317 => found.idle = line.param(2).and_then(|seconds| seconds.parse().ok()),
        319 => {
            let room = ROOMS_MAX.saturating_sub(found.rooms.len());
            found.rooms.extend(line.text().split(' ').filter(|name| !name.is_empty()).take(room).map(str::to_owned));
        }
        301 => found.away = text(),
        330 => found.account = third(),
        335 => found.bot = true,
        671 => found.secure = true,
        _ => return Took::No,
    }
    Took::Part
}

/// Bytes of what a line says.
fn size(line: &Line<'_>) -> usize {
    line.params.iter().map(|one| one.len()).sum()
}

fn rooms(number: u16, line: &Line<'_>, names: &Names, time: Time, items: &mut Vec<Activity>, fits: bool) -> Took {
    match (number, &*line.params) {
        (321, _) => Took::Part,
        (322, [_, channel, count, .., topic]) => {
            if items.len() < ITEMS_MAX && fits {
                let room = names.room(channel);
                let object = Object::Room {
                    id: room.id,
                    name: (*channel).to_owned(),
                    total_items: count.parse().unwrap_or(0),
                    content: (*topic).to_owned(),
                };
                items.push(Activity::new("query", time, names.service()).about(object));
            }
            Took::Part
        }
        (323, _) => Took::All,
        _ => Took::No,
    }
}
