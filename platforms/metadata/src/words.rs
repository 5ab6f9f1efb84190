//! How failures read (platforms.md 3.3, 6.3).

use crate::challenge::Challenge;
use footbridge_host::Failure;
use footbridge_outbound::FetchError;
use http::StatusCode;
use std::io::ErrorKind;

pub(crate) const INVALID_URL: &str = "Invalid URL";
pub(crate) const A_FILE: &str = "Must scrape an HTML page";
pub(crate) const NOT_FOUND: &str = "Page not found";
pub(crate) const NOT_TEXT: &str = "Page must return a header content-type with text/";

/// A fetch of a page that brought nothing.
pub(crate) fn unfetched(error: &FetchError) -> Failure {
    match error {
        FetchError::BadPort { .. } => Failure::error("bad port"),
        FetchError::BodyTooLarge { .. } => Failure::error("terminated"),
        FetchError::Connect { reason: ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable, .. }
        | FetchError::Unresolved { .. } => Failure::error(NOT_FOUND),
        FetchError::InvalidUrl { .. } | FetchError::UnsupportedScheme { .. } => Failure::error(INVALID_URL),
        // What was sent counts before how it was sent.
        FetchError::Status { content_type: Some(content_type), .. } if !content_type.contains("text/") => {
            Failure::error(NOT_TEXT)
        }
        FetchError::Status { status, .. } | FetchError::LeftAlone { status, .. } => of_status(*status),
        FetchError::TimedOut { .. } => Failure::error("The operation was aborted due to timeout"),
        FetchError::TooManyRedirects { .. } => Failure::error("redirect count exceeded"),
        error => Failure::error(error),
    }
}

fn of_status(status: StatusCode) -> Failure {
    match status.as_u16() {
        400 | 401 | 403 | 404 | 408 | 410 | 429 | 500 | 502 | 503 | 504 => Failure::error(status),
        400.. => Failure::error("Server has returned a 400/500 error code"),
        _ => Failure::error(format_args!("Server has returned {status}")),
    }
}

/// What stands in front of the page.
pub(crate) fn challenged(challenge: Challenge) -> Failure {
    Failure::error(match challenge {
        Challenge::Human => "Page asks its visitors to prove that they are human",
        Challenge::Consent => "Page asks its visitors for consent before it shows itself",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, content_type: Option<&str>) -> String {
        let status = StatusCode::from_u16(code).unwrap();
        let content_type = content_type.map(ToOwned::to_owned);
        unfetched(&FetchError::Status { status, url: "http://h/".into(), content_type }).to_string()
    }

    // metadata 11
    #[test]
    fn statuses_have_names() {
        for (code, text) in [
            (400, "Error: 400 Bad Request"),
            (404, "Error: 404 Not Found"),
            (410, "Error: 410 Gone"),
            (429, "Error: 429 Too Many Requests"),
            (504, "Error: 504 Gateway Timeout"),
            (418, "Error: Server has returned a 400/500 error code"),
            (505, "Error: Server has returned a 400/500 error code"),
        ] {
            assert_eq!(status(code, None), text);
            assert_eq!(status(code, Some("text/html; charset=utf-8")), text);
        }
        assert_eq!(status(404, Some("application/json")), format!("Error: {NOT_TEXT}"));
    }
}
