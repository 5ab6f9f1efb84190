//! A registered connection: what it knows, verbs in, and how jobs end.
//!
//! - `hearing`: lines in, and what follows from them; `following`: what happens to ourselves; `login`: our account

mod following;
mod hearing;
mod login;

use std::time::{Duration, Instant};

use super::batches::Batches;
use super::commands::{self, Plan};
use super::jobs::{Correlation, Job, Jobs, Until};
use super::kept::Kept;
use super::{Answer, Now, Ticket};
use crate::cap::Caps;
use crate::casemap::Casemap;
use crate::credentials::Credentials;
use crate::isupport::Isupport;
use crate::map::{Mapper, names::Names};
use crate::outgoing::Outgoing;
use crate::registration::Registered;
use crate::verbs::Verb;
use login::Login;

/// How long a server may take to confirm what it has dealt with already.
const CONFIRM: Duration = Duration::from_secs(5);
/// How long a server may take to show that it is there.
const ALIVE: Duration = Duration::from_secs(10);
/// Having heard from a server within this time, it counts as there.
const RECENT: Duration = Duration::from_secs(15);
/// How long a server may greet before it is taken for one whose greeting has no end.
const GREETING: Duration = Duration::from_secs(10);
/// Between attempts to get a nick back.
const REGAIN: Duration = Duration::from_mins(1);

/// What a connection knows that is registered.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) mapper: Mapper,
    pub(super) isupport: Isupport,
    pub(super) caps: Caps,
    /// Who we are.
    pub(super) nick: String,
    /// Bytes of `nick!user@host`, once the server has shown it.
    pub(super) source_len: Option<usize>,
    jobs: Jobs,
    batches: Batches,
    /// Whether the server's greeting is over, and with it what it says of its habits.
    settled: bool,
    /// Until when that is waited for, where something depends on it.
    patience: Option<Instant>,
    /// Whether others are to know that this is a program.
    bot: bool,
    login: Login,
    /// The nick we want back, and when to try.
    regain: Option<(String, Instant)>,
    heard: Instant,
    numbers: u64,
    fence: String,
}

impl Live {
    /// `resumes`: the server is to be told what the last one was.
    pub(super) fn new(registered: Registered, credentials: &Credentials, resumes: bool, seed: u64, now: Now) -> Self {
        let Registered { nick, caps, authenticated, .. } = registered;
        let wanted = &*credentials.nick;
        let is_wanted = following::is_begin(&nick, wanted, Casemap::default());
        let regain = (!is_wanted).then(|| (wanted.to_owned(), now.instant + REGAIN));
        let login = Login::new(credentials, authenticated);
        Self {
            mapper: Mapper::new(Names::new(&*credentials.server)),
            isupport: Isupport::default(),
            caps,
            nick,
            source_len: None,
            jobs: Jobs::default(),
            batches: Batches::default(),
            settled: false,
            patience: (resumes || credentials.bot).then(|| now.instant + GREETING),
            bot: credentials.bot,
            login,
            regain,
            heard: now.instant,
            numbers: 0,
            fence: format!("fb{seed:x}-"),
        }
    }

    /// Whether the server's greeting is over.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Runs a verb.
    pub(super) fn call(&mut self, kept: &mut Kept, ticket: Ticket, verb: Verb, now: Now) {
        let planned = self.plan(kept, verb, now).and_then(|plan| self.fits(plan));
        match planned {
            Ok(Plan { lines, until: None, .. }) => {
                kept.outputs.send.extend(lines);
                kept.end(ticket, Ok(Answer::Unchanged));
            }
            Ok(Plan { lines, until: Some(until), command, subjects }) => {
                let correlation = self.send(kept, lines);
                self.jobs.push(Job { ticket, command, subjects, until, correlation, deadline: None });
            }
            Err(text) => kept.end(ticket, Err(text)),
        }
    }

    /// Ends the job once the server has shown that it is there, at once if it has lately.
    pub(super) fn probe(&mut self, kept: &mut Kept, ticket: Ticket, now: Now) {
        if now.instant.saturating_duration_since(self.heard) < RECENT {
            return kept.end(ticket, Ok(Answer::Unchanged));
        }
        let number = self.number();
        kept.outputs.send.push(self.ping(number));
        self.jobs.push(Job {
            ticket,
            command: "PING",
            subjects: Vec::new(),
            until: Until::Alive,
            correlation: Correlation::Fence(number),
            deadline: Some(now.instant + ALIVE),
        });
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.jobs.cancel(ticket);
    }

    /// Who waits only for the server to show that it is there.
    pub(super) fn probing(&mut self) -> Vec<Ticket> {
        self.jobs.take(|until| matches!(until, Until::Alive)).iter().map(|job| job.ticket).collect()
    }

    /// Jobs that nothing will answer any more.
    pub(super) fn abandoned(&mut self) -> Vec<Ticket> {
        self.jobs.drain().collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let regain = self.regain.as_ref().map(|(_, at)| *at);
        self.jobs.deadline().into_iter().chain(regain).chain(self.patience).min()
    }

    /// Time has passed. Returns who waits for a server that is not there.
    pub(super) fn tick(&mut self, kept: &mut Kept, now: Now) -> Vec<Ticket> {
        let (gone, unconfirmed): (Vec<_>, Vec<_>) =
            self.jobs.overdue(now.instant).into_iter().partition(|job| matches!(job.until, Until::Alive));
        for job in unconfirmed {
            kept.end(job.ticket, Err(format!("the server did not confirm {}", job.command)));
        }
        if self.patience.is_some_and(|until| until <= now.instant) {
            self.settle(kept);
        }
        if let Some((nick, at)) = &mut self.regain
            && *at <= now.instant
        {
            *at = now.instant + REGAIN;
            kept.outputs.send.extend(Outgoing::new("NICK").param(nick));
        }
        gone.into_iter().map(|job| job.ticket).collect()
    }

    fn answered(&mut self, kept: &mut Kept, label: u64, now: Now) {
        let ticket = self.jobs.answered(label).map(|job| job.ticket);
        if let Some(ticket) = ticket {
            self.dealt(kept, ticket, now);
        }
    }

    /// The server has dealt with a job. Whether that is all depends on what was asked.
    fn dealt(&mut self, kept: &mut Kept, ticket: Ticket, now: Now) {
        let Some(mut job) = self.jobs.remove(ticket) else { return };
        if let Until::Joined { .. } | Until::Renamed(_) = job.until {
            // A server in between, such as a bouncer, answers before the one that decides.
            job.deadline = Some(now.instant + CONFIRM);
            return self.jobs.push(job);
        }
        if let Some(result) = job.until.dealt() {
            kept.end(ticket, result);
        }
    }

    fn complete(&mut self, kept: &mut Kept, ticket: Ticket) {
        if let Some(result) = self.jobs.remove(ticket).and_then(|job| job.until.dealt()) {
            kept.end(ticket, result);
        }
    }

    /// Sends what a job needs, in a way that shows when it is dealt with.
    fn send(&mut self, kept: &mut Kept, lines: Vec<Outgoing>) -> Correlation {
        if !self.caps.has("labeled-response") {
            let number = self.number();
            kept.outputs.send.extend(lines);
            kept.outputs.send.push(self.ping(number));
            return Correlation::Fence(number);
        }
        let first = self.numbers + 1;
        for line in lines {
            // Only the opening line of a batch is answered.
            let text = line.text();
            let counts = !text.starts_with("@batch=") && !text.starts_with("BATCH -");
            let line = if counts { line.tag("label", &self.number().to_string()) } else { line };
            kept.outputs.send.push(line);
        }
        let end = self.numbers + 1;
        Correlation::Labels { first, end, open: end - first }
    }

    /// A number that this connection has not used.
    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn ping(&self, number: u64) -> Outgoing {
        Outgoing::new("PING").trailing(&format!("{}{number}", self.fence)).expect("letters and digits")
    }

    fn fits(&self, plan: Plan) -> Result<Plan, String> {
        let most = commands::line_len(&self.isupport);
        if plan.lines.iter().all(|line| line.fits(most)) {
            Ok(plan)
        } else {
            Err(format!("this is longer than the {most} bytes that the server takes"))
        }
    }
}
