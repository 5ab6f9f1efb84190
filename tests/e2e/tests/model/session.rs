//! One client and what it has heard since somebody last looked.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    time::Instant,
};

use footbridge_testkit::socketio::{Client, Event};
use serde_json::Value;

use crate::line::{Arrival, Heard, Place, Tag, Word, Wrong};

/// One event, as it was meant.
#[derive(Debug, Clone)]
enum Utterance {
    Word(Word),
    /// A connect: somebody's result, or that a new worker is connected as the one before was.
    Connected(Tag),
    Result(Tag),
    Failed(Tag, String),
    Lost(usize),
}

/// One client of the gateway: connected, or away and known by its `pid`.
pub(crate) struct Session {
    /// No other session of its world has it.
    pub(crate) name: u64,
    /// `None`: it is away.
    pub(crate) client: Option<Client>,
    /// What the gateway knows it by.
    pub(crate) pid: String,
    /// The number of the last event it heard.
    pub(crate) offset: u64,
    /// Which of the world's instances it is attached to.
    pub(crate) at: usize,
    /// How far it had heard at the last look.
    pub(crate) place: Option<Place>,
    /// It was attached since then.
    pub(crate) arrival: Option<Arrival>,
    /// Its jobs since it was attached: it is not shown their results.
    pub(crate) asked: BTreeSet<Tag>,
    /// Jobs whose answers come as events, and whether they must.
    pub(crate) by_event: BTreeMap<Tag, bool>,
    /// A job that is under way for long, and does not end before that.
    pub(crate) lasting: Option<(Tag, Instant)>,
    pub(crate) away_since: Option<Instant>,
    /// Answers that came as events.
    pub(crate) answered: usize,
    heard: Vec<Utterance>,
    /// Jump of the numbers that it was told of.
    jump: u64,
}

impl Session {
    pub(crate) fn new(name: u64, client: Client, at: usize) -> Self {
        Self {
            name,
            pid: client.pid().unwrap_or_default().to_owned(),
            client: Some(client),
            offset: 0,
            at,
            place: None,
            arrival: None,
            asked: BTreeSet::new(),
            by_event: BTreeMap::new(),
            lasting: None,
            away_since: None,
            answered: 0,
            heard: Vec::new(),
            jump: 0,
        }
    }

    /// The connection, which it must have.
    pub(crate) fn client(&mut self) -> &mut Client {
        self.client.as_mut().expect("a connected session was chosen")
    }

    /// Waits for the next event.
    pub(crate) async fn listen(&mut self, actor: &str) -> Result<(), Wrong> {
        let event = self.client().event().await.map_err(|error| format!("waiting for an event: {error}"))?;
        self.note(&event, actor)
    }

    /// Takes in what has arrived.
    pub(crate) fn collect(&mut self, actor: &str) -> Result<(), Wrong> {
        while let Some(event) = self.client().arrived() {
            self.note(&event, actor)?;
        }
        Ok(())
    }

    fn note(&mut self, event: &Event, actor: &str) -> Result<(), Wrong> {
        let utterance = read(event, actor).ok_or_else(|| format!("not for this session: {event:?}"))?;
        if event.name == "message" {
            let expected = self.offset + 1 + mem::take(&mut self.jump);
            if event.offset != Some(expected) {
                return Err(format!("number {expected} expected: {event:?}"));
            }
            self.offset = expected;
        } else if let Utterance::Lost(count) = utterance {
            self.jump = count as u64;
        }
        match utterance {
            Utterance::Result(tag) | Utterance::Failed(tag, _) if self.by_event.contains_key(&tag) => {
                self.by_event.remove(&tag);
                self.answered += 1;
            }
            Utterance::Failed(tag, text) => return Err(format!("the failure of {tag} is nobody's: {text}")),
            utterance => self.heard.push(utterance),
        }
        Ok(())
    }

    /// What it heard since the last look. A connect right behind a death is a return; whether one at the beginning is, or
    /// one behind what is lost, `returned` tells: the death was for others to hear.
    pub(crate) fn heard(&self, returned: bool) -> Heard {
        let mut heard = Heard { answers: self.answered, ..Heard::default() };
        let mut dead = returned;
        for utterance in &self.heard {
            match utterance {
                Utterance::Lost(count) => {
                    heard.lost += count;
                    heard.before = (mem::take(&mut heard.words), mem::take(&mut heard.results));
                }
                Utterance::Connected(_) if dead => heard.words.push(Word::Back),
                Utterance::Connected(tag) | Utterance::Result(tag) => {
                    heard.results.push(*tag);
                    continue;
                }
                Utterance::Word(word) => heard.words.push(word.clone()),
                Utterance::Failed(..) => {}
            }
            dead = match utterance {
                Utterance::Word(Word::Died(_)) => true,
                Utterance::Lost(_) => returned,
                _ => false,
            };
        }
        heard
    }

    /// The look is over.
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
        self.by_event.clear();
        self.answered = 0;
    }

    /// Answers that should have come as events and did not: at least, at most.
    pub(crate) fn unanswered(&self) -> (usize, usize) {
        (self.by_event.values().filter(|must| **must).count(), self.by_event.len())
    }
}

/// Reads an event of an instance that acts for `actor`.
fn read(event: &Event, actor: &str) -> Option<Utterance> {
    let payload = &event.payload;
    if event.name == "error" {
        let summary = payload["summary"].as_str()?;
        return count(summary, " messages were lost while you were away").map(Utterance::Lost);
    }
    let (kind, object) = (payload["type"].as_str()?, &payload["object"]);
    let error = payload.get("error").and_then(Value::as_str);
    match (kind, object["tag"].as_u64(), error) {
        ("error", None, Some(text)) => {
            let whose = payload["actor"]["id"].as_str()?;
            if !whose.starts_with(actor) {
                return None;
            }
            let lost = count(text, " messages were lost while nobody was here").map(Utterance::Lost);
            Some(lost.unwrap_or_else(|| Utterance::Word(Word::Died(text.into()))))
        }
        (_, Some(tag), Some(text)) => Some(Utterance::Failed(tag, text.into())),
        ("connect", Some(tag), None) => Some(Utterance::Connected(tag)),
        (_, Some(tag), None) => Some(Utterance::Result(tag)),
        ("message", None, None) => object["n"].as_u64().map(|n| Utterance::Word(Word::Push(n))),
        ("rename", None, None) => object["content"].as_str().map(|name| Utterance::Word(Word::Renamed(name.into()))),
        _ => None,
    }
}

fn count(text: &str, what: &str) -> Option<usize> {
    text.strip_suffix(what)?.parse().ok()
}
