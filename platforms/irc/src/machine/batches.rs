//! Batches that are open (IRCv3 batch): what kind each is, and whose label it carries.

use crate::line::Line;
use crate::map::activity::{Activity, Object, Time};
use crate::map::beyond::Besides;

/// Batches that may be open at a time. A server that opens more has its oldest forgotten.
const MOST: usize = 32;
/// Bytes of a multi-line message; what is more is left out.
const TEXT_MAX: usize = 64 * 1024;

/// An open batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    reference: String,
    /// What it is.
    pub(super) kind: Kind,
    /// The label it answers, its own or that of the batch around it.
    pub(super) label: Option<u64>,
    /// Whether it carries that label itself, so that its end is the end of the answer.
    pub(super) answers: bool,
    /// When what is in it happened.
    pub(super) time: Time,
    /// What its first line says about all of it.
    pub(super) besides: Besides,
}

/// What a batch is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Lines that mean what they mean outside.
    Plain,
    /// What was said, of this conversation.
    History(String),
    /// One message of several lines, as it comes together.
    Multiline(Option<Box<Activity>>),
}

/// All that are open.
#[derive(Debug, Default)]
pub(super) struct Batches(Vec<Batch>);

impl Batches {
    /// `BATCH +reference type parameters…`
    pub(super) fn open(&mut self, line: &Line<'_>, label: Option<u64>, time: Time, besides: Besides) {
        let Some(reference) = line.param(0).and_then(|reference| reference.strip_prefix('+')) else { return };
        let kind = match line.param(1) {
            Some("chathistory" | "draft/chathistory") => Kind::History(line.param(2).unwrap_or_default().to_owned()),
            Some("draft/multiline" | "multiline") => Kind::Multiline(None),
            _ => Kind::Plain,
        };
        let around = self.of(line);
        // What is inside of history is history, whatever it calls itself.
        let kind = match around.map(|batch| &batch.kind) {
            Some(Kind::History(target)) if kind == Kind::Plain => Kind::History(target.clone()),
            _ => kind,
        };
        let inherited = around.and_then(|batch| batch.label);
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let answers = label.is_some();
        let reference = reference.to_owned();
        self.0.push(Batch { reference, kind, label: label.or(inherited), answers, time, besides });
    }

    /// `BATCH -reference`
    pub(super) fn close(&mut self, line: &Line<'_>) -> Option<Batch> {
        let reference = line.param(0)?.strip_prefix('-')?;
        let place = self.0.iter().position(|batch| batch.reference == reference)?;
        Some(self.0.remove(place))
    }

    /// The batch that a line is part of.
    pub(super) fn of(&self, line: &Line<'_>) -> Option<&Batch> {
        self.place(line).map(|place| &self.0[place])
    }

    /// Adds a line to the message that it is part of. `first` makes the message of its first line. Whether it was part of
    /// one.
    pub(super) fn add(&mut self, line: &Line<'_>, first: impl FnOnce() -> Option<Activity>) -> bool {
        let Some(place) = self.place(line) else { return false };
        let Kind::Multiline(whole) = &mut self.0[place].kind else { return false };
        match whole {
            None => *whole = first().map(Box::new),
            Some(activity) => {
                if let Some(Object::Message(message) | Object::Me(message)) = &mut activity.object
                    && message.content.len() + line.text().len() < TEXT_MAX
                {
                    if line.tags.get("draft/multiline-concat").is_none() {
                        message.content.push('\n');
                    }
                    message.content.push_str(line.text());
                }
            }
        }
        true
    }

    fn place(&self, line: &Line<'_>) -> Option<usize> {
        if self.0.is_empty() || line.tags.is_empty() {
            return None;
        }
        let reference = line.tags.get("batch")?;
        self.0.iter().position(|batch| batch.reference == reference)
    }
}
