//! What is said, and what is asked.

use footbridge_testkit::socketio::Ack;
use serde_json::json;

use crate::{
    line::{Tag, Word, Wrong},
    steps::{PACE, STREAM, Taken},
    world::{Outcome, World},
};

impl World {
    pub(crate) async fn push(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        if self.dice.percent(30) && self.here(at).len() > 1 {
            return self.push_while_somebody_goes(s).await;
        }
        let count = 1 + self.dice.roll(8) as u64;
        let (activities, words) = self.spots[at].pushes(count);
        self.succeed(s, "push", json!({"activities": activities})).await?;
        self.said(at, words);
        self.settle(at).await?;
        Ok(true)
    }

    /// Somebody loses the connection in the middle of a stream, and may be back before its end.
    pub(crate) async fn push_while_somebody_goes(&mut self, s: usize) -> Taken {
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let (activities, words) = self.spots[at].pushes(STREAM);
        let job = self.begin(s, "push", json!({"activities": activities, "every": PACE})).await;
        let other = self.here(at).into_iter().find(|other| *other != s).ok_or("another one is here")?;
        let actor = self.spots[at].actor.clone();
        self.sessions[other].listen(&actor).await?;
        let said = self.spots[at].line.said();
        self.cut(other, said).await?;
        if self.dice.percent(60) {
            self.come_back(other).await?;
        }
        self.end_well(at, job).await?;
        self.said(at, words);
        self.settle(at).await?;
        Ok(true)
    }

    pub(crate) async fn send(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        for _ in 0..=self.dice.roll(3) {
            self.succeed(s, "send", json!({})).await?;
        }
        self.settle(at).await?;
        Ok(true)
    }

    /// Jobs that nobody acknowledges: of those that fail the asker is told by an event.
    pub(crate) async fn emit_some(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        for _ in 0..=self.dice.roll(3) {
            if self.dice.percent(30) {
                // Known before it can fail.
                let (tag, activity) = self.job(s, "fail", json!({"content": "as told"}));
                self.sessions[s].by_event.insert(tag, true);
                self.sessions[s].client().emit("message", &activity).await;
                self.barrier(s).await?;
            } else {
                let tag = self.emit(s, "send", json!({})).await?;
                self.spots[at].line.show(tag, self.round);
            }
        }
        self.settle(at).await?;
        Ok(true)
    }

    /// All who are there ask several things at once, and one of them perhaps kills the worker with it.
    pub(crate) async fn burst(&mut self, deadly: bool) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let (here, mut jobs, mut pushed) = (self.here(at), Vec::new(), Vec::new());
        for turn in 0..4 {
            for asker in here.iter().copied() {
                if self.dice.percent(30) {
                    continue;
                }
                let ms = self.dice.roll(4);
                if asker == s && !deadly && self.dice.percent(50) {
                    let (activities, words) = self.spots[at].pushes(2);
                    pushed.extend(words);
                    jobs.push((false, self.begin(asker, "push", json!({"activities": activities})).await));
                } else {
                    jobs.push((false, self.begin(asker, "sleep", json!({"ms": ms})).await));
                }
            }
            if deadly && turn == 1 {
                jobs.push((true, self.begin(s, "exit", json!({})).await));
            }
        }
        let text = "Error: session thread closed unexpectedly: 3";
        for (fatal, job) in jobs {
            match self.end(at, job).await? {
                Outcome::Done(_) if !fatal => {}
                Outcome::Failed(failure) if deadly && failure == text => {}
                Outcome::Done(_) => return Err("it lived".into()),
                Outcome::Failed(failure) => return Err(format!("failed: {failure}")),
            }
        }
        self.said(at, pushed);
        if deadly {
            self.died(at, text);
        }
        self.settle(at).await?;
        Ok(true)
    }

    pub(crate) async fn rename(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let number = self.number();
        let alias = format!("{}_{number}", self.spots[at].actor);
        self.succeed(s, "rename", json!({"content": alias})).await?;
        self.spots[at].line.say([Word::Renamed(alias.clone())]);
        self.spots[at].alias = Some(alias);
        for _ in 0..3 {
            self.succeed(s, "send", json!({})).await?;
        }
        self.settle(at).await?;
        Ok(true)
    }

    /// A job that never ends is given up, and what waits behind it goes on.
    pub(crate) async fn hang(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        let hanging = self.begin(s, "hang", json!({})).await;
        let behind = self.begin(s, "send", json!({})).await;
        self.end_badly(at, hanging, "job timed out").await?;
        self.end_well(at, behind).await?;
        self.settle(at).await?;
        Ok(true)
    }

    pub(crate) fn said(&mut self, at: usize, words: Vec<Word>) {
        self.tally.pushed += words.len() as u64;
        self.spots[at].line.say(words);
    }

    /// Where a worker died unseen, the next one must be there before anything can be expected to succeed.
    pub(crate) async fn settle_if_wounded(&mut self, at: usize) -> Result<(), Wrong> {
        if self.spots[at].wounded.is_some() { self.settle(at).await } else { Ok(()) }
    }

    /// Waits for the answer to a job, which must succeed.
    pub(crate) async fn end_well(&mut self, at: usize, job: (Tag, Ack)) -> Result<(), Wrong> {
        match self.end(at, job).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Failed(text) => Err(format!("failed: {text}")),
        }
    }

    /// Waits for the answer to a job, which must fail like that.
    pub(crate) async fn end_badly(&mut self, at: usize, job: (Tag, Ack), text: &str) -> Result<(), Wrong> {
        match self.end(at, job).await? {
            Outcome::Failed(failure) if failure == text => Ok(()),
            Outcome::Failed(failure) => Err(format!("failed with {failure:?}, not {text:?}")),
            Outcome::Done(answer) => Err(format!("succeeded instead of {text:?}: {answer}")),
        }
    }
}
