//! Which texts are taken for the URL of a page (platforms.md 6.3).

use url::{Host, Url};

/// Longer ones are no URLs that people use.
const LONGEST: usize = 2083;
const LONGEST_LABEL: usize = 63;

/// Files that are no pages, by the end of their path.
const FILES: [&str; 36] = [
    ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".3gp", ".avi", ".mov", ".mp4", ".m4v", ".m4a", ".mp3", ".mkv",
    ".ogv", ".ogm", ".ogg", ".oga", ".webm", ".wav", ".bmp", ".gif", ".jpg", ".jpeg", ".png", ".webp", ".zip", ".rar",
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".txt", ".pdf", ".gz",
];

/// The URL that `text` means; one without a scheme is one of `http:`. Whether it may be asked for is the guard's question.
pub(crate) fn read(text: &str) -> Option<Url> {
    let fits = !text.is_empty() && text.encode_utf16().count() < LONGEST;
    if !fits || text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>')) {
        return None;
    }
    let text = match text.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => text.to_owned(),
        // A scheme of another kind, or none and a URL somewhere behind.
        Some((scheme, _)) if !scheme.contains(['/', '?', '#', '.']) => return None,
        _ if starts_with(text, "mailto:") || text.starts_with('/') => return None,
        _ => format!("http://{text}"),
    };
    let rest = &text[text.find("://")? + 3..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let url = Url::parse(&text).ok()?;
    (is_authority(authority) && is_host(&url)).then_some(url)
}

/// Whether the URL is that of a file which is no page.
pub(crate) fn is_file(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    FILES.iter().any(|ending| path.ends_with(ending))
}

fn is_scheme(text: &str) -> bool {
    text.eq_ignore_ascii_case("http") || text.eq_ignore_ascii_case("https")
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// As it is written: what `Url` would put right is wrong here.
fn is_authority(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let has_user = user.is_none_or(|user| !user.is_empty() && !user.starts_with(':'));
    // A colon within brackets begins no port.
    let after = host.rfind(']').map_or(host, |end| &host[end + 1..]);
    let port = after.split_once(':').map(|(_, port)| port);
    has_user && !host.contains('\\') && port.is_none_or(|port| port.parse().is_ok_and(|port: u16| port > 0))
}

fn is_host(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return url.host().is_some() };
    let is_label = |label: &str| {
        let inner = label.bytes().all(|byte| byte != b'_') && !label.starts_with('-') && !label.ends_with('-');
        inner && !label.is_empty() && label.len() <= LONGEST_LABEL
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').all(is_label) && name.rsplit('.').next().is_some_and(|last| !is_number(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        assert_eq!(read(text).map(String::from).as_deref(), Some(expected), "{text}");
    }

    // metadata 14, 15
    #[test]
    fn pages_are_on_the_web_or_nearby() {
        reads("https://h.example/a?b=c#d", "https://h.example/a?b=c#d");
        reads("h.example/a", "http://h.example/a");
        reads("HTTP://H.example", "http://h.example/");
        reads("http://localhost:10550/x", "http://localhost:10550/x");
        reads("localhost:10550/x", "http://localhost:10550/x");
        reads("http://127.0.0.1:8080/", "http://127.0.0.1:8080/");
        reads("http://[::1]:8080/", "http://[::1]:8080/");
        reads("http://ana:secret@h.example/", "http://ana:secret@h.example/");
        reads("h.example/?to=https://other.example/", "http://h.example/?to=https://other.example/");
    }

    #[test]
    fn what_is_not_ascii_is_encoded() {
        reads("https://h.example/ö?ü", "https://h.example/%C3%B6?%C3%BC");
        reads("https://bücher.example/", "https://xn--bcher-kva.example/");
    }

    // metadata 14
    #[test]
    fn other_texts_are_no_pages() {
        let long_label = format!("http://{}.example/", "a".repeat(64));
        let long = format!("http://h.example/{}", "a".repeat(2083));
        for text in
            ["", "ftp://h.example/", "javascript:alert(1)", "mailto:ana@h.example", "data:text/html,x", "//h.example/"]
                .into_iter()
                .chain([
                    "http://a b/",
                    "http://h.example/<x>",
                    "http://h.example:x/",
                    "http://h.example:70000/",
                    "http://:@h/",
                ])
                .chain([
                    "http://@h.example/",
                    "http://a_b.example/",
                    "http://-a.example/",
                    "http://a-.example/",
                    "http://h..x/",
                ])
                .chain(["http://h.example.123/", "http://h.example:0/", "http://", "file:///etc/passwd", "/etc/passwd"])
                .chain([&*long_label, &*long])
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    // metadata 13, divergence 15
    #[test]
    fn files_are_told_by_the_end_of_their_path() {
        let is_file = |text| is_file(&read(text).unwrap());
        for text in
            ["http://h.example/a.pdf", "http://h.example/A.PDF?x", "http://h.example/a.tar.gz", "h.example/b.mp4#t=1"]
        {
            assert!(is_file(text), "{text}");
        }
        for text in
            ["https://site.movie/", "https://a.zip/x", "https://h.example/?f=a.pdf", "https://h.example/a.pdf/b"]
        {
            assert!(!is_file(text), "{text}");
        }
    }
}
