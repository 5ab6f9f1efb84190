//! What has to be remembered from one line to a later one, and how much of it at most.

use std::collections::VecDeque;

/// Bytes of a message of the day that are kept; what is more is left out.
const MOTD_MAX: usize = 64 * 1024;
/// Topics waiting for the line that says who set them. A server sends the two together; the oldest falls out.
const TOPICS_MAX: usize = 16;

/// The message of the day as it comes in, joined with spaces.
#[derive(Debug, Default)]
pub(super) struct Motd(Option<String>);

/// Topics told, but not by whom: folded channel and text.
#[derive(Debug, Default)]
pub(super) struct Topics(VecDeque<(String, String)>);

// === impl Motd ===

impl Motd {
    pub(super) fn add(&mut self, line: &str) {
        match &mut self.0 {
            None => self.0 = Some(line.chars().take(MOTD_MAX).collect()),
            Some(text) if text.len() + 1 + line.len() <= MOTD_MAX => {
                text.push(' ');
                text.push_str(line);
            }
            Some(_) => {}
        }
    }

    /// All of it; `None` if there was no line.
    pub(super) fn take(&mut self) -> Option<String> {
        self.0.take()
    }
}

// === impl Topics ===

impl Topics {
    pub(super) fn put(&mut self, channel: String, text: &str) {
        self.0.retain(|(other, _)| *other != channel);
        if self.0.len() == TOPICS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((channel, text.to_owned()));
    }

    pub(super) fn take(&mut self, channel: &str) -> Option<String> {
        let place = self.0.iter().position(|(other, _)| other == channel)?;
        self.0.remove(place).map(|(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_message_of_the_day_is_cut() {
        let mut motd = Motd::default();
        for _ in 0..10_000 {
            motd.add(&"x".repeat(400));
        }
        let text = motd.take().unwrap();
        assert!(text.len() <= MOTD_MAX && text.len() > MOTD_MAX - 500, "{}", text.len());
        assert_eq!(motd.take(), None);
    }

    #[test]
    fn topics_without_authors_do_not_pile_up() {
        let mut topics = Topics::default();
        for number in 0..100 {
            topics.put(format!("#{number}"), "t");
        }
        assert_eq!((topics.take("#0"), topics.0.len()), (None, TOPICS_MAX));
        assert_eq!(topics.take("#99").as_deref(), Some("t"));
        assert_eq!(topics.take("#99"), None);
    }
}
