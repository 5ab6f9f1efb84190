//! What only those see who asked for it in their credentials (platforms.md 1.7).

use std::collections::BTreeSet;

use super::activity::{Activity, Content, Entity, Object, Person, Presence, Time};
use super::changes;
use super::names::Names;
use super::roles::of_signs;
use crate::credentials::Extension;
use crate::isupport::{Isupport, ModeKind};
use crate::line::Line;

/// What was asked for.
pub(crate) type Extensions = BTreeSet<Extension>;

/// Fields of a `WHO` that tells accounts, too (WHOX), and the token its replies are known by.
pub(crate) const WHOX_FIELDS: &str = "%tcuhsnfa,153";
const WHOX_TOKEN: &str = "153";
/// Nicks of one `MONITOR` line that are looked at.
const NICKS: usize = 256;

/// What a line means beyond the contract's table, to those who asked for it.
pub(crate) fn map(
    line: &Line<'_>,
    names: &Names,
    isupport: &Isupport,
    asked: &Extensions,
    time: Time,
    out: &mut Vec<Activity>,
) {
    if asked.is_empty() {
        return;
    }
    if let ("TAGMSG", Some(target)) = (line.command, line.param(0)) {
        return tagged(line, &place(target, names, isupport), names, asked, time, out);
    }
    let told = in_rooms(line, names, isupport, asked, time);
    out.extend(
        told.or_else(|| of_people(line, names, asked, time)).or_else(|| said(line, names, isupport, asked, time)),
    );
}

/// What happens in rooms.
fn in_rooms(line: &Line<'_>, names: &Names, isupport: &Isupport, asked: &Extensions, time: Time) -> Option<Activity> {
    let did = |kind| Activity::new(kind, time, names.person(line.nick()));
    Some(match (line.command, &*line.params) {
        ("354", [_, WHOX_TOKEN, channel, _, _, _, nick, flags, account, ..]) => {
            let away = asked.contains(&Extension::Away) && flags.starts_with('G');
            let presence =
                Presence { role: Some(of_signs(flags, isupport)), show: away.then_some("away"), status: None };
            let mut actor = names.person(nick);
            // `0`: not logged in.
            actor.account = Some(text(account)).filter(|account| account != "0" && asked.contains(&Extension::Account));
            let is_bot = isupport.bot_mode().is_some_and(|mode| flags.contains(mode));
            actor.bot = is_bot && asked.contains(&Extension::Bot);
            Activity::new("update", time, actor).to(names.room(channel)).about(Object::Presence(presence))
        }
        ("KICK", [channel, nick, reason @ ..]) if asked.contains(&Extension::Kick) => {
            let content = reason.first().filter(|reason| !reason.is_empty()).map(text);
            let object = Object::Person(Person { id: names.person_id(nick), name: text(nick), content });
            did("remove").to(names.room(channel)).about(object)
        }
        ("INVITE", [nick, channel, ..]) if asked.contains(&Extension::Invite) => {
            let object = Object::Person(Person { id: names.person_id(nick), name: text(nick), content: None });
            did("invite").to(names.room(channel)).about(object)
        }
        ("MODE", [channel, modes, parameters @ ..])
            if asked.contains(&Extension::Mode) && isupport.is_channel(channel) =>
        {
            let content = room_modes(modes, parameters, isupport)?;
            let actor = if line.nick().is_empty() { names.service() } else { names.person(line.nick()) };
            Activity::new("update", time, actor).to(names.room(channel)).about(Object::Modes { content })
        }
        _ => return None,
    })
}

/// What becomes of people, wherever they are.
fn of_people(line: &Line<'_>, names: &Names, asked: &Extensions, time: Time) -> Option<Activity> {
    let did = |kind| Activity::new(kind, time, names.person(line.nick()));
    Some(match (line.command, &*line.params) {
        ("AWAY", status) if asked.contains(&Extension::Away) => {
            let status = status.first().filter(|status| !status.is_empty()).map(text);
            let show = Some(if status.is_some() { "away" } else { "online" });
            did("update").about(Object::Presence(Presence { role: None, show, status }))
        }
        ("ACCOUNT", [account, ..]) if asked.contains(&Extension::Account) => {
            // `*`: logged out.
            did("update").about(Object::Profile { account: Some(text(account)), name: None, user: None, host: None })
        }
        ("CHGHOST", [user, host, ..]) if asked.contains(&Extension::Identity) => {
            let (user, host) = (Some(text(user)), Some(text(host)));
            did("update").about(Object::Profile { account: None, name: None, user, host })
        }
        ("SETNAME", [name, ..]) if asked.contains(&Extension::Identity) => {
            did("update").about(Object::Profile { account: None, name: Some(text(name)), user: None, host: None })
        }
        _ => return None,
    })
}

/// What becomes of what was said, and what the server has to say.
fn said(line: &Line<'_>, names: &Names, isupport: &Isupport, asked: &Extensions, time: Time) -> Option<Activity> {
    Some(match (line.command, &*line.params) {
        ("REDACT", [target, id, reason @ ..]) if asked.contains(&Extension::Redact) => {
            let content = reason.first().map(text).unwrap_or_default();
            let object = Object::Message(Content { id: Some(text(id)), content, in_reply_to: None });
            Activity::new("delete", time, names.person(line.nick())).to(place(target, names, isupport)).about(object)
        }
        ("MARKREAD", [target, read, ..]) if asked.contains(&Extension::Read) => {
            let published = read.strip_prefix("timestamp=").map(str::to_owned);
            let update = Activity::new("update", time, names.service());
            update.to(place(target, names, isupport)).about(Object::Read { published })
        }
        ("FAIL" | "WARN" | "NOTE", [_, code, ..]) if asked.contains(&Extension::Notes) => {
            let object = Object::Status { code: text(code), content: line.text().to_owned() };
            Activity::new("update", time, names.service()).about(object)
        }
        _ => return None,
    })
}

fn text(text: &&str) -> String {
    (*text).to_owned()
}

/// What a line's tags say besides, as far as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Besides {
    account: Option<String>,
    bot: bool,
    id: Option<String>,
    in_reply_to: Option<String>,
}

impl Besides {
    /// Of a line.
    pub(crate) fn of(line: &Line<'_>, asked: &Extensions) -> Self {
        if asked.is_empty() {
            return Self::default();
        }
        let tag = |extension, names: &[&str]| {
            asked.contains(&extension).then(|| names.iter().find_map(|name| line.tags.get(name)))?.map(Into::into)
        };
        let joined = line.param(1).filter(|_| line.command == "JOIN" && line.params.len() > 2);
        let joined = joined.filter(|_| asked.contains(&Extension::Account)).map(str::to_owned);
        let account: Option<String> = tag(Extension::Account, &["account"]).or(joined);
        Self {
            account: account.filter(|account| account != "*"),
            bot: tag(Extension::Bot, &["bot", "draft/bot"]).is_some(),
            id: tag(Extension::Ids, &["msgid"]),
            in_reply_to: tag(Extension::Reply, &["+draft/reply", "+reply"]),
        }
    }

    /// Adds it to what the contract pushes.
    pub(crate) fn add_to(&self, activity: &mut Activity) {
        if activity.actor.kind == "person" {
            activity.actor.account.clone_from(&self.account);
            activity.actor.bot = self.bot;
        }
        if let Some(Object::Message(content) | Object::Me(content)) = &mut activity.object
            && activity.kind == "send"
        {
            content.id.clone_from(&self.id);
            content.in_reply_to.clone_from(&self.in_reply_to);
        }
    }
}

/// What became of the connection, for those who asked for it.
pub(crate) fn connection(names: &Names, code: &str, content: &str, time: Time) -> Activity {
    let object = Object::Status { code: code.to_owned(), content: content.to_owned() };
    Activity::new("update", time, names.service()).about(object)
}

/// 730, 731: people came or went, of whom those are told who are watched.
pub(crate) fn contacts(
    line: &Line<'_>,
    names: &Names,
    is_watched: impl Fn(&str) -> bool,
    time: Time,
    out: &mut Vec<Activity>,
) {
    let show = if line.numeric() == Some(730) { "online" } else { "offline" };
    for nick in line.text().split(',').take(NICKS).filter_map(|mask| mask.split('!').next()) {
        if is_watched(nick) {
            let presence = Presence { role: None, show: Some(show), status: None };
            out.push(Activity::new("update", time, names.person(nick)).about(Object::Presence(presence)));
        }
    }
}

/// A message without a text: what its tags say.
fn tagged(line: &Line<'_>, place: &Entity, names: &Names, asked: &Extensions, time: Time, out: &mut Vec<Activity>) {
    let mut say = |kind, object| {
        out.push(Activity::new(kind, time, names.person(line.nick())).to(place.clone()).about(object));
    };
    if asked.contains(&Extension::Typing)
        && let Some(state) = line.tags.get("+typing")
        && matches!(&*state, "active" | "paused" | "done")
    {
        say("send", Object::Typing { state: state.into() });
    }
    if asked.contains(&Extension::React) {
        let in_reply_to = line.tags.get("+draft/reply").or_else(|| line.tags.get("+reply")).map(Into::into);
        for (tag, kind) in [("+draft/react", "send"), ("+draft/unreact", "remove")] {
            if let Some(content) = line.tags.get(tag).filter(|content| !content.is_empty()) {
                let in_reply_to: Option<String> = Clone::clone(&in_reply_to);
                say(kind, Object::Reaction { content: content.into(), in_reply_to });
            }
        }
    }
}

/// The changes that are no member's role, as a `MODE` line has them.
fn room_modes(modes: &str, parameters: &[&str], isupport: &Isupport) -> Option<String> {
    let (mut letters, mut values, mut sign) = (String::new(), String::new(), None);
    for change in changes(modes, parameters, isupport).filter(|change| change.kind != ModeKind::Prefix) {
        if sign != Some(change.set) {
            letters.push(if change.set { '+' } else { '-' });
            sign = Some(change.set);
        }
        letters.push(change.letter);
        values.extend(change.parameter.into_iter().flat_map(|value| [" ", value]));
    }
    (!letters.is_empty()).then_some(letters + &values)
}

fn place(target: &str, names: &Names, isupport: &Isupport) -> Entity {
    let bare = isupport.without_status(target);
    if isupport.is_channel(bare) { names.room(bare) } else { names.addressee(target) }
}
