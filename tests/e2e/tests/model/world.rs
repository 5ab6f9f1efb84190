//! A few actors, secrets and clients, driven one step after the other; several worlds run at a time.
//!
//! After each step that made an instance speak, it is given one more job: when that is answered, everything before has
//! reached the connections of all who are attached; and when each of them has answered a packet of its own, it has
//! reached the clients. Then what they heard is held against what was said. So nothing waits for a time to pass.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use footbridge_e2e::{credentials, puppet};
use footbridge_testkit::{
    dice::Dice,
    socketio::{Ack, Client},
};
use serde_json::{Value, json};

use crate::{
    line::{Arrival, Heard, Line, Tag, Word, Wrong},
    session::Session,
    spot::Spot,
    tally::Tally,
};

/// Messages kept for those who are away.
pub(crate) const KEPT: usize = 40;
/// How long an instance outlives its last session, and a session its connection.
pub(crate) const LINGER: Duration = Duration::from_secs(3);
/// Deadline of a job.
pub(crate) const JOB: Duration = Duration::from_secs(3);
/// Steps that are told when something is wrong.
const TRACE: usize = 25;
/// How often a job is sent again that dies with a worker.
const TRIES: usize = 200;

/// How a job ended.
pub(crate) enum Outcome {
    Done(Value),
    Failed(String),
}

/// A world.
pub(crate) struct World {
    pub(crate) number: u64,
    pub(crate) dice: Dice,
    pub(crate) address: String,
    pub(crate) spots: Vec<Spot>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) tally: Tally,
    /// What no job, session or name has been numbered with yet.
    next: u64,
    /// Steps taken.
    pub(crate) round: u64,
    trace: VecDeque<String>,
}

impl World {
    pub(crate) fn new(number: u64, seed: u64, address: &str) -> Self {
        let mut world = Self {
            number,
            dice: Dice::new(seed.wrapping_mul(1000).wrapping_add(number)),
            address: address.into(),
            spots: Vec::new(),
            sessions: Vec::new(),
            tally: Tally::default(),
            next: number * 1_000_000_000,
            round: 0,
            trace: VecDeque::new(),
        };
        // All worlds have a kim; its secrets are each world's own.
        for (actor, secret) in [("kim", "a"), ("kim", "b"), ("sam", "a")] {
            let spot = Spot::new(world.number(), actor, Some(format!("{secret} of {number}")));
            world.spots.push(spot);
        }
        world
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Notes what is about to happen, for whoever has to find out what went wrong.
    pub(crate) fn trace(&mut self, what: &str) {
        if self.trace.len() == TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{}: {what}", self.round));
    }

    pub(crate) fn story(&self) -> String {
        self.trace.iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// The connected sessions of an instance.
    pub(crate) fn here(&self, spot: usize) -> Vec<usize> {
        (0..self.sessions.len())
            .filter(|s| self.sessions[*s].at == spot && self.sessions[*s].client.is_some())
            .collect()
    }

    /// A job to be sent.
    pub(crate) fn job(&mut self, s: usize, verb: &str, mut object: Value) -> (Tag, Value) {
        let tag = self.number();
        let spot = &self.spots[self.sessions[s].at];
        let actor = match &spot.alias {
            // Only who is attached finds it by that.
            Some(alias) if self.sessions[s].place.is_some() && self.dice.percent(50) => alias.clone(),
            _ => spot.actor.clone(),
        };
        object["type"] = "note".into();
        object["tag"] = tag.into();
        self.sessions[s].asked.insert(tag);
        (tag, puppet(verb, &actor, object))
    }

    /// Sends a job without waiting for its answer.
    pub(crate) async fn begin(&mut self, s: usize, verb: &str, object: Value) -> (Tag, Ack) {
        let (tag, activity) = self.job(s, verb, object);
        self.tally.asks += 1;
        (tag, self.sessions[s].client().ask("message", &activity).await)
    }

    /// Sends a job that nobody acknowledges, and makes sure that it has been taken.
    pub(crate) async fn emit(&mut self, s: usize, verb: &str, object: Value) -> Result<Tag, Wrong> {
        let (tag, activity) = self.job(s, verb, object);
        self.sessions[s].client().emit("message", &activity).await;
        self.barrier(s).await?;
        Ok(tag)
    }

    /// Waits for a job's answer. If it succeeded, all others are shown it.
    pub(crate) async fn end(&mut self, spot: usize, (tag, ack): (Tag, Ack)) -> Result<Outcome, Wrong> {
        let answer = ack.value().await.map_err(|error| format!("no answer to {tag}: {error}"))?;
        self.tally.answers += 1;
        if answer["object"]["tag"] != tag {
            return Err(format!("the answer to {tag} is another's: {answer}"));
        }
        if let Some(text) = answer.get("error").and_then(Value::as_str) {
            self.tally.failure(text);
            return Ok(Outcome::Failed(text.into()));
        }
        self.spots[spot].line.show(tag, self.round);
        Ok(Outcome::Done(answer))
    }

    /// Sends a job and waits for its answer.
    pub(crate) async fn ask(&mut self, s: usize, verb: &str, object: Value) -> Result<Outcome, Wrong> {
        let job = self.begin(s, verb, object).await;
        self.end(self.sessions[s].at, job).await
    }

    /// Sends a job that must succeed.
    pub(crate) async fn succeed(&mut self, s: usize, verb: &str, object: Value) -> Result<Value, Wrong> {
        match self.ask(s, verb, object).await? {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Failed(text) => Err(format!("{verb} failed: {text}")),
        }
    }

    /// Sends a packet that the connection itself answers: what had been sent either way before has arrived.
    pub(crate) async fn barrier(&mut self, s: usize) -> Result<(), Wrong> {
        let refused = self.sessions[s].client().call("message", &json!(7)).await;
        let refused = refused.map_err(|error| format!("no answer of the connection: {error}"))?;
        if refused.get("error").is_some() { Ok(()) } else { Err(format!("not an activity, but taken: {refused}")) }
    }

    /// Shows the credentials of a spot.
    pub(crate) async fn show(&mut self, s: usize, spot: usize) -> Result<(), Wrong> {
        let Spot { actor, secret, .. } = &self.spots[spot];
        let object = secret.as_ref().map_or_else(|| json!({}), |secret| json!({"password": secret}));
        let credentials = credentials(actor, object);
        self.show_these(s, &credentials).await
    }

    pub(crate) async fn show_these(&mut self, s: usize, credentials: &Value) -> Result<(), Wrong> {
        self.tally.asks += 1;
        let stored = self.sessions[s].client().call("credentials", credentials).await;
        let stored = stored.map_err(|error| format!("no answer to credentials: {error}"))?;
        self.tally.answers += 1;
        if stored.get("error").is_none() { Ok(()) } else { Err(format!("credentials refused: {stored}")) }
    }

    /// Attaches a session that has shown its credentials: with a connect, or where one is connected with any verb.
    pub(crate) async fn attach(&mut self, mut s: usize) -> Result<(), Wrong> {
        let at = self.sessions[s].at;
        self.show(s, at).await?;
        let began = Instant::now();
        let coin = self.dice.percent(50);
        let spot = &self.spots[at];
        let mut plain = spot.connected && (coin || spot.is_doubtful() || spot.wounded.is_some());
        self.sessions[s].asked.clear();
        self.sessions[s].place = None;
        for _ in 0..TRIES {
            let spot = &self.spots[at];
            let (said, results, wounded) = (spot.line.said(), spot.line.results(), spot.wounded.clone());
            match self.ask(s, if plain { "process" } else { "connect" }, json!({})).await? {
                Outcome::Done(_) => {
                    let between = (began, Instant::now());
                    return self
                        .attached(s, Arrival { said, results, between, wounded: wounded.is_some() }, plain)
                        .await;
                }
                Outcome::Failed(text) if plain && text == "process called on uninitialized platform" => {
                    let since = self.spots[at].deserted_since;
                    if since.is_none_or(|since| since.elapsed() < LINGER) {
                        return Err("the instance is gone although somebody was there in time".into());
                    }
                    let name = self.sessions[s].name;
                    self.renew(at);
                    s = self.find(name).ok_or("it is connected")?;
                    plain = false;
                }
                Outcome::Failed(text) if Some(&text) == wounded.as_ref() => {}
                Outcome::Failed(text) => return Err(format!("not attached: {text}")),
            }
        }
        Err("no worker comes up".into())
    }

    async fn attached(&mut self, s: usize, arrival: Arrival, plain: bool) -> Result<(), Wrong> {
        let at = self.sessions[s].at;
        let spot = &mut self.spots[at];
        if !plain && spot.deserted_since.is_some_and(|since| arrival.between.1 - since >= LINGER) {
            // It took so long that the instance may have been another one by then.
            self.tally.late += 1;
            return self.retire(at).await;
        }
        spot.connected = true;
        spot.deserted_since = None;
        self.sessions[s].arrival = Some(arrival);
        self.settle(at).await
    }

    /// The instance ended because nobody was there: the next one begins at the beginning, and has no sessions.
    fn renew(&mut self, spot: usize) {
        self.sessions.retain(|session| session.at != spot || session.client.is_some());
        let number = self.number();
        let Spot { actor, secret, .. } = &self.spots[spot];
        self.spots[spot] = Spot::new(number, actor, secret.clone());
    }

    /// Everybody leaves an instance for good; another secret takes its place.
    pub(crate) async fn retire(&mut self, spot: usize) -> Result<(), Wrong> {
        for session in self.sessions.extract_if(.., |session| session.at == spot) {
            if let Some(client) = session.client {
                client.disconnect().await;
            }
        }
        let number = self.number();
        let Spot { actor, secret, .. } = &self.spots[spot];
        let secret = secret.as_ref().map(|_| format!("another of {}: {number}", self.number));
        self.spots[spot] = Spot::new(number, actor, secret);
        Ok(())
    }

    /// Waits until everything an instance said has arrived, and holds it against what it should be.
    pub(crate) async fn settle(&mut self, spot: usize) -> Result<(), Wrong> {
        let here = self.here(spot);
        let Some(first) = here.first() else { return Ok(()) };
        for attempt in 0.. {
            match self.ask(*first, "send", json!({})).await? {
                Outcome::Done(_) => break,
                Outcome::Failed(text) if self.spots[spot].wounded.as_ref() == Some(&text) && attempt < TRIES => {}
                Outcome::Failed(text) => return Err(format!("send failed: {text}")),
            }
        }
        self.spots[spot].wounded = None;
        for s in here {
            self.barrier(s).await?;
            self.look(s)?;
        }
        Ok(())
    }

    /// Holds what a session heard against what was said. Everything must have arrived.
    pub(crate) fn look(&mut self, s: usize) -> Result<(), Wrong> {
        let (session, tally) = (&mut self.sessions[s], &mut self.tally);
        let spot = &mut self.spots[session.at];
        session.collect(&spot.actor)?;
        let (asked, missing) = (std::mem::take(&mut session.asked), session.unanswered());
        let own = |tag| asked.contains(&tag);
        let (place, arrival) = (session.place, session.arrival);
        let compare = |line: &mut Line, heard: &Heard| match (place, arrival) {
            (_, Some(arrival)) => line.greet(arrival, heard, own),
            (Some(place), None) => line.follow(place, heard, own, missing),
            (None, None) => Err("a session that was never attached".into()),
        };
        let mut heard = session.heard(false);
        let now = compare(&mut spot.line, &heard).or_else(|wrong| {
            heard = session.heard(true);
            compare(&mut spot.line, &heard).map_err(|_| wrong)
        });
        session.place = Some(now.map_err(|wrong| format!("session {} at {}: {wrong}", session.name, spot.actor))?);
        if let Some(arrival) = session.arrival.take() {
            let since = spot.line.said() - arrival.said;
            tally.caught_up += (heard.words.len() + heard.results.len()).saturating_sub(since) as u64;
        }
        tally.heard += heard.words.iter().filter(|word| matches!(word, Word::Push(_))).count() as u64;
        tally.shown += heard.results.len() as u64;
        tally.lost += heard.lost as u64;
        tally.answered_by_event += session.answered as u64;
        session.forget();
        Ok(())
    }

    /// A session has left an instance: if nobody is there now, it is deserted. `sure`: the gateway knows of this
    /// departure; `first`: see [`Line::deserted`], if it knows of all others, too.
    pub(crate) fn left(&mut self, at: usize, name: u64, since: Instant, sure: bool, first: (usize, usize)) {
        if self.here(at).iter().all(|s| self.sessions[*s].name == name) {
            let spot = &mut self.spots[at];
            let sure = sure && spot.knows_all_but(name);
            spot.line.deserted(sure, if sure { first } else { (first.0, usize::MAX) });
            spot.deserted_since = Some(since);
        }
        if !sure {
            self.spots[at].departs(name);
        }
    }

    /// Where a session is.
    pub(crate) fn find(&self, name: u64) -> Option<usize> {
        self.sessions.iter().position(|session| session.name == name)
    }

    /// Connects another client.
    pub(crate) async fn connect(&mut self) -> Result<Client, Wrong> {
        Client::connect(&self.address).await.map_err(|error| format!("not connected: {error}"))
    }
}
