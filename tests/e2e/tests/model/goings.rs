//! Who leaves, and how.

use std::time::{Duration, Instant};

use footbridge_testkit::socketio::Client;
use serde_json::{Value, json};

use crate::{
    line::{Tag, Wrong},
    session::Session,
    steps::Taken,
    world::{JOB, KEPT, World},
};

/// How long a long job takes: less than it may.
const LONG: Duration = Duration::from_millis(400);

impl World {
    pub(crate) async fn close(&mut self, surely: bool) -> Taken {
        match self.someone() {
            Some(s) => self.leave(s, surely).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// A session leaves in so many words. `surely`: the gateway has heard them by the end.
    pub(crate) async fn leave(&mut self, s: usize, surely: bool) -> Result<(), Wrong> {
        let Session { at, name, pid, .. } = &self.sessions[s];
        let (at, name, pid) = (*at, *name, pid.clone());
        let (since, said) = (Instant::now(), self.spots[at].line.said());
        self.hang_up(s).await;
        if surely {
            self.wait_until_forgotten(&pid).await?;
        }
        self.left(at, name, since, surely, (said, said));
        Ok(())
    }

    /// Leaves for good.
    pub(crate) async fn hang_up(&mut self, s: usize) {
        let session = self.sessions.remove(s);
        if let Some(client) = session.client {
            client.disconnect().await;
        }
    }

    /// The gateway has heard of a departure when it gives whoever claims to be the one who left a session of their own.
    pub(crate) async fn wait_until_forgotten(&mut self, pid: &str) -> Result<(), Wrong> {
        loop {
            let claimant = Client::resume(&self.address, pid, 0).await.map_err(|error| error.to_string())?;
            let is_new = claimant.pid() != Some(pid);
            claimant.disconnect().await;
            if is_new {
                // What it does with that is done by the time that it has served somebody else.
                let mut other = self.connect().await?;
                other.call("message", &json!(7)).await.map_err(|error| error.to_string())?;
                other.disconnect().await;
                return Ok(());
            }
        }
    }

    /// The connection breaks without a word.
    pub(crate) async fn break_off(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        self.cut(s, self.spots[at].line.said()).await?;
        Ok(true)
    }

    /// The connection breaks while jobs are under way, and is perhaps back before the last of them has ended.
    pub(crate) async fn break_off_with_jobs(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle_if_wounded(at).await?;
        let said = self.spots[at].line.said();
        for _ in 0..self.dice.roll(4) {
            let ms = self.dice.roll(60);
            self.ask_in_vain(s, "sleep", json!({"ms": ms})).await;
        }
        let since = Instant::now();
        let (last, takes) = if self.dice.percent(30) {
            (self.ask_in_vain(s, "hang", json!({})).await, JOB)
        } else {
            (self.ask_in_vain(s, "sleep", json!({"ms": LONG.as_millis()})).await, LONG)
        };
        self.sessions[s].lasting = Some((last, since + takes));
        self.barrier(s).await?;
        self.cut(s, said).await?;
        if self.dice.percent(40) {
            self.come_back(s).await?;
        }
        // Whoever is still here has heard of them.
        self.settle(at).await?;
        Ok(true)
    }

    /// Sends a job whose answer cannot be acknowledged any more when it comes, or may not.
    async fn ask_in_vain(&mut self, s: usize, verb: &str, object: Value) -> Tag {
        let (tag, _) = self.begin(s, verb, object).await;
        self.tally.unwaited += 1;
        self.sessions[s].by_event.insert(tag, false);
        if verb != "hang" {
            let at = self.sessions[s].at;
            self.spots[at].line.show(tag, self.round);
        }
        tag
    }

    /// Cuts a connection, `said` things after the beginning. What had arrived through it counts.
    pub(crate) async fn cut(&mut self, s: usize, said: usize) -> Result<(), Wrong> {
        let (at, name) = (self.sessions[s].at, self.sessions[s].name);
        let actor = self.spots[at].actor.clone();
        let since = Instant::now();
        self.sessions[s].collect(&actor)?;
        if let Some(client) = self.sessions[s].client.take() {
            client.abort().await;
        }
        self.sessions[s].away_since = Some(since);
        self.left(at, name, since, false, (said, usize::MAX));
        Ok(())
    }

    /// A session that is away never comes back.
    pub(crate) fn abandon(&mut self) -> bool {
        let away: Vec<_> = (0..self.sessions.len()).filter(|s| self.sessions[*s].client.is_none()).collect();
        if let Some(s) = self.dice.pick(&away).copied() {
            self.sessions.remove(s);
            return true;
        }
        false
    }

    /// Everybody leaves while a lot is about to be said.
    pub(crate) async fn overflow(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let count = (KEPT / 2 + self.dice.roll(KEPT)) as u64;
        let (activities, words) = self.spots[at].pushes(count);
        let said = self.spots[at].line.said();
        let (began, ms) = (Instant::now(), 150);
        self.ask_in_vain(s, "push", json!({"activities": activities, "ms": ms})).await;
        self.barrier(s).await?;
        let surely = self.dice.percent(50);
        for other in self.here(at) {
            if other != s {
                self.cut(other, said).await?;
            }
        }
        let (name, since, pid) = (self.sessions[s].name, Instant::now(), self.sessions[s].pid.clone());
        if surely {
            self.hang_up(s).await;
            self.wait_until_forgotten(&pid).await?;
            // All of them, if nothing had been said by the time that the gateway knew.
            let last = if began.elapsed().as_millis() < ms { said } else { usize::MAX };
            self.left(at, name, since, true, (said, last));
        } else {
            self.cut(s, said).await?;
        }
        self.tally.pushed += count;
        self.spots[at].line.say(words);
        Ok(true)
    }

    pub(crate) async fn retire_one(&mut self) -> Taken {
        let at = self.dice.roll(3);
        self.retire(at).await?;
        Ok(true)
    }

    /// Everybody comes back, for a last look, and leaves.
    pub(crate) async fn finish(&mut self) -> Result<(), Wrong> {
        while let Some(s) = self.sessions.iter().position(|session| session.client.is_none()) {
            self.come_back(s).await?;
        }
        for at in 0..self.spots.len() {
            self.settle(at).await?;
        }
        for session in self.sessions.drain(..) {
            if let Some(client) = session.client {
                client.disconnect().await;
            }
        }
        Ok(())
    }
}
