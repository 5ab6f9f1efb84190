//! Who comes, and who comes back.

use std::time::Instant;

use footbridge_testkit::socketio::Client;
use serde_json::json;

use crate::{
    line::Wrong,
    session::Session,
    spot::Spot,
    steps::{PACE, SESSIONS, STREAM, Taken},
    world::{LINGER, Outcome, World},
};

impl World {
    pub(crate) async fn open(&mut self, alone: bool) -> Taken {
        if self.sessions.len() >= SESSIONS {
            return Ok(false);
        }
        let at = if alone {
            let one_of_three = self.dice.roll(3);
            let actor = self.spots[one_of_three].actor.clone();
            let number = self.number();
            self.spots.push(Spot::new(number, &actor, None));
            self.spots.len() - 1
        } else {
            self.dice.roll(3)
        };
        self.enter(at).await
    }

    /// Another session with the same secret.
    pub(crate) async fn share(&mut self) -> Taken {
        if self.sessions.len() >= SESSIONS {
            return Ok(false);
        }
        let shared = self.sessions.iter().map(|session| session.at).find(|at| self.spots[*at].secret.is_some());
        match shared {
            Some(at) => self.enter(at).await,
            None => Ok(false),
        }
    }

    pub(crate) async fn enter(&mut self, at: usize) -> Taken {
        let client = self.connect().await?;
        let name = self.number();
        self.trace(&format!("  session {name} to instance {at}"));
        self.sessions.push(Session::new(name, client, at));
        self.attach(self.sessions.len() - 1).await?;
        Ok(true)
    }

    pub(crate) async fn resume(&mut self) -> Taken {
        let away: Vec<_> = (0..self.sessions.len()).filter(|s| self.sessions[*s].client.is_none()).collect();
        let Some(s) = self.dice.pick(&away).copied() else { return Ok(false) };
        if self.come_back(s).await? {
            let at = self.sessions[s].at;
            if self.dice.percent(30) {
                // Its credentials were forgotten with its connection.
                self.show(s, at).await?;
                self.succeed_or_die(s, "connect").await?;
            }
            self.settle(at).await?;
        }
        Ok(true)
    }

    /// A job that may die with a worker that is dying already.
    pub(crate) async fn succeed_or_die(&mut self, s: usize, verb: &str) -> Result<(), Wrong> {
        let wounded = self.spots[self.sessions[s].at].wounded.clone();
        match self.ask(s, verb, json!({})).await? {
            Outcome::Failed(text) if Some(&text) != wounded.as_ref() => Err(format!("{verb} failed: {text}")),
            _ => Ok(()),
        }
    }

    /// A session that is away comes back. `false`: it was too late, or may have been, and is no more.
    pub(crate) async fn come_back(&mut self, s: usize) -> Taken {
        let Session { pid, offset, at, name, away_since, .. } = &self.sessions[s];
        let (at, name, since) = (*at, *name, away_since.unwrap_or_else(Instant::now));
        let began = Instant::now();
        let client = Client::resume(&self.address, pid, *offset).await.map_err(|error| error.to_string())?;
        let between = (began, Instant::now());
        let is_known = client.pid() == Some(&**pid);
        self.trace(&format!("  session {name} of instance {at}, after {:?}: {is_known}", since.elapsed()));
        if between.1 - since >= LINGER {
            self.tally.late += 1;
            client.disconnect().await;
            self.sessions.remove(s);
            return Ok(false);
        }
        if !is_known {
            return Err(format!("session {name} came back in time and is not known"));
        }
        self.tally.resumed += 1;
        let was_empty = self.here(at).is_empty();
        let session = &mut self.sessions[s];
        session.client = Some(client);
        session.away_since = None;
        if let Some((tag, end)) = session.lasting.take()
            && between.1 < end
        {
            // It was under way when the gateway knew that nobody waited for an acknowledgement.
            session.by_event.insert(tag, true);
        }
        let spot = &mut self.spots[at];
        if was_empty && spot.last_to_leave() == Some(name) && spot.knows_all_but(name) {
            spot.line.was_deserted();
        }
        spot.is_back(name);
        spot.deserted_since = None;
        spot.line.attended(between);
        Ok(true)
    }

    /// A client has a new connection while the old one seems alive, perhaps while somebody is told a lot.
    pub(crate) async fn take_over(&mut self) -> Taken {
        let Some(s) = self.someone() else { return Ok(false) };
        let (at, name) = (self.sessions[s].at, self.sessions[s].name);
        self.settle(at).await?;
        let speaker = self.here(at).into_iter().find(|other| *other != s);
        let stream = match speaker {
            Some(speaker) => {
                let (activities, words) = self.spots[at].pushes(STREAM);
                let job = self.begin(speaker, "push", json!({"activities": activities, "every": PACE})).await;
                Some((job, words))
            }
            None => None,
        };
        let (actor, said) = (self.spots[at].actor.clone(), self.spots[at].line.said());
        let session = &mut self.sessions[s];
        session.collect(&actor)?;
        let began = Instant::now();
        let client = Client::resume(&self.address, &session.pid, session.offset).await;
        let client = client.map_err(|error| error.to_string())?;
        if client.pid() != Some(&*session.pid) {
            return Err("not known although it is connected".into());
        }
        self.tally.resumed += 1;
        // Nobody listens to the old one any more.
        session.client = Some(client);
        if speaker.is_none() {
            let spot = &mut self.spots[at];
            let sure = spot.knows_all_but(name);
            spot.line.deserted(sure, (said, if sure { said } else { usize::MAX }));
            spot.line.attended((began, Instant::now()));
        }
        if let Some((job, words)) = stream {
            self.end_well(at, job).await?;
            self.tally.pushed += words.len() as u64;
            self.spots[at].line.say(words);
        }
        self.settle(at).await?;
        Ok(true)
    }
}
