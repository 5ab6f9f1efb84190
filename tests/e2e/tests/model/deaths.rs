//! How workers die.

use footbridge_testkit::gateway::{is_alive, signal};
use serde_json::json;

use crate::{
    line::Wrong,
    steps::{PACE, STREAM, Taken},
    world::{Outcome, World},
};

impl World {
    pub(crate) async fn crash(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let (verb, text) = if self.dice.percent(50) {
            ("exit", "Error: session thread closed unexpectedly: 3")
        } else {
            ("crash", "Error: boom")
        };
        let job = self.begin(s, verb, json!({"content": "boom"})).await;
        self.end_badly(at, job, text).await?;
        self.died(at, text);
        self.settle(at).await?;
        Ok(true)
    }

    /// `kill -9` while nothing is under way.
    pub(crate) async fn kill(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let process = self.process(s).await?;
        signal(process, "KILL").map_err(|error| error.to_string())?;
        self.died(at, "Error: session thread closed unexpectedly: null");
        self.settle(at).await?;
        Ok(true)
    }

    /// The same while nobody is there, or nobody but those who are away.
    pub(crate) async fn kill_unseen(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        if self.here(at).len() > 1 {
            return Ok(false);
        }
        self.settle(at).await?;
        let process = self.process(s).await?;
        if self.dice.percent(50) {
            self.cut(s, self.spots[at].line.said()).await?;
        } else {
            self.leave(s, true).await?;
        }
        signal(process, "KILL").map_err(|error| error.to_string())?;
        self.died(at, "Error: session thread closed unexpectedly: null");
        Ok(true)
    }

    /// `kill -9` in the middle of a stream: what came through came through to everybody.
    pub(crate) async fn kill_while_pushing(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let process = self.process(s).await?;
        // So that nothing but the stream is to be heard.
        self.settle(at).await?;
        let (activities, words) = self.spots[at].pushes(STREAM);
        let job = self.begin(s, "push", json!({"activities": activities, "every": PACE})).await;
        let actor = self.spots[at].actor.clone();
        self.sessions[s].listen(&actor).await?;
        signal(process, "KILL").map_err(|error| error.to_string())?;
        let text = "Error: session thread closed unexpectedly: null";
        let outcome = self.end(at, job).await?;
        self.tally.crashes += 1;
        let death = self.spots[at].died(text);
        let way = |said: usize| [&words[..said], &death].concat();
        let ways = match outcome {
            Outcome::Done(_) => vec![way(words.len())],
            Outcome::Failed(failure) if failure == text => (1..=words.len()).map(way).collect(),
            Outcome::Failed(failure) => return Err(format!("failed: {failure}")),
        };
        self.spots[at].line.say_one_of(ways);
        self.settle(at).await?;
        Ok(true)
    }

    /// A worker that does not even beat.
    pub(crate) async fn block(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        self.settle(at).await?;
        let job = self.begin(s, "block", json!({})).await;
        self.end_badly(at, job, "platform process terminated").await?;
        self.died(at, "platform process terminated");
        self.settle(at).await?;
        Ok(true)
    }

    /// The process id of an instance's worker.
    pub(crate) async fn process(&mut self, s: usize) -> Result<u32, Wrong> {
        let answer = self.succeed(s, "process", json!({})).await?;
        let process = answer["object"]["content"].as_str().and_then(|text| text.parse().ok());
        let process = process.filter(|process| is_alive(*process)).ok_or_else(|| format!("no process: {answer}"))?;
        Ok(process)
    }

    pub(crate) fn died(&mut self, at: usize, text: &str) {
        self.tally.crashes += 1;
        let words = self.spots[at].died(text);
        self.spots[at].line.say(words);
    }
}
