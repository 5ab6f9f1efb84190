//! Lines from the server: whose answer they are, and what they tell.

use super::Live;
use crate::cap::CapStep;
use crate::credentials::Extension;
use crate::line::Line;
use crate::machine::Now;
use crate::machine::batches::Kind;
use crate::machine::collector::Took;
use crate::machine::kept::Kept;
use crate::map::activity::Activity;
use crate::map::beyond::{self, Besides};
use crate::map::{numerics, time};
use crate::outgoing::Outgoing;

impl Live {
    /// Takes in a line.
    pub(in crate::machine) fn on_line(&mut self, kept: &mut Kept, line: &Line<'_>, now: Now) {
        self.heard = now.instant;
        match line.command {
            "PING" => {
                let pong = Outgoing::new("PONG").trailing(line.param(0).unwrap_or_default());
                return kept.outputs.send.extend(pong);
            }
            "PONG" => return self.on_pong(kept, line, now),
            "CAP" => return self.on_cap(kept, line),
            "BATCH" => return self.on_batch(kept, line, now),
            "ERROR" => kept.outputs.log.push(format!("server says: {}", line.text())),
            _ if self.on_login(kept, line) => return,
            _ => {}
        }
        let label = self.label(line);
        match self.batches.of(line).map(|batch| &batch.kind) {
            Some(Kind::History(target)) => {
                let target = target.clone();
                self.played_back(line, &target, now);
            }
            Some(Kind::Multiline(_)) => self.on_part(line, now),
            Some(Kind::Plain) | None => self.on_event(kept, line, label, now),
        }
        if let Some(label) = label {
            self.answered(kept, label, now);
        }
    }

    /// A line that means what it says.
    fn on_event(&mut self, kept: &mut Kept, line: &Line<'_>, label: Option<u64>, now: Now) {
        self.track(kept, line, now);
        if numerics::is_failure(line) {
            let label = label.or_else(|| self.batches.of(line).and_then(|batch| batch.label));
            return self.on_failure(kept, line, label, now);
        }
        if self.is_collected(kept, line) {
            return;
        }
        let own = self.isupport.casemap().eq(line.nick(), &self.nick);
        let echo = own && matches!(line.command, "PRIVMSG" | "NOTICE" | "TAGMSG");
        let wants_echo = kept.asked.contains(&Extension::Echo);
        if echo && !wants_echo && self.caps.has("echo-message") {
            return;
        }
        let mut told = std::mem::take(&mut kept.outputs.push);
        let from = told.len();
        self.meaning(line, kept, now, &mut told);
        if !(echo && wants_echo) {
            let mut place = 0;
            told.retain(|activity| {
                place += 1;
                place <= from || !kept.is_own(&activity.actor.id)
            });
        }
        kept.outputs.push = told;
    }

    /// Appends what a line means, to those who asked for more than the contract, too.
    fn meaning(&mut self, line: &Line<'_>, kept: &Kept, now: Now, out: &mut Vec<Activity>) {
        let from = out.len();
        self.mapper.map(line, &self.isupport, now.time, out);
        let besides = Besides::of(line, &kept.asked);
        for activity in &mut out[from..] {
            besides.add_to(activity);
        }
        let when = time(line, now.time);
        beyond::map(line, self.mapper.names(), &self.isupport, &kept.asked, when, out);
        if let Some(730 | 731) = line.numeric() {
            let casemap = self.isupport.casemap();
            let watched = |nick: &str| kept.watched.iter().any(|other| casemap.eq(other, nick));
            beyond::contacts(line, self.mapper.names(), watched, when, out);
        }
    }

    fn on_failure(&mut self, kept: &mut Kept, line: &Line<'_>, label: Option<u64>, now: Now) {
        // The server's list is full: these are not in it.
        if let (Some(734), Some(nicks)) = (line.numeric(), line.param(2)) {
            kept.unwatch(nicks, self.isupport.casemap());
        }
        // A channel that does not let us in again is not tried for ever.
        if let Some(name) = line.param(1) {
            kept.channels.refused(name, self.isupport.casemap());
        }
        if let Some(job) = self.jobs.failed(line, label, self.isupport.casemap()) {
            return kept.end(job.ticket, Err(numerics::text(line)));
        }
        let wanted = self.regain.as_ref().map(|(nick, _)| nick);
        if wanted.is_some_and(|nick| line.param(1).is_some_and(|refused| self.isupport.casemap().eq(refused, nick))) {
            return;
        }
        kept.outputs.push.extend(self.mapper.unclaimed(line, now.time));
        beyond::map(line, self.mapper.names(), &self.isupport, &kept.asked, now.time, &mut kept.outputs.push);
    }

    fn is_collected(&mut self, kept: &mut Kept, line: &Line<'_>) -> bool {
        let casemap = self.isupport.casemap();
        let (mut taken, mut complete) = (false, None);
        for (ticket, collector) in self.jobs.collectors() {
            match collector.on_line(line, casemap) {
                Took::No => continue,
                Took::Part => {}
                Took::All => complete = Some(ticket),
            }
            taken = true;
            break;
        }
        if let Some(ticket) = complete {
            self.complete(kept, ticket);
        }
        taken
    }

    /// A line of history: never of any consequence but for who asked for it.
    fn played_back(&mut self, line: &Line<'_>, target: &str, now: Now) {
        let casemap = self.isupport.casemap();
        if self.jobs.collectors().any(|(_, collector)| collector.ends_with(target, casemap)) {
            let mut said = Vec::new();
            self.mapper.map(line, &self.isupport, now.time, &mut said);
            let asked = [Extension::Account, Extension::Bot, Extension::Ids, Extension::Reply].into();
            let besides = Besides::of(line, &asked);
            for activity in &mut said {
                besides.add_to(activity);
            }
            let _ = self.jobs.collectors().any(|(_, collector)| collector.said(target, line, &mut said, casemap));
        }
    }

    /// A line of a message that has several.
    fn on_part(&mut self, line: &Line<'_>, now: Now) {
        let Self { batches, mapper, isupport, .. } = self;
        batches.add(line, || {
            let mut whole = Vec::new();
            mapper.map(line, isupport, now.time, &mut whole);
            whole.pop()
        });
    }

    fn on_batch(&mut self, kept: &mut Kept, line: &Line<'_>, now: Now) {
        let Some(batch) = self.batches.close(line) else {
            let label = self.label(line);
            return self.batches.open(line, label, time(line, now.time), Besides::of(line, &kept.asked));
        };
        let casemap = self.isupport.casemap();
        match batch.kind {
            Kind::Multiline(Some(mut whole)) => {
                whole.published = batch.time;
                batch.besides.add_to(&mut whole);
                let own = whole.actor.id == self.mapper.names().person_id(&self.nick) || kept.is_own(&whole.actor.id);
                if !own || kept.asked.contains(&Extension::Echo) {
                    kept.outputs.push.push(*whole);
                }
            }
            Kind::History(target) => {
                let ended = self.jobs.collectors().find(|(_, collector)| collector.ends_with(&target, casemap));
                let ended = ended.map(|(ticket, _)| ticket);
                if let Some(ticket) = ended {
                    self.complete(kept, ticket);
                }
            }
            _ => {}
        }
        if let Some(label) = batch.label.filter(|_| batch.answers) {
            self.answered(kept, label, now);
        }
    }

    fn on_pong(&mut self, kept: &mut Kept, line: &Line<'_>, now: Now) {
        let Some(number) = line.text().strip_prefix(&*self.fence).and_then(|number| number.parse().ok()) else {
            return;
        };
        let ticket = self.jobs.fenced(number).map(|job| job.ticket);
        if let Some(ticket) = ticket {
            self.dealt(kept, ticket, now);
        }
    }

    fn on_cap(&mut self, kept: &mut Kept, line: &Line<'_>) {
        match self.caps.on_line(line) {
            CapStep::New { sasl } => {
                kept.outputs.send.extend(self.caps.request());
                if sasl {
                    self.on_sasl(kept);
                }
            }
            CapStep::Granted => self.on_granted(kept),
            CapStep::Refused { sasl: true } | CapStep::Gone { sasl: true } => self.on_no_sasl(),
            _ => {}
        }
    }

    fn label(&self, line: &Line<'_>) -> Option<u64> {
        if line.tags.is_empty() || !self.caps.has("labeled-response") {
            return None;
        }
        line.tags.get("label")?.parse().ok()
    }
}
