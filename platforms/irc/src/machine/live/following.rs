//! What happens to ourselves: our nick, our channels, what the server says of its habits.

use super::{Live, REGAIN};
use crate::casemap::Casemap;
use crate::line::Line;
use crate::machine::entering::watches;
use crate::machine::jobs::Until;
use crate::machine::kept::Kept;
use crate::machine::{Answer, Now};
use crate::outgoing::Outgoing;

impl Live {
    /// Follows what happens to ourselves.
    pub(super) fn track(&mut self, kept: &mut Kept, line: &Line<'_>, now: Now) {
        let casemap = self.isupport.casemap();
        let own = casemap.eq(line.nick(), &self.nick);
        match (line.command, &*line.params) {
            ("005", _) => self.isupport.apply(line),
            ("376" | "422", _) if !self.settled => self.settle(kept),
            // Our host is another one now.
            ("396", _) => self.source_len = None,
            ("CHGHOST", [user, host, ..]) if own => {
                self.source_len = Some(self.nick.len() + user.len() + host.len() + 2);
            }
            ("JOIN", [channel, ..]) if own => {
                self.source_len =
                    line.source.filter(|source| source.host.is_some()).map(|source| source.to_string().len());
                kept.channels.joined(channel, casemap);
                let joined =
                    |until: &Until| matches!(until, Until::Joined { channel: name, .. } if casemap.eq(name, channel));
                for job in self.jobs.take(joined) {
                    if let Until::Joined { key, .. } = job.until {
                        kept.channels.entered_with(channel, key, casemap);
                    }
                    kept.end(job.ticket, Ok(Answer::Unchanged));
                }
            }
            ("PART", [channel, ..]) if own => kept.channels.left(channel, casemap),
            ("KICK", [channel, nick, ..]) if casemap.eq(nick, &self.nick) => kept.channels.left(channel, casemap),
            ("NICK", [nick, ..]) if own => self.renamed(kept, nick),
            ("NICK" | "QUIT", _) => self.freed(kept, line.nick(), now),
            ("731", _) => line.text().split(',').take(8).for_each(|nick| self.freed(kept, nick, now)),
            _ => {}
        }
    }

    /// We have another nick.
    fn renamed(&mut self, kept: &mut Kept, nick: &str) {
        let casemap = self.isupport.casemap();
        // Or what the server leaves of it.
        let done = self.jobs.take(|until| matches!(until, Until::Renamed(wanted) if is_begin(nick, wanted, casemap)));
        self.source_len = self.source_len.map(|len| len + nick.len() - self.nick.len().min(len));
        nick.clone_into(&mut self.nick);
        kept.known_as = Some(nick.to_owned());
        if self.regain.as_ref().is_some_and(|(wanted, _)| casemap.eq(wanted, nick)) {
            self.regain = None;
        }
        for job in done {
            // Whatever was wanted before, this is wanted now.
            self.regain = None;
            let actor = self.mapper.names().person_id(nick);
            kept.acts(&actor);
            kept.renamed = Some(nick.to_owned());
            kept.outputs.rekey = Some(actor);
            kept.end(job.ticket, Ok(Answer::Unchanged));
        }
    }

    /// Somebody's nick is free: if it is the one we want back, we take it.
    fn freed(&mut self, kept: &mut Kept, nick: &str, now: Now) {
        if let Some((wanted, at)) = &mut self.regain
            && self.isupport.casemap().eq(nick, wanted)
        {
            *at = now.instant + REGAIN;
            kept.outputs.send.extend(Outgoing::new("NICK").param(wanted));
        }
    }

    /// The server's greeting is over, and with it what it says of its habits: asks for what the credentials want, and
    /// again for what the last connection was told of.
    pub(super) fn settle(&mut self, kept: &mut Kept) {
        self.settled = true;
        self.patience = None;
        if let Some(mode) = self.isupport.bot_mode().filter(|mode| self.bot && mode.is_ascii_alphabetic()) {
            let line = Outgoing::new("MODE").param(&self.nick).and_then(|line| line.param(&format!("+{mode}")));
            kept.outputs.send.extend(line);
        }
        kept.enter_again(&self.isupport);
        if self.isupport.monitor().is_some() {
            let regain = self.regain.iter().map(|(nick, _)| nick);
            kept.outputs.send.extend(watches(kept.watched.iter().chain(regain), &self.isupport));
        }
    }
}

/// Whether `nick` is `wanted`, or the beginning of it: a server that finds a nick too long cuts it off.
pub(super) fn is_begin(nick: &str, wanted: &str, casemap: Casemap) -> bool {
    wanted.get(..nick.len()).is_some_and(|begin| !nick.is_empty() && casemap.eq(begin, nick))
}
