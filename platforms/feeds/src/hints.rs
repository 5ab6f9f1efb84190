//! What a feed says of itself to those who look after it: when to look again, and who announces its news.

use url::Url;

/// Seconds of each period that `sy:updatePeriod` knows.
const PERIODS: [(&str, u32); 5] =
    [("hourly", 3600), ("daily", 86_400), ("weekly", 604_800), ("monthly", 2_592_000), ("yearly", 31_536_000)];
/// Days as `skipDays` names them; a week begins on Monday here.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Longest URL of a hub, and of a feed as it knows itself, in bytes.
pub(crate) const MAX_URL: usize = 2048;

/// All that a feed may say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    wishes: Wishes,
    /// Seconds, and how many updates there are in them.
    period: Option<u32>,
    frequency: Option<u32>,
    /// Who announces what is new (`WebSub`), an absolute URL.
    pub(crate) hub: Option<String>,
    /// By what URL it knows itself.
    pub(crate) own: Option<String>,
}

/// When a feed wants to be left alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// Seconds between two looks, at least; 0: as one likes.
    pub(crate) rest: u32,
    /// Hours of the day in GMT, bit 0 from midnight to one o'clock.
    pub(crate) skip_hours: u32,
    /// Days of the week in GMT, bit 0 is Monday.
    pub(crate) skip_days: u8,
}

impl Hints {
    /// `ttl` of RSS, in minutes.
    pub(crate) fn ttl(&mut self, minutes: &str) {
        if let Ok(minutes) = minutes.trim().parse::<u32>() {
            self.wishes.rest = minutes.saturating_mul(60);
        }
    }

    /// `sy:updatePeriod`.
    pub(crate) fn period(&mut self, name: &str) {
        let known = PERIODS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
        self.period = known.map(|(_, seconds)| *seconds);
    }

    /// `sy:updateFrequency`: how often in a period.
    pub(crate) fn frequency(&mut self, times: &str) {
        self.frequency = times.trim().parse().ok().filter(|times| *times > 0);
    }

    /// One `hour` of `skipHours`; some count from 1 to 24.
    pub(crate) fn skip_hour(&mut self, hour: &str) {
        if let Some(hour) = hour.trim().parse::<u32>().ok().filter(|hour| *hour <= 24) {
            self.wishes.skip_hours |= 1 << (hour % 24);
        }
    }

    /// One `day` of `skipDays`.
    pub(crate) fn skip_day(&mut self, day: &str) {
        if let Some(at) = DAYS.iter().position(|known| known.eq_ignore_ascii_case(day.trim())) {
            self.wishes.skip_days |= 1 << at;
        }
    }

    /// A link of this relation, absolute. The first of each counts.
    pub(crate) fn link(&mut self, relation: &str, href: String) {
        let place = match relation {
            "hub" => &mut self.hub,
            "self" => &mut self.own,
            _ => return,
        };
        if place.is_none() && is_web(&href) {
            *place = Some(href);
        }
    }

    /// The `Link` headers that a feed came with go before what it says itself (`WebSub` 4).
    pub(crate) fn headers(&mut self, links: &str, base: &Url) {
        let mut said = Hints::default();
        for (relation, href) in header_links(links) {
            if let Ok(href) = base.join(href) {
                said.link(relation, href.into());
            }
        }
        if said.hub.is_some() {
            self.hub = said.hub;
        }
        if said.own.is_some() {
            self.own = said.own;
        }
    }

    /// When it wants to be left alone, all told. A period counts in `sy` terms: daily, twice in it, is twelve hours.
    pub(crate) fn wishes(&self) -> Wishes {
        let every = self.period.map_or(0, |period| period / self.frequency.unwrap_or(1));
        Wishes { rest: self.wishes.rest.max(every), ..self.wishes }
    }
}

fn is_web(url: &str) -> bool {
    url.len() <= MAX_URL && Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Relations and targets in `Link` headers (RFC 8288), in their order: a link of two relations twice.
fn header_links(links: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = links;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((href, after)) = after.split_once('>') else { break };
        // The next link begins behind a comma, and parameters of this one hardly hold one before a `<`.
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        let relations = after[..end].split(';').filter_map(|parameter| parameter.trim().split_once('='));
        let relations = relations.filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel"));
        for (_, value) in relations.take(1) {
            let names = value.trim().trim_end_matches(',').trim_matches('"').split_ascii_whitespace();
            found.extend(names.map(|relation| (relation, href)));
        }
        rest = &after[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn link_headers_of_any_kind_are_survived(text in "[<>;,= \"a-c/é]{0,60}") {
            Hints::default().headers(&text, &Url::parse("https://h.example/").unwrap());
        }
    }

    #[test]
    fn the_longest_rest_counts() {
        let rest = |ttl: &str, period: &str, frequency: &str| {
            let mut hints = Hints::default();
            hints.ttl(ttl);
            hints.period(period);
            hints.frequency(frequency);
            hints.wishes().rest
        };
        assert_eq!(rest("60", "", ""), 3600);
        assert_eq!(rest("60", "daily", "2"), 43_200);
        assert_eq!(rest("1440", "Hourly", "1"), 86_400);
        assert_eq!(rest("soon", "sometimes", "0"), 0);
        assert_eq!(rest("", "daily", "0"), 86_400);
        assert_eq!(rest("99999999", "", ""), u32::MAX);
    }

    #[test]
    fn hours_and_days_are_bits() {
        let mut hints = Hints::default();
        for hour in ["0", " 23 ", "24", "25", "-1", "noon"] {
            hints.skip_hour(hour);
        }
        for day in ["Monday", "SUNDAY", "Montag"] {
            hints.skip_day(day);
        }
        let wishes = hints.wishes();
        assert_eq!((wishes.skip_hours, wishes.skip_days), (1 << 23 | 1, 0b100_0001));
    }

    #[test]
    fn link_headers_go_before_the_documents_links() {
        let base = Url::parse("https://h.example/feed").unwrap();
        let mut hints = Hints::default();
        hints.link("hub", "https://in.example/".into());
        hints.link("hub", "https://second.example/".into());
        hints.link("self", "javascript:alert(1)".into());
        hints.headers(
            "</style.css>; rel=preload; as=style, </hub?a,b>;rel=\"hub\", <https://h.example/f>; Rel=self",
            &base,
        );
        assert_eq!(hints.hub.as_deref(), Some("https://h.example/hub?a,b"));
        assert_eq!(hints.own.as_deref(), Some("https://h.example/f"));
        for broken in ["", "<", "<x", "<a>; rel", "<a>; rel=", "rel=hub", "<ftp://h.example/>; rel=hub"] {
            let mut hints = Hints::default();
            hints.headers(broken, &base);
            assert_eq!(hints, Hints::default(), "{broken}");
        }
        let mut both = Hints::default();
        both.headers("<x>; rel=\"hub self\"", &base);
        assert_eq!((both.hub.as_deref(), both.own), (Some("https://h.example/x"), both.hub.clone()));
    }
}
