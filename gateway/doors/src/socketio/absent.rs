//! Sessions whose clients are away, per address: a session that nobody is connected to takes no place among the
//! connections, but there are only so many of them either.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// All of them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Absent {
    /// Per address; `None`: any number.
    max: Option<usize>,
    /// Oldest first.
    by_address: Arc<Mutex<HashMap<String, VecDeque<Arc<CancellationToken>>>>>,
}

/// One session's absence; over when dropped.
pub(crate) struct Absence {
    absent: Absent,
    address: String,
    displaced: Arc<CancellationToken>,
}

impl Absent {
    /// Nobody is away yet.
    pub(crate) fn new(max: Option<usize>) -> Self {
        Self { max, by_address: Arc::default() }
    }

    /// A session is away whose client was connected from `address` last. Beyond the limit the oldest of that address is
    /// displaced.
    pub(crate) fn enter(&self, address: String) -> Absence {
        let displaced = Arc::new(CancellationToken::new());
        let mut by_address = self.lock();
        let those = by_address.entry(address.clone()).or_default();
        those.push_back(Arc::clone(&displaced));
        if self.max.is_some_and(|max| those.len() > max)
            && let Some(oldest) = those.pop_front()
        {
            oldest.cancel();
        }
        drop(by_address);
        Absence { absent: self.clone(), address, displaced }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Arc<CancellationToken>>>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Absence {
    /// Resolves when there are too many younger ones.
    pub(crate) async fn displaced(&self) {
        self.displaced.cancelled().await;
    }
}

impl Drop for Absence {
    fn drop(&mut self) {
        let mut by_address = self.absent.lock();
        if let Some(those) = by_address.get_mut(&self.address) {
            those.retain(|other| !Arc::ptr_eq(other, &self.displaced));
            if those.is_empty() {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_an_address_makes_room() {
        let absent = Absent::new(Some(2));
        let first = absent.enter("a".into());
        let second = absent.enter("a".into());
        let elsewhere = absent.enter("b".into());
        assert!(!first.displaced.is_cancelled());
        let third = absent.enter("a".into());
        let displaced = |absence: &Absence| absence.displaced.is_cancelled();
        assert_eq!([&first, &second, &elsewhere, &third].map(displaced), [true, false, false, false]);
        drop(second);
        let fourth = absent.enter("a".into());
        assert_eq!([&third, &fourth].map(displaced), [false, false], "who came back takes no room");
    }

    #[test]
    fn nothing_is_left_of_who_came_back() {
        let absent = Absent::new(None);
        let all = (0..100).map(|_| absent.enter("a".into())).collect::<Vec<_>>();
        assert!(all.iter().all(|absence| !absence.displaced.is_cancelled()));
        drop(all);
        assert!(absent.lock().is_empty());
    }
}
