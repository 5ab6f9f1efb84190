//! What pools are to do.

use footbridge_wire::{InstanceId, JobId, SessionId};

use super::*;

const TERMS: Terms = Terms { concurrency: 2, room: true, stalled: false };

fn busy(jobs: usize) -> Post {
    Post::Staffed { jobs, trying: false }
}

const TRYING: Post = Post::Staffed { jobs: 1, trying: true };

fn choose(terms: Terms, posts: &[Post]) -> Option<Choice> {
    terms.choose(posts.iter().copied())
}

#[test]
fn who_has_the_least_to_do_gets_the_next_job_and_the_first_of_equals() {
    use Choice::{Give, Start};
    use Post::{Leaving, Vacant};
    for (posts, expected) in [
        (&[Vacant, Vacant, Vacant][..], Start(0)),
        (&[busy(0), busy(0), Vacant], Give(0)),
        (&[busy(1), busy(0), Vacant], Give(1)),
        (&[busy(1), Vacant, Vacant], Give(0)),
        (&[busy(2), Vacant, Vacant], Start(1)),
        (&[Vacant, busy(2), busy(2)], Start(0)),
        (&[busy(3), busy(2), busy(2)], Give(1)),
        // Somebody who is leaving is waited for only where there is no other place.
        (&[Leaving, Vacant, busy(2)], Start(1)),
        (&[Leaving, busy(2), busy(2)], Start(0)),
        (&[Leaving, busy(1), Vacant], Give(1)),
        // Whoever tries suspects takes nothing else, unless nobody else can.
        (&[TRYING, busy(1), Vacant], Give(1)),
        (&[TRYING, busy(2), Vacant], Start(2)),
        (&[TRYING, busy(2), busy(5)], Give(1)),
        (&[TRYING], Give(0)),
    ] {
        assert_eq!(choose(TERMS, posts), Some(expected), "{posts:?}");
    }
}

#[test]
fn a_pool_that_may_not_grow_goes_on_with_what_it_has() {
    use Choice::{Give, Start};
    use Post::{Leaving, Vacant};
    let full = Terms { room: false, ..TERMS };
    let stalled = Terms { stalled: true, ..TERMS };
    for (terms, posts, expected) in [
        (full, &[busy(2), Vacant][..], Some(Give(0))),
        (full, &[Vacant, Vacant], None),
        (full, &[Leaving, Vacant], Some(Start(0))), // core 60
        (full, &[Leaving, busy(2)], Some(Start(0))),
        (stalled, &[busy(7), Vacant], Some(Give(0))),
        (stalled, &[busy(7), Leaving], Some(Give(0))),
        (stalled, &[Vacant, Vacant], Some(Start(0))),
    ] {
        assert_eq!(choose(terms, posts), expected, "{posts:?}");
    }
}

#[test]
fn places_have_keys_of_their_own_and_the_first_the_pools() {
    let pool = InstanceKey([7; 32]);
    let keys: Vec<_> = (0..64).map(|place| key(pool, place)).collect();
    assert_eq!(keys[0], pool);
    for (place, key) in keys.iter().enumerate() {
        assert!(!keys[..place].contains(key), "{place}");
    }
}

#[test]
fn a_job_counts_until_it_is_dropped() {
    let load = Arc::new(Load::default());
    let jobs = [Counted::new(&load), Counted::new(&load)];
    assert_eq!(load.post(), busy(2));
    drop(jobs);
    load.set_trying(true);
    assert_eq!(load.post(), Post::Staffed { jobs: 0, trying: true });
}

#[test]
fn what_one_has_no_room_for_is_the_next_ones_of_its_pool() {
    let (crews, pool, other) = (Crews::default(), InstanceKey([1; 32]), InstanceKey([2; 32]));
    let job = |id| {
        Box::new(Job {
            id: JobId(id),
            instance: InstanceId::default(),
            session: SessionId::NOBODY,
            verb: "fetch".into(),
            activity: "{}".into(),
            credentials: None,
        })
    };
    for id in [1, 2] {
        crews.leave(pool, (job(id), None));
    }
    assert!(crews.take(&other).is_none());
    let taken: Vec<_> = std::iter::from_fn(|| crews.take(&pool)).map(|(job, _)| job.id.0).collect();
    assert_eq!(taken, [1, 2]);
}

#[test]
fn a_failed_start_stalls_a_pool_for_a_while_but_only_where_others_serve() {
    let (crews, now) = (Crews::default(), Instant::now());
    let (pool, other) = (InstanceKey([1; 32]), InstanceKey([2; 32]));
    assert!(!crews.stall(&pool, now), "nobody else is there");
    let serving = crews.serve(pool);
    assert!(!crews.is_stalled(&pool, now));
    assert!(crews.stall(&pool, now));
    assert!(crews.is_stalled(&pool, now) && !crews.is_stalled(&pool, now + STALL));
    assert!(!crews.is_stalled(&other, now), "each pool is for itself");
    drop(serving);
    assert!(!crews.stall(&pool, now));
}
