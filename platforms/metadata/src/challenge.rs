//! Pages that stand in front of the page: they ask whether one is human, or for consent (a title of theirs is none).

use crate::findings::{Findings, Part};
use crate::text;
use serde::{Deserialize, Serialize};
use url::Url;

/// Why the page could not be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Challenge {
    /// Visitors are to prove that they are human.
    Human,
    /// Visitors are to agree to something.
    Consent,
}

/// Whole titles, in lower case.
const HUMAN: [&str; 33] = [
    "just a moment...",
    "just a moment…",
    "attention required! | cloudflare",
    "please wait... | cloudflare",
    "checking your browser",
    "checking your browser before accessing",
    "ddos-guard",
    "ddos protection by cloudflare",
    "one moment, please...",
    "please wait...",
    "human verification",
    "verify you are human",
    "are you a robot?",
    "are you human?",
    "robot check",
    "bot verification",
    "security check",
    "security verification",
    "client challenge",
    "vercel security checkpoint",
    "pardon our interruption",
    "pardon our interruption...",
    "access denied",
    "access to this page has been denied",
    "access to this page has been denied.",
    "you have been blocked",
    "request unsuccessful",
    "radware bot manager captcha",
    "captcha",
    "recaptcha",
    "hcaptcha",
    "making sure you're not a bot!",
    "bloomberg - are you a robot?",
];
const CONSENT: [&str; 7] = [
    "before you continue",
    "before you continue to youtube",
    "before you continue to google search",
    "before you continue to google",
    "yahoo is part of the yahoo family of brands",
    "cookie consent",
    "consent required",
];
/// Where pages that ask for consent live.
const CONSENT_HOSTS: [&str; 8] = [
    "consent.youtube.com",
    "consent.google.com",
    "consent.yahoo.com",
    "guce.yahoo.com",
    "guce.aol.com",
    "consent.aol.com",
    "guce.advertising.com",
    "myprivacy.dpgmedia.nl",
];

/// What the page is, if it is not the one that was asked for. `mitigated` is the header by which one provider says so. A
/// page that names a title for others to show is taken at its word.
pub(crate) fn recognise(found: &Findings, final_url: &Url, mitigated: Option<&str>) -> Option<Challenge> {
    if mitigated.is_some_and(|value| value.trim().eq_ignore_ascii_case("challenge")) {
        return Some(Challenge::Human);
    }
    let host = final_url.host_str().unwrap_or_default();
    if CONSENT_HOSTS.contains(&host) || (host.starts_with("consent.google.") && final_url.path() != "/") {
        return Some(Challenge::Consent);
    }
    if found.meta(&["og:title", "twitter:title"]).is_some() {
        return None;
    }
    let title = found.text(Part::Title).map(|raw| text::line(raw).to_lowercase())?;
    match title.as_str() {
        title if HUMAN.contains(&title) => Some(Challenge::Human),
        title if CONSENT.contains(&title) => Some(Challenge::Consent),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;

    fn recognised(page: &str, url: &str, mitigated: Option<&str>) -> Option<Challenge> {
        let mut extractor = Extractor::new();
        let _ = extractor.feed(page);
        recognise(&extractor.finish(), &Url::parse(url).unwrap(), mitigated)
    }

    #[test]
    fn pages_in_front_of_the_page_are_known_by_their_titles() {
        let at = |page| recognised(page, "https://h.example/", None);
        assert_eq!(at("<title>Just a moment...</title>"), Some(Challenge::Human));
        assert_eq!(at("<title>\n Attention Required! &#124; Cloudflare </title>"), Some(Challenge::Human));
        assert_eq!(at("<title>Before you continue to YouTube</title>"), Some(Challenge::Consent));
        for page in ["<title>Just a moment in time</title>", "<p>Just a moment...</p>", ""] {
            assert_eq!(at(page), None, "{page}");
        }
        let film = "<title>Access Denied</title><meta property=og:title content='Access Denied (2031)'>";
        assert_eq!(at(film), None);
    }

    #[test]
    fn or_by_where_they_are_and_by_what_their_server_says() {
        let page = "<title>Tide tables</title>";
        assert_eq!(recognised(page, "https://h.example/", Some("challenge")), Some(Challenge::Human));
        assert_eq!(recognised(page, "https://consent.youtube.com/m?continue=x", None), Some(Challenge::Consent));
        assert_eq!(recognised(page, "https://consent.google.de/ml?x", None), Some(Challenge::Consent));
        assert_eq!(recognised(page, "https://consent.example/", None), None);
    }
}
