//! Guessing which name was meant.

/// The candidate that the fewest edits turn `written` into, if a slip of the fingers explains the difference.
pub(crate) fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    // A third of a short name is already another name.
    let most = (written.chars().count() / 3).clamp(1, 3);
    let (edits, candidate) = candidates.map(|candidate| (distance(written, candidate), candidate)).min()?;
    (edits <= most).then(|| candidate.to_owned())
}

/// Levenshtein's distance, in which a change of case counts nothing.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, to) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_names_are_not() {
        let known = ["concurrency", "connectTimeoutMs", "allowPrivateAddresses"];
        let cases = [
            ("concurency", Some("concurrency")),
            ("connecttimeoutms", Some("connectTimeoutMs")),
            ("allowPrivateAdresse", Some("allowPrivateAddresses")),
            ("greeting", None),
            ("", None),
        ];
        for (written, want) in cases {
            assert_eq!(nearest(written, known.into_iter()).as_deref(), want, "{written}");
        }
    }
}
