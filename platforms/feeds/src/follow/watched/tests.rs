use super::*;
use crate::follow::marks::Marks;
use crate::follow::marks::tests::seen;
use crate::follow::websub::Lease;

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
/// 2026-11-01 08:00 GMT.
const NOW: u64 = 1_793_520_000_000;
const A: &str = "urn:a||High tide|2026-10-31|The water in the harbour is high today";
const B: &str = "urn:b||Low tide|2026-10-30|The water in the harbour is low today";

fn name(n: usize) -> Rc<str> {
    format!("http://h{n}.example/feed.xml").into()
}

fn shown(entries: &[Seen], document: u64) -> Shown<'_> {
    Shown { entries, wishes: Wishes::default(), document, whole: true }
}

/// One topic that was looked at.
fn one(texts: &[&str]) -> (Watched, Rc<str>) {
    let (mut watched, name) = (Watched::new(Bounds::default()), name(0));
    watched.add(&name);
    watched.recalled(&name, None, NOW);
    watched.shown(&name, shown(&seen(texts), 1), NOW).unwrap();
    watched.settle(&name, 0, NOW);
    (watched, name)
}

#[test]
fn the_first_look_tells_nothing_and_the_next_what_is_new() {
    let (mut watched, name) = one(&[B]);
    let at = watched.first().unwrap();
    assert!(at > NOW && at < NOW + 17 * 60 * SECOND, "{at}");
    assert_eq!(watched.due(at - 1), None);
    assert_eq!(watched.due(at), Some(Rc::clone(&name)));
    assert!(watched.first().is_none() && watched.get(&name).unwrap().is_busy);
    assert!(watched.has_seen(&name, 1) && !watched.has_seen(&name, 2));
    let found = watched.shown(&name, shown(&seen(&[A, B]), 2), at).unwrap();
    assert_eq!(found.diff.news, [(0, Kind::Post)]);
    watched.settle(&name, 0, at);
    assert!(watched.first().unwrap() > at);
    watched.remove(&name);
    assert!(watched.first().is_none() && watched.shown(&name, shown(&[], 3), at).is_none());
}

#[test]
fn who_comes_back_is_told_alone_and_soon() {
    let (mut watched, name) = one(&[B]);
    watched.shown(&name, shown(&seen(&[A, B]), 2), NOW + HOUR).unwrap();
    let told = |told| Returning { follower: told, told };
    watched.returned(&name, told(NOW), NOW + 2 * HOUR);
    watched.returned(&name, told(NOW + HOUR), NOW + 2 * HOUR);
    assert_eq!(watched.first(), Some(NOW + 2 * HOUR));
    assert!(!watched.has_seen(&name, 2), "there is somebody to be told");
    let third = "urn:c||Storm|2026-11-01|x";
    let found = watched.shown(&name, shown(&seen(&[third, A, B]), 3), NOW + 2 * HOUR).unwrap();
    assert_eq!(found.diff.news, [(0, Kind::Post)]);
    assert_eq!(found.returning, [(NOW, vec![(1, Kind::Post)]), (NOW + HOUR, vec![])]);
    assert!(watched.get(&name).unwrap().returning.is_empty());
}

#[test]
fn looks_that_somebody_asked_for_do_not_make_the_others_rarer() {
    let (mut watched, name) = one(&[B]);
    for n in 1..100 {
        watched.shown(&name, shown(&seen(&[B]), n), NOW + n).unwrap();
        watched.unchanged(&name, NOW + n);
        watched.settle(&name, 0, NOW + n);
    }
    assert!(watched.first().unwrap() < NOW + 17 * 60 * SECOND);
}

#[test]
fn what_is_kept_says_when_to_look_again() {
    let (watched, name) = one(&[B]);
    let lore = watched.get(&name).unwrap().lore.clone();
    let again = |lore: Option<Lore>, now: u64| {
        let mut watched = Watched::new(Bounds::default());
        watched.add(&name);
        watched.recalled(&name, lore, now);
        (watched.first().unwrap(), watched)
    };
    let (at, mut watched) = again(Some(lore.clone()), NOW + 1);
    assert_eq!(at, lore.due);
    // What comes late changes nothing.
    watched.recalled(&name, None, NOW);
    assert!(watched.get(&name).unwrap().lore.known.is_some());
    let (at, _) = again(Some(lore.clone()), NOW + 24 * HOUR);
    assert!(at > NOW + 24 * HOUR && at <= NOW + 24 * HOUR + 15 * 60 * SECOND);
    let far = Lore { due: u64::MAX, ..lore };
    assert!(again(Some(far), NOW).0 <= NOW + 15 * 60 * SECOND);
}

#[test]
fn with_a_hub_a_look_a_day_is_enough_until_it_leaves_something_out() {
    let (mut watched, name) = one(&[B]);
    let mut lease = Lease::new("http://hub.example/".into(), "t".into(), [1; 48], NOW);
    lease.grant(Some(864_000), NOW);
    watched.get_mut(&name).unwrap().lore.lease = Some(Box::new(lease));
    watched.settle(&name, 0, NOW);
    let daily = watched.first().unwrap() - NOW;
    assert!((21 * HOUR..=27 * HOUR).contains(&daily), "{daily}");
    // A lease that ends sooner is renewed in time, and that is not insisted on at every look.
    watched.get_mut(&name).unwrap().lore.lease.as_mut().unwrap().grant(Some(36_000), NOW);
    watched.settle(&name, 0, NOW);
    assert_eq!(watched.first(), Some(NOW + 9 * HOUR));
    watched.get_mut(&name).unwrap().lore.lease.as_mut().unwrap().asked = NOW + 9 * HOUR;
    watched.settle(&name, 0, NOW + 9 * HOUR);
    assert_eq!(watched.first(), Some(NOW + 10 * HOUR));
    let lease = watched.get_mut(&name).unwrap().lore.lease.as_mut().unwrap();
    (lease.asked, lease.until, lease.renew) = (NOW, NOW + 240 * HOUR, NOW + 216 * HOUR);
    // The hub brings one, and a look finds another.
    let brought = seen(&[A]);
    let brought = watched.shown(&name, Shown { whole: false, ..shown(&brought, 0) }, NOW + HOUR);
    assert_eq!(brought.unwrap().diff.news.len(), 1);
    watched.shown(&name, shown(&seen(&[A, B]), 2), NOW + 2 * HOUR).unwrap();
    assert!(!watched.get(&name).unwrap().lore.lease.as_ref().unwrap().is_deaf);
    let third = seen(&["urn:c||Storm|2026-11-01|x", A, B]);
    watched.shown(&name, shown(&third, 3), NOW + 3 * HOUR).unwrap();
    assert!(watched.get(&name).unwrap().lore.lease.as_ref().unwrap().is_deaf);
    watched.settle(&name, 0, NOW + 3 * HOUR);
    assert!(watched.first().unwrap() < NOW + 20 * HOUR);
    // It is believed again once it brings something.
    let fourth = seen(&["urn:d||Calm|2026-11-01|x"]);
    watched.shown(&name, Shown { whole: false, ..shown(&fourth, 0) }, NOW + 4 * HOUR).unwrap();
    assert!(!watched.get(&name).unwrap().lore.lease.as_ref().unwrap().is_deaf);
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is there");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

/// The feeds of a simulated world: each publishes evenly, at its own time.
struct World(Vec<Publisher>);

struct Publisher {
    period: u64,
    ahead: u64,
}

impl World {
    fn new(count: usize) -> Self {
        // One in three daily, one every other day, one weekly; and one in a hundred by the hour.
        let publisher = |n: usize| {
            let period = if n.is_multiple_of(100) { HOUR } else { [24 * HOUR, 48 * HOUR, 168 * HOUR][n % 3] };
            Publisher { period, ahead: share(topic::seed(&name(n)), period) }
        };
        Self((0..count).map(publisher).collect())
    }

    /// How many entries a feed has published until then.
    fn published(&self, n: usize, now: u64) -> u64 {
        (now + self.0[n].ahead) / self.0[n].period
    }

    /// The 50 newest.
    fn entries(&self, n: usize, now: u64) -> Vec<Seen> {
        let (last, Publisher { period, ahead }) = (self.published(n, now), &self.0[n]);
        let entry = |number: u64| {
            let [id, other] = [number, number ^ 0x5555].map(|number| u32::try_from(number & 0xffff_ffff).unwrap());
            let marks = Marks { id, link_title: id, title_date: id, content: other };
            Seen { marks, is_named: true, is_telling: true, date: Some((number * period).saturating_sub(*ahead)) }
        };
        (0..50).map(|back| entry(last - back)).collect()
    }
}

#[test]
fn ten_thousand_feeds_for_a_week_take_little_and_never_come_as_a_herd() {
    const COUNT: usize = 10_000;
    let world = World::new(COUNT);
    let places: HashMap<Rc<str>, usize> = (0..COUNT).map(|n| (name(n), n)).collect();
    let before = resident();
    let mut watched = Watched::new(Bounds::default());
    // All at once, as after a restart.
    for name in places.keys() {
        watched.add(name);
        watched.recalled(name, None, NOW);
    }
    let (mut looks, mut told, mut this) = (0_u64, 0_u64, (0, 0));
    // Of each hour: its looks, and those of its busiest second.
    let mut hours = vec![(0_u64, 0_u64); 168];
    while let Some(now) = watched.first().filter(|now| *now < NOW + 168 * HOUR) {
        let name = watched.due(now).unwrap();
        let n = places[&name];
        this = if this.0 == now / SECOND { (this.0, this.1 + 1) } else { (now / SECOND, 1) };
        let hour = &mut hours[usize::try_from((now - NOW) / HOUR).unwrap()];
        *hour = (hour.0 + 1, hour.1.max(this.1));
        looks += 1;
        let document = world.published(n, now);
        if watched.has_seen(&name, document) {
            watched.unchanged(&name, now);
        } else {
            let entries = world.entries(n, now);
            told += watched.shown(&name, shown(&entries, document), now).unwrap().diff.news.len() as u64;
        }
        watched.settle(&name, 0, now);
    }
    let taken = resident().saturating_sub(before);
    let steady = hours[1..].iter().copied().reduce(|one, other| (one.0.max(other.0), one.1.max(other.1))).unwrap();
    println!("{looks} looks, {told} told; first hour {:?}, busiest after it {steady:?}", hours[0]);
    println!("{} KiB for {COUNT} feeds of 50 entries", taken / 1024);
    // What was published since its first look, and found at its last.
    let all: u64 = (0..COUNT).map(|n| world.published(n, NOW + 168 * HOUR) - world.published(n, NOW)).sum();
    assert!(told <= all && told * 100 >= all * 95, "{told} of {all}");
    assert!(taken <= 60 * 1024 * 1024, "{taken} bytes");
    // The first round takes a quarter of an hour, 11 a second; no second has three times as many.
    assert!(hours[0].1 <= 3 * 11, "{:?}", hours[0]);
    // After it no hour has three times its even share, and no second more than a few.
    assert!(steady.0 * 168 <= 3 * looks && steady.1 <= 6, "{steady:?} of {looks}");
}
