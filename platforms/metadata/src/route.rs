//! Which pages are asked about elsewhere (platforms.md 6.2, 6.4, 6.5).

use url::Url;

/// Where what is known of a page is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// From the page.
    Page,
    /// From a service that knows X: the post's number.
    Status(String),
    /// From Reddit's own documents. The path of its listing, without a slash at its end; a short link has none.
    Post(Option<String>),
}

pub(crate) fn of(url: &Url) -> Route {
    let host = url.host_str().unwrap_or_default();
    let segments: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    match host {
        "twitter.com" | "www.twitter.com" | "mobile.twitter.com" | "x.com" | "www.x.com" | "mobile.x.com" => {
            status(&segments).map_or(Route::Page, |number| Route::Status(number.to_owned()))
        }
        "reddit.com" | "www.reddit.com" | "old.reddit.com" | "new.reddit.com" | "np.reddit.com" => {
            post(&segments).map_or(Route::Page, |path| Route::Post(Some(path)))
        }
        "redd.it" if segments.iter().any(|segment| !segment.is_empty()) => Route::Post(None),
        _ => Route::Page,
    }
}

fn status<'a>(segments: &[&'a str]) -> Option<&'a str> {
    let (user, kind, number) = match segments {
        ["i", "web", kind, number, ..] => (None, kind, number),
        [user, kind, number, ..] => (Some(user), kind, number),
        _ => return None,
    };
    let is_word = |user: &&str| {
        (1..=15).contains(&user.len()) && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = matches!(*kind, "status" | "statuses") && is_number && user.is_none_or(is_word);
    is_status.then_some(number)
}

/// `/r/<name>/comments/<id>[/<slug>][/]`, also below `/user`.
fn post(segments: &[&str]) -> Option<String> {
    let trimmed = segments.strip_suffix(&[""]).unwrap_or(segments);
    match trimmed {
        ["r" | "user", name, "comments", id] | ["r" | "user", name, "comments", id, _]
            if !name.is_empty() && !id.is_empty() =>
        {
            Some(format!("/{}", trimmed.join("/")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> Route {
        of(&Url::parse(text).unwrap())
    }

    // metadata 20
    #[test]
    fn posts_on_x_are_known_by_their_paths() {
        for host in ["twitter.com", "www.twitter.com", "mobile.twitter.com", "x.com", "www.x.com", "mobile.x.com"] {
            assert_eq!(route(&format!("https://{host}/ana_1/status/123?s=20")), Route::Status("123".into()), "{host}");
        }
        assert_eq!(route("https://x.com/i/web/statuses/9"), Route::Status("9".into()));
        assert_eq!(route("https://x.com/ana/status/9/photo/1"), Route::Status("9".into()));
        for other in [
            "https://x.com/user/status/abc",
            "https://notx.com/user/status/1",
            "https://x.com/a-b/status/1",
            "https://x.com/sixteen_letters_/status/1",
            "https://x.com/ana",
            "https://api.x.com/ana/status/1",
        ] {
            assert_eq!(route(other), Route::Page, "{other}");
        }
    }

    // metadata 23, divergence 15
    #[test]
    fn posts_on_reddit_are_known_by_their_paths() {
        let post = |path: &str| Route::Post(Some(path.to_owned()));
        assert_eq!(route("https://www.reddit.com/r/rust/comments/abc/title/?x=1"), post("/r/rust/comments/abc/title"));
        assert_eq!(route("https://old.reddit.com/user/ana/comments/abc"), post("/user/ana/comments/abc"));
        assert_eq!(route("https://redd.it/abc"), Route::Post(None));
        for other in [
            "https://www.reddit.com/r/rust/",
            "https://www.reddit.com/r/rust/comments/abc/title/comment",
            "https://notreddit.com/r/rust/comments/abc",
            "https://i.redd.it/a",
            "https://redd.it/",
        ] {
            assert_eq!(route(other), Route::Page, "{other}");
        }
    }
}
