//! Which entries are answered with, and in which order (platforms.md 5.2, 5.3).

use crate::dates::Date;
use crate::parsed::ParsedEntry;
use std::cmp::Reverse;

/// Newest first, those of one moment as in the feed, undated ones last; then from `since` on, then up to `limit`.
pub(crate) fn arrange(mut entries: Vec<ParsedEntry>, since: Option<i64>, limit: Option<usize>) -> Vec<ParsedEntry> {
    if let Some(since) = since {
        // A date of 0 is what clients see for no date at all.
        entries.retain(|entry| millis(entry).is_some_and(|millis| millis != 0 && millis >= since));
    }
    entries.sort_by_key(|entry| Reverse(millis(entry)));
    entries.truncate(limit.unwrap_or(usize::MAX));
    entries
}

fn millis(entry: &ParsedEntry) -> Option<i64> {
    entry.date.get().and_then(Date::millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Titles of the entries that remain; an entry is `title@date`.
    fn arranged(entries: &[&str], since: Option<i64>, limit: Option<usize>) -> String {
        let parse = |text: &&str| {
            let mut entry = ParsedEntry::default();
            let (title, date) = text.split_once('@').unwrap();
            entry.title.offer_text(0, title);
            entry.date.offer_date(0, date);
            entry
        };
        let arranged = arrange(entries.iter().map(parse).collect(), since, limit);
        arranged.into_iter().filter_map(|entry| entry.title.into_inner()).collect()
    }

    const ENTRIES: [&str; 6] = ["a@2024-01-01", "b@", "c@2024-03-01", "d@2024-01-01", "e@soon", "f@1970-01-01"];

    #[test]
    fn newest_first_ties_in_feed_order_undated_last() {
        assert_eq!(arranged(&ENTRIES, None, None), "cadfbe");
    }

    // feeds 9
    #[test]
    fn since_the_epoch_keeps_what_is_dated() {
        assert_eq!(arranged(&ENTRIES, Some(0), None), "cad");
    }

    // feeds 8
    #[test]
    fn since_the_far_future_keeps_nothing() {
        assert_eq!(arranged(&ENTRIES, Some(32_472_144_000_000), None), "");
    }

    #[test]
    fn since_includes_its_own_instant() {
        assert_eq!(arranged(&ENTRIES, Some(1_704_067_200_000), None), "cad");
        assert_eq!(arranged(&ENTRIES, Some(1_704_067_200_001), None), "c");
    }

    // feeds 7, 10
    #[test]
    fn limit_counts_what_since_has_left() {
        assert_eq!(arranged(&ENTRIES, None, Some(4)), "cadf");
        assert_eq!(arranged(&ENTRIES, Some(1), Some(2)), "ca");
    }
}
