//! A job on its way to the worker, and its end on the way back.

use std::sync::{Arc, atomic::Ordering};

use footbridge_seal::Fingerprint;
use footbridge_telemetry::emit;
use footbridge_wire::{Job, JobId, Outcome, SessionId};
use tokio::time::Instant;

use super::{
    Flow, Instance, LAST_CHANCE, Origin, Waiting,
    audience::Joined,
    record::{Kept, Verb},
    stint::{Asker, Errand, Held, Stint},
};
use crate::{
    Message,
    events::{AnswerLate, InstanceRestored, MessagesLost, SessionBarred},
    exit::Exit,
    pool::Counted,
};

impl Instance {
    /// A job has come. Its session is attached at once, in order with its other comings and goings, even if the job has to
    /// wait. `None`: it was refused.
    pub(super) fn receive(&mut self, job: Box<Job>, proof: Option<Fingerprint>, counted: Counted) -> Option<Waiting> {
        if self.origin.launch.persistent
            && let Err(refusal) = self.admit(job.session, proof)
        {
            self.origin.world.reports.done(job.id, Outcome::Failed(refusal));
            return None;
        }
        Some((job, proof, counted))
    }

    /// Hands a job to the worker; one that is on its way out leaves it to the next one, and one that has enough to do
    /// to the others of its pool.
    pub(super) fn hand_over(&mut self, stint: &mut Stint, (job, proof, counted): Waiting) -> Flow {
        if !stint.takes_jobs() {
            self.waiting.push_back((job, proof, counted));
            return Flow::Continue(());
        }
        if !self.has_room(stint) {
            self.origin.world.crews.leave(self.origin.pool, (job, proof));
            return Flow::Continue(());
        }
        let (id, session) = (job.id, job.session);
        let persistent = self.origin.launch.persistent;
        let credentials = job.credentials.as_ref().filter(|_| persistent);
        let Origin { world, key, .. } = &self.origin;
        let kept = credentials.map(|it| Kept::seal(&world.key_of_records, key, it, proof));
        let asker = Asker::Session(session);
        let errand = Errand { asker, credentials: kept, since: Instant::now(), counted: Some(counted) };
        match stint.hand(*job, errand) {
            Ok(true) if persistent => {}
            Ok(true) => self.idle_since = None,
            // `sockethub.maxPayloadBytes` lets in what no frame can hold: that job's problem, not the instance's.
            Ok(false) => self.origin.world.reports.done(id, Outcome::Failed("failed to add job to queue".into())),
            Err(exit) => return Flow::Break(exit),
        }
        Flow::Continue(())
    }

    /// Takes the session of a job in, unless its credentials are not those of this connection: then it is detached for
    /// good (weak spots 20 to 22).
    fn admit(&mut self, session: SessionId, proof: Option<Fingerprint>) -> Result<(), String> {
        let connected = self.initialised.load(Ordering::Relaxed) || self.record.opening().is_some();
        let other = connected && proof.is_some_and(|proof| self.bound.is_some_and(|bound| bound != proof));
        if other || proof.is_none() && self.audience.is_barred(session) {
            if other {
                emit(SessionBarred { platform: &self.origin.launch.platform });
                self.audience.bar(session, Instant::now());
                self.look_who_is_here();
            }
            let actor = self.origin.actor.as_deref().unwrap_or_default();
            return Err(format!("Error: invalid credentials for {}:{actor}", self.origin.launch.platform));
        }
        if let Joined::New { lost, missed } = self.audience.attach(session, Instant::now()) {
            self.catch_up(session, lost, missed);
        }
        self.look_who_is_here();
        Ok(())
    }

    /// Sends a session what nobody was there to see.
    fn catch_up(&self, session: SessionId, lost: u64, missed: Vec<Message>) {
        let reports = &self.origin.world.reports;
        if lost > 0 {
            emit(MessagesLost { platform: &self.origin.launch.platform, count: lost });
            let text = format!("{lost} messages were lost while nobody was here");
            if let Some(notice) = reports.failed(&self.origin.launch, self.actor.as_deref(), &text) {
                reports.deliver(&[session], notice);
            }
        }
        for message in missed {
            reports.deliver(&[session], message);
        }
    }

    pub(super) fn on_done(&mut self, stint: &mut Stint, job: JobId, outcome: Outcome) -> Flow {
        let Some(held) = stint.held.remove(&job) else {
            // Its deadline had passed: the client has its answer.
            emit(AnswerLate);
            return Flow::Continue(());
        };
        if !self.origin.launch.persistent {
            self.look_for_work(stint);
            // Whoever is told of the end may ask at once who has room.
            drop(held);
            self.origin.world.reports.done(job, outcome);
            let flow = self.advance(stint);
            stint.watch.idle(self.idle_since);
            return flow;
        }
        match held.asker {
            Asker::Ourselves => self.on_restored(stint, &held, &outcome),
            Asker::Session(session) => self.on_answer(stint, session, job, held, outcome),
        }
    }

    fn on_answer(&mut self, stint: &mut Stint, asker: SessionId, job: JobId, held: Held, outcome: Outcome) -> Flow {
        let reports = Arc::clone(&self.origin.world.reports);
        if matches!(outcome, Outcome::Failed(_)) {
            if held.opens && !self.initialised.load(Ordering::Relaxed) {
                reports.refused(job, outcome);
                return self.stop(stint, Exit::Unconnected, LAST_CHANCE);
            }
            // Weak spot 22: another session's failures are its own business.
            reports.done(job, outcome);
            return Flow::Continue(());
        }
        let alone = self.audience.seats().iter().all(|seat| *seat == asker);
        if (!alone || self.audience.logs())
            && let Some(message) = reports.shared(&self.origin.launch, &held.activity, &outcome)
        {
            self.tell(message, Some(asker));
        }
        reports.done(job, outcome);
        self.remember(held);
        Flow::Continue(())
    }

    /// A verb of a session succeeded.
    fn remember(&mut self, held: Held) {
        let verb = Verb { verb: held.verb, activity: held.activity };
        let rules = &self.origin.launch.restore;
        match held.credentials {
            None => self.record.succeeded(rules, verb),
            Some(credentials) => {
                let anew = !self.initialised.swap(true, Ordering::Relaxed) || self.bound.is_none();
                self.bound = credentials.proof();
                self.record.opened(rules, verb, credentials, anew);
            }
        }
    }

    /// A verb that was to bring the instance back ended.
    fn on_restored(&mut self, stint: &mut Stint, held: &Held, outcome: &Outcome) -> Flow {
        match outcome {
            Outcome::Failed(text) if held.opens => {
                return self.stop(stint, Exit::Unrestored(text.clone()), LAST_CHANCE);
            }
            // What its members see of it the platform pushes by itself.
            Outcome::Unchanged | Outcome::Activity(_) if !held.opens => return Flow::Continue(()),
            Outcome::Failed(_) => {}
            Outcome::Unchanged | Outcome::Activity(_) => {
                self.initialised.store(true, Ordering::Relaxed);
                emit(InstanceRestored { platform: &self.origin.launch.platform });
            }
        }
        if let Some(message) = self.origin.world.reports.shared(&self.origin.launch, &held.activity, outcome) {
            self.tell(message, None);
        }
        Flow::Continue(())
    }
}
