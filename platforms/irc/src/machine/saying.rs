//! What is said, as lines: split where it is long, in one batch where it has several lines and the server can take that.

use super::commands::{Plan, line_len, text};
use super::jobs::Until;
use super::kept::Kept;
use super::live::Live;
use crate::outgoing::Outgoing;
use crate::split::{bodies, guessed_source, lines, pieces, room};
use crate::verbs::{Said, What};

impl Live {
    pub(super) fn say(&mut self, kept: &Kept, said: &Said) -> Result<Plan, String> {
        let Said { target, what, in_reply_to } = said;
        let target = &**target;
        let lines = match what {
            What::Message(content) => {
                let casemap = self.isupport.casemap();
                if self.isupport.is_channel(target) && !kept.channels.can_speak(target, casemap) {
                    return Err("cannot send message to a channel of which you've not first joined.".to_owned());
                }
                match self.multiline(target, content)? {
                    Some(lines) => lines,
                    None => self.messages("PRIVMSG", target, content)?,
                }
            }
            What::Notice(content) => self.messages("NOTICE", target, content)?,
            What::Action(content) => {
                let lines = self.actions(target, content)?;
                return Ok(Plan::of(lines, "PRIVMSG", &[], None));
            }
            What::Typing(state) => {
                // Where it is not to be had, nobody is waiting for it either.
                let line = Outgoing::new("TAGMSG").param(target).map_err(text)?.tag("+typing", state);
                let lines = if self.caps.has("message-tags") { vec![line] } else { Vec::new() };
                return Ok(Plan::of(lines, "TAGMSG", &[], None));
            }
            What::Reaction(content) => {
                self.needs("message-tags")?;
                vec![Outgoing::new("TAGMSG").param(target).map_err(text)?.tag("+draft/react", content)]
            }
        };
        let command = lines.first().map_or("PRIVMSG", Outgoing::command);
        let command = if command == "BATCH" { "PRIVMSG" } else { command };
        let mut lines = lines.into_iter();
        let first = lines.next().map(|line| match in_reply_to {
            Some(id) if self.caps.has("message-tags") => line.tag("+draft/reply", id),
            _ => line,
        });
        Ok(Plan::of(first.into_iter().chain(lines).collect(), command, &[target], Some(Until::Dealt)))
    }

    fn messages(&self, command: &'static str, target: &str, content: &str) -> Result<Vec<Outgoing>, String> {
        let line = |body: &str| Outgoing::new(command).param(target).and_then(|line| line.trailing(body));
        bodies(content, self.room(command, target, 0)).map(line).collect::<Result<_, _>>().map_err(text)
    }

    fn actions(&self, target: &str, content: &str) -> Result<Vec<Outgoing>, String> {
        const FRAME: usize = "\x01ACTION \x01".len();
        let line = |body: &str| {
            let body = format!("\x01ACTION {body}\x01");
            Outgoing::new("PRIVMSG").param(target).and_then(|line| line.trailing(&body))
        };
        bodies(content, self.room("PRIVMSG", target, FRAME)).map(line).collect::<Result<_, _>>().map_err(text)
    }

    /// Several lines as one message, where the server can take them as one.
    fn multiline(&mut self, target: &str, content: &str) -> Result<Option<Vec<Outgoing>>, String> {
        let limits = Multiline::read(self.caps.value("draft/multiline"));
        if !content.contains('\n') || !self.caps.has("draft/multiline") || content.len() > limits.bytes {
            return Ok(None);
        }
        let reference = format!("m{}", self.number());
        let room = self.room("PRIVMSG", target, 0);
        let batch =
            Outgoing::new("BATCH").param(&format!("+{reference}")).and_then(|line| line.param("draft/multiline"));
        let mut whole = vec![batch.and_then(|line| line.param(target)).map_err(text)?];
        for line in lines(content) {
            for (place, piece) in pieces(line, room).enumerate() {
                let message = Outgoing::new("PRIVMSG").param(target).and_then(|line| line.trailing(piece));
                let message = message.map_err(text)?.tag("batch", &reference);
                whole.push(if place == 0 { message } else { message.tag("draft/multiline-concat", "") });
            }
        }
        if whole.len() - 1 > limits.lines {
            return Ok(None);
        }
        whole.push(Outgoing::new("BATCH").param(&format!("-{reference}")).map_err(text)?);
        Ok(Some(whole))
    }

    /// Bytes that a text may have in one line.
    fn room(&self, command: &str, target: &str, framing: usize) -> usize {
        let source = self.source_len.unwrap_or_else(|| guessed_source(&self.nick));
        room(line_len(&self.isupport), source, command, target, framing)
    }
}

/// Limits of a multi-line message, from the value of its capability.
struct Multiline {
    bytes: usize,
    lines: usize,
}

impl Multiline {
    fn read(value: Option<&str>) -> Self {
        let mut limits = Self { bytes: 4096, lines: 100 };
        for token in value.unwrap_or_default().split(',') {
            match token.split_once('=') {
                Some(("max-bytes", most)) => limits.bytes = most.parse().unwrap_or(limits.bytes),
                Some(("max-lines", most)) => limits.lines = most.parse().unwrap_or(limits.lines),
                _ => {}
            }
        }
        limits
    }
}
