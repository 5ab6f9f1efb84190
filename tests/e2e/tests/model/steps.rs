//! What can happen in a world: who comes and goes, and who speaks.

use crate::{line::Wrong, world::World};

/// Sessions of a world at a time, those that are away included.
pub(crate) const SESSIONS: usize = 6;
/// Pushes of a stream.
pub(crate) const STREAM: u64 = 20;
/// Pauses between them, in milliseconds.
pub(crate) const PACE: u64 = 3;

/// Whether the step could be taken: not all of them always can.
pub(crate) type Taken = Result<bool, Wrong>;

/// How often which step is taken, in relation to the others.
const STEPS: [(usize, &str); 27] = [
    (14, "open"),
    (5, "open alone"),
    (5, "close"),
    (3, "close for sure"),
    (7, "drop"),
    (5, "drop with jobs"),
    (16, "resume"),
    (3, "take over"),
    (2, "abandon"),
    (12, "push"),
    (10, "send"),
    (7, "burst"),
    (4, "emit"),
    (4, "share"),
    (5, "crash"),
    (3, "kill"),
    (6, "kill unseen"),
    (4, "kill while pushing"),
    (3, "crash among jobs"),
    (2, "hang"),
    (2, "block"),
    (4, "rename"),
    (3, "wrong credentials"),
    (4, "change credentials"),
    (3, "change while pushing"),
    (5, "overflow"),
    (4, "retire"),
];

impl World {
    /// Takes a step.
    pub(crate) async fn step(&mut self) -> Result<(), Wrong> {
        self.round += 1;
        let all = STEPS.iter().map(|(weight, _)| weight).sum();
        let mut roll = self.dice.roll(all);
        let chosen = STEPS.iter().find(|(weight, _)| {
            let hit = roll < *weight;
            roll = roll.saturating_sub(*weight);
            hit
        });
        let mut kind = chosen.expect("the roll is below the sum").1;
        self.trace(kind);
        if !self.take(kind).await? {
            // A world in which nothing else can happen has room for another session, or an idle one.
            kind = if self.sessions.len() < SESSIONS { "open" } else { "resume" };
            self.trace(&format!("{kind} instead"));
            if !self.take(kind).await? {
                kind = "push";
                self.take(kind).await?;
            }
        }
        self.tally.step(kind);
        Ok(())
    }

    pub(crate) async fn take(&mut self, kind: &str) -> Taken {
        match kind {
            "open" => self.open(false).await,
            "open alone" => self.open(true).await,
            "share" => self.share().await,
            "close" => self.close(false).await,
            "close for sure" => self.close(true).await,
            "drop" => self.break_off().await,
            "drop with jobs" => self.break_off_with_jobs().await,
            "resume" => self.resume().await,
            "take over" => self.take_over().await,
            "abandon" => Ok(self.abandon()),
            "push" => self.push().await,
            "send" => self.send().await,
            "burst" => self.burst(false).await,
            "crash among jobs" => self.burst(true).await,
            "emit" => self.emit_some().await,
            "crash" => self.crash().await,
            "kill" => self.kill().await,
            "kill unseen" => self.kill_unseen().await,
            "kill while pushing" => self.kill_while_pushing().await,
            "hang" => self.hang().await,
            "block" => self.block().await,
            "rename" => self.rename().await,
            "wrong credentials" => self.wrong_credentials().await,
            "change credentials" => self.change(false).await,
            "change while pushing" => self.change(true).await,
            "overflow" => self.overflow().await,
            "retire" => self.retire_one().await,
            kind => Err(format!("no such step: {kind}")),
        }
    }

    /// A connected session, if there is one.
    pub(crate) fn someone(&mut self) -> Option<usize> {
        let here: Vec<_> = (0..self.sessions.len()).filter(|s| self.sessions[*s].client.is_some()).collect();
        let s = *self.dice.pick(&here)?;
        let (name, at) = (self.sessions[s].name, self.sessions[s].at);
        self.trace(&format!("  session {name} of instance {at}"));
        Some(s)
    }
}
