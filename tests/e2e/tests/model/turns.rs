//! Who shows other credentials: wrong ones, or those of another connection.

use std::time::Instant;

use footbridge_e2e::{credentials, error, puppet};
use serde_json::json;

use crate::{
    line::Wrong,
    steps::{PACE, STREAM, Taken},
    world::World,
};

impl World {
    /// A session shows the other secret of its actor, perhaps while the instance it leaves is speaking: who comes after
    /// it hears everything from there on.
    pub(crate) async fn change(&mut self, while_pushing: bool) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        let other = (0..3).find(|other| *other != at && self.spots[*other].actor == self.spots[at].actor);
        let Some(other) = other.filter(|_| self.spots[at].secret.is_some()) else { return Ok(false) };
        self.settle(at).await?;
        if while_pushing && self.here(at).len() == 1 {
            self.leave_while_pushing(s, other).await?;
        } else {
            self.show(s, other).await?;
            self.turned_away(s).await?;
        }
        self.sessions[s].at = other;
        self.attach(s).await?;
        Ok(true)
    }

    pub(crate) async fn leave_while_pushing(&mut self, s: usize, other: usize) -> Result<(), Wrong> {
        let at = self.sessions[s].at;
        let (activities, words) = self.spots[at].pushes(STREAM);
        let job = self.begin(s, "push", json!({"activities": activities, "every": PACE})).await;
        let actor = self.spots[at].actor.clone();
        self.sessions[s].listen(&actor).await?;
        let since = Instant::now();
        self.show(s, other).await?;
        let said = self.spots[at].line.said();
        self.end_well(at, job).await?;
        self.barrier(s).await?;
        self.sessions[s].collect(&actor)?;
        let heard = self.sessions[s].heard(false);
        if !words.starts_with(&heard.words) || !heard.results.is_empty() || heard.lost > 0 {
            return Err(format!("heard {heard:?} before it left, of {words:?}"));
        }
        self.sessions[s].forget();
        let heard = heard.words.len();
        // Behind the last push comes its result, which it is not shown.
        let first = (said + heard, said + heard + usize::from(heard == words.len()));
        let name = self.sessions[s].name;
        self.left(at, name, since, true, first);
        self.said(at, words);
        Ok(())
    }

    /// The session has shown other credentials: it hears no more of the instance it was attached to.
    pub(crate) async fn turned_away(&mut self, s: usize) -> Result<(), Wrong> {
        let (at, name, since) = (self.sessions[s].at, self.sessions[s].name, Instant::now());
        self.barrier(s).await?;
        self.look(s)?;
        let said = self.spots[at].line.said();
        self.left(at, name, since, true, (said, said));
        Ok(())
    }

    /// Credentials that the server refuses, shown by a stranger or by somebody who is attached.
    pub(crate) async fn wrong_credentials(&mut self) -> Taken {
        let refused = json!({"password": "wrong", "token": self.number.to_string()});
        if self.dice.percent(50) {
            let mut client = self.connect().await?;
            let actor = self.spots[0].actor.clone();
            for _ in 0..2 {
                client.call("credentials", &credentials(&actor, refused.clone())).await.map_err(|e| e.to_string())?;
                let answer = client.call("message", &puppet("connect", &actor, json!({}))).await;
                let answer = answer.map_err(|error| error.to_string())?;
                self.tally.failure(error(&answer));
                if error(&answer) != "Error: bad auth" {
                    return Err(format!("wrong credentials: {answer}"));
                }
            }
            client.disconnect().await;
            return Ok(true);
        }
        let Some(s) = self.someone() else { return Ok(false) };
        let at = self.sessions[s].at;
        if self.spots[at].secret.is_none() {
            return Ok(false);
        }
        self.settle(at).await?;
        let actor = self.spots[at].actor.clone();
        self.show_these(s, &credentials(&actor, refused)).await?;
        self.turned_away(s).await?;
        let job = puppet("connect", &actor, json!({}));
        let answer = self.sessions[s].client().call("message", &job).await.map_err(|error| error.to_string())?;
        if error(&answer) != "Error: bad auth" {
            return Err(format!("wrong credentials: {answer}"));
        }
        self.tally.failure(error(&answer));
        self.attach(s).await?;
        Ok(true)
    }
}
