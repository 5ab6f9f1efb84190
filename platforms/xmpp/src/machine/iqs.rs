//! What was asked, of whom, and for whom.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Ticket;
use super::publishing::Next;
use crate::map::activity::Activity;
use crate::map::answers::Question;
use crate::map::is_account;
use crate::verbs::{Card, Query};

/// How long a question waits for its answer. Jobs run one by one, and the next one waits with it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Questions that wait at once.
const MOST: usize = 256;

/// Questions that wait for their answers, by id.
#[derive(Debug, Default)]
pub(super) struct Iqs {
    asked: HashMap<String, Asked>,
}

/// A question.
#[derive(Debug)]
pub(super) struct Asked {
    /// Who was asked; `None`: our own account.
    pub(super) of: Option<String>,
    pub(super) purpose: Purpose,
    until: Instant,
}

/// What an answer is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A push (platforms.md 8.4).
    Attendance,
    /// A push (platforms.md 8.4).
    RoomInfo,
    /// The end of a job.
    Job(Ticket, Question),
    /// The end of a job, and what of the answer came before its end.
    History(Ticket, Page),
    /// Finding who takes files: what there is at the server.
    Parts(Ticket, Box<Query>),
    /// Finding who takes files: what this one can do, and who can be asked next.
    Part(Ticket, Box<Query>, Vec<String>),
    /// A step of several.
    Plan(Ticket, Next),
    /// Our vCard as it is, and what is to change of it.
    Card(Ticket, Box<Card>),
    /// The roster, pushed.
    Roster,
    /// Bookmarks, pushed, and rooms of them entered.
    Bookmarks,
    /// Whether we are still in this room (XEP-0410).
    Still(String),
    /// Nothing.
    Nothing,
}

/// Part of what was said.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) summary: String,
    pub(super) items: Vec<Activity>,
    /// Bytes of them, about.
    pub(super) bytes: usize,
}

/// Who may answer for us.
#[derive(Debug, Clone, Copy)]
pub(super) struct Us<'a> {
    pub(super) account: &'a str,
    pub(super) bound: &'a str,
}

impl Iqs {
    /// Remembers a question.
    ///
    /// # Errors
    ///
    /// If too many wait.
    pub(super) fn ask(&mut self, id: String, of: Option<String>, purpose: Purpose, now: Instant) -> Result<(), String> {
        if self.asked.len() >= MOST {
            return Err("too many questions wait for their answers".to_owned());
        }
        self.asked.insert(id, Asked { of, purpose, until: now + PATIENCE });
        Ok(())
    }

    /// The question that this is the answer to, if it comes from the one who was asked.
    pub(super) fn answered(&mut self, id: &str, from: Option<&str>, us: Us<'_>) -> Option<Asked> {
        let of = self.asked.get(id)?.of.as_deref();
        if is_from(from, of, us) { self.asked.remove(id) } else { None }
    }

    /// The question that this is a part of an answer to.
    pub(super) fn page(&mut self, id: &str, from: Option<&str>, us: Us<'_>) -> Option<&mut Page> {
        let asked = self.asked.get_mut(id).filter(|asked| is_from(from, asked.of.as_deref(), us))?;
        if let Purpose::History(_, page) = &mut asked.purpose { Some(page) } else { None }
    }

    /// Takes out what waited too long.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Asked> {
        self.asked.extract_if(|_, asked| asked.until <= now).map(|(_, asked)| asked).collect()
    }

    /// Takes out everything.
    pub(super) fn all(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked).into_values().collect()
    }

    /// Nobody waits for this job any more.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.asked.retain(|_, asked| asked.ticket() != Some(ticket));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.asked.values().map(|asked| asked.until).min()
    }
}

impl Asked {
    /// The job that waits for it.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        match self.purpose {
            Purpose::Job(ticket, _)
            | Purpose::History(ticket, _)
            | Purpose::Parts(ticket, _)
            | Purpose::Plan(ticket, _)
            | Purpose::Card(ticket, _)
            | Purpose::Part(ticket, ..) => Some(ticket),
            _ => None,
        }
    }
}

/// Whether an answer comes from the one who was asked. For our account, its server answers as the account, as us, or as
/// itself, or does not say who it is (RFC 6120 8.1.2.1).
fn is_from(from: Option<&str>, of: Option<&str>, us: Us<'_>) -> bool {
    let domain = us.account.split_once('@').map_or(us.account, |(_, domain)| domain);
    match (of, from) {
        (None, from) => is_account(from, us.account) || from.is_some_and(|from| from == us.bound || from == domain),
        (Some(of), None) => of == us.account || of == domain,
        (Some(of), Some(from)) => is_account(Some(from), of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_asked_can_answer() {
        let us = Us { account: "io@x.example", bound: "io@x.example/web" };
        let table = [
            (None, None, true),
            (None, Some("io@x.example"), true),
            (None, Some("io@x.example/web"), true),
            (None, Some("x.example"), true),
            (None, Some("mallory@x.example"), false),
            (None, Some("io@x.example/other"), false),
            (Some("deck@muc.x.example"), Some("deck@muc.x.example"), true),
            (Some("deck@muc.x.example"), Some("Deck@MUC.x.example"), true),
            (Some("deck@muc.x.example"), Some("deck@muc.x.example/lou"), false),
            (Some("deck@muc.x.example"), None, false),
            (Some("x.example"), None, true),
        ];
        for (of, from, want) in table {
            assert_eq!(is_from(from, of, us), want, "{of:?} {from:?}");
        }
    }
}
