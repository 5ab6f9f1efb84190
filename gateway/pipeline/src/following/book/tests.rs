use super::*;

const NOW: u64 = 1_700_000_000_000;

fn feeds() -> PlatformId {
    PlatformId::from("feeds")
}

fn session(byte: u8) -> SessionId {
    SessionId::from_random([byte; 16])
}

fn key(byte: u8) -> InstanceKey {
    InstanceKey([byte; 32])
}

fn watch(topic: &str) -> Errand {
    Errand::Order(Order::Watch(feeds(), Watch { topic: topic.into(), returning: None }))
}

fn unwatch(topic: &str) -> Errand {
    Errand::Order(Order::Unwatch(feeds(), topic.into()))
}

fn stand(stands: bool) -> Errand {
    Errand::Order(Order::Stand(feeds(), stands))
}

fn done() -> Outcome {
    Outcome::Unchanged
}

/// A book in which sessions join followers and ask for things.
#[derive(Default)]
struct Scene {
    book: Book,
    jobs: u128,
}

impl Scene {
    fn join(&mut self, follower: u8, by: u8, named: bool) {
        self.join_from(None, follower, by, named);
    }

    fn join_from(&mut self, address: Option<&Arc<str>>, follower: u8, by: u8, named: bool) {
        let (platform, follower, session) = (&feeds(), key(follower), session(by));
        self.book.attend(&Attendance { follower, platform, session, address, named });
    }

    fn ask(&mut self, follower: u8, by: u8) -> JobId {
        self.jobs += 1;
        let job = JobId(self.jobs);
        self.book.begin(job, Asked::new(key(follower), feeds(), session(by), Bytes::from_static(b"{}")));
        job
    }

    /// A session follows a topic for a follower: what is to be done until the job has ended.
    fn follow(&mut self, follower: u8, by: u8, topic: &str) -> Vec<Errand> {
        let job = self.ask(follower, by);
        let mut errands = self.book.follows(&feeds(), job, topic);
        errands.extend(self.book.ended(job, done(), NOW).expect("ours").1);
        errands
    }

    fn told(&self, topic: &str, only: Option<u64>) -> Vec<SessionId> {
        self.book.audience(&feeds(), topic, only, NOW).0
    }
}

#[test]
fn a_topic_is_watched_from_its_first_follower_to_its_last() {
    let mut scene = Scene::default();
    scene.join(1, 1, false);
    scene.join(2, 2, false);
    assert_eq!(scene.follow(1, 1, "a"), [stand(true), watch("a")]);
    assert_eq!(scene.follow(2, 2, "a"), []);
    assert_eq!(scene.follow(2, 2, "b"), [watch("b")]);
    assert_eq!(scene.told("a", None), [session(1), session(2)]);
    assert_eq!(scene.told("b", None), [session(2)]);
    assert_eq!(scene.told("c", None), []);
    let job = scene.ask(2, 2);
    assert_eq!(scene.book.unfollows(job, "a"), []);
    assert_eq!(scene.book.unfollows(job, "never followed"), []);
    assert_eq!(scene.book.gone(session(1), NOW), [unwatch("a"), Errand::Gone(key(1))]);
    assert_eq!(scene.book.gone(session(2), NOW), [unwatch("b"), stand(false), Errand::Gone(key(2))]);
    assert!(!scene.book.has_topics(&feeds()));
}

#[test]
fn what_is_followed_twice_is_followed_once() {
    let mut scene = Scene::default();
    scene.join(1, 1, false);
    scene.follow(1, 1, "a");
    assert_eq!(scene.follow(1, 1, "a"), []);
    assert_eq!(scene.told("a", None), [session(1)]);
}

#[test]
fn a_session_that_follows_the_same_for_two_actors_is_told_once() {
    let mut scene = Scene::default();
    scene.join(1, 1, false);
    scene.join(2, 1, false);
    scene.follow(1, 1, "a");
    scene.follow(2, 1, "a");
    assert_eq!(scene.told("a", None), [session(1)]);
    scene.book.leave(&key(1), session(1), NOW);
    assert_eq!(scene.told("a", None), [session(1)]);
    assert_eq!(scene.book.gone(session(1), NOW).last(), Some(&Errand::Gone(key(2))));
}

#[test]
fn what_a_named_follower_follows_is_kept_and_taken_up_again() {
    let mut scene = Scene::default();
    scene.join(1, 1, true);
    assert!(scene.book.is_unknown(&key(1)));
    assert_eq!(scene.book.returned(&key(1), vec![], 0), []);
    assert!(!scene.book.is_unknown(&key(1)));
    let kept = Errand::Keep(feeds(), key(1), vec![Change::Follows("a".into())]);
    let told = Errand::Told(feeds(), key(1), NOW);
    assert_eq!(scene.follow(1, 1, "a"), [stand(true), watch("a"), kept, told.clone()]);
    assert_eq!(scene.book.audience(&feeds(), "a", None, NOW).1, std::slice::from_ref(&told));
    let gone = scene.book.gone(session(1), NOW);
    assert_eq!(gone, [told, unwatch("a"), stand(false), Errand::Gone(key(1))]);

    scene.join(1, 2, true);
    assert!(scene.book.is_unknown(&key(1)));
    let Errand::Order(Order::Watch(_, Watch { topic, returning: Some(returning) })) =
        &scene.book.returned(&key(1), vec!["a".into()], NOW)[1]
    else {
        panic!("it is not watched for who came back")
    };
    assert_eq!((topic.as_str(), returning.told), ("a", NOW));
    assert_eq!(scene.told("a", Some(returning.follower)), [session(2)]);
    assert_eq!(scene.told("a", Some(returning.follower + 1)), []);
    assert_eq!(scene.book.followed(&key(1)), [Arc::from("a")] as [Arc<str>; 1]);
}

#[test]
fn a_named_follower_of_whom_nothing_is_known_yet_is_not_said_to_have_been_told_anything() {
    let mut scene = Scene::default();
    scene.join(1, 1, true);
    assert_eq!(scene.book.gone(session(1), NOW), [Errand::Gone(key(1))]);
}

#[test]
fn whoever_left_before_its_job_ended_follows_nothing() {
    let mut scene = Scene::default();
    scene.join(1, 1, false);
    let job = scene.ask(1, 1);
    scene.book.gone(session(1), NOW);
    assert_eq!(scene.book.follows(&feeds(), job, "a"), [unwatch("a")]);
    let (ended, errands) = scene.book.ended(job, done(), NOW).expect("ours");
    assert_eq!((ended.outcome, ended.others, errands), (done(), vec![], vec![]));
    // Nor does a job that is unknown.
    assert_eq!(scene.book.follows(&feeds(), job, "a"), [unwatch("a")]);
    assert_eq!(scene.book.ended(job, done(), NOW), Err(done()));
}

#[test]
fn beyond_the_bound_nothing_more_is_followed_and_the_job_says_so() {
    let mut scene = Scene::default();
    scene.join(1, 1, false);
    for number in 0..MAX_TOPICS {
        scene.follow(1, 1, &number.to_string());
    }
    let job = scene.ask(1, 1);
    assert_eq!(scene.book.follows(&feeds(), job, "0"), []);
    assert_eq!(scene.book.follows(&feeds(), job, "one more"), [unwatch("one more")]);
    let (ended, _) = scene.book.ended(job, done(), NOW).expect("ours");
    assert_eq!(ended.outcome, Outcome::Failed("Error: nobody may follow more than 1000".into()));
    assert_eq!(scene.told("one more", None), []);
}

#[test]
fn from_one_address_no_more_is_followed_than_the_operator_allows() {
    let mut scene = Scene { book: Book::new(Some(2)), jobs: 0 };
    let [home, other] = ["192.0.2.1", "192.0.2.2"].map(Arc::<str>::from);
    scene.join_from(Some(&home), 1, 1, false);
    scene.join_from(Some(&home), 2, 2, false);
    scene.join_from(Some(&other), 3, 3, false);
    scene.follow(1, 1, "a");
    scene.follow(2, 2, "a");
    let mut refused = |follower, by| {
        let job = scene.ask(follower, by);
        scene.book.follows(&feeds(), job, "b");
        matches!(scene.book.ended(job, done(), NOW).expect("ours").0.outcome, Outcome::Failed(text)
            if text == "Error: no more than 2 may be followed from this address (limits.maxTopicsPerAddress)")
    };
    assert_eq!([refused(1, 1), refused(2, 2), refused(3, 3)], [true, true, false]);
    scene.book.gone(session(2), NOW);
    let job = scene.ask(1, 1);
    assert_eq!(scene.book.follows(&feeds(), job, "b"), []);
    assert_eq!(scene.told("b", None), [session(1), session(3)]);
}

#[test]
fn other_sessions_of_a_follower_see_what_one_of_them_did() {
    let mut scene = Scene::default();
    for by in [1, 2, 3] {
        scene.join(1, by, true);
    }
    let job = scene.ask(1, 2);
    let (ended, _) = scene.book.ended(job, done(), NOW).expect("ours");
    assert_eq!(ended.others, [session(1), session(3)]);
    let job = scene.ask(1, 2);
    let (ended, _) = scene.book.ended(job, Outcome::Failed("no".into()), NOW).expect("ours");
    assert_eq!(ended.others, [], "failures are its own business");
}

#[test]
fn a_topic_that_is_over_is_followed_by_nobody() {
    let mut scene = Scene::default();
    scene.join(1, 1, true);
    scene.join(2, 2, false);
    for (follower, by, topic) in [(1, 1, "a"), (2, 2, "a"), (2, 2, "b")] {
        scene.follow(follower, by, topic);
    }
    let (sessions, errands) = scene.book.over(&feeds(), "a");
    assert_eq!(sessions, [session(1), session(2)]);
    let forgotten = Errand::Keep(feeds(), key(1), vec![Change::Unfollows("a".into())]);
    assert_eq!(errands, [forgotten, unwatch("a")]);
    assert_eq!(scene.book.topics(&feeds()), ["b"]);
}
