//! Files that are no pages: what they are, from their headers and first bytes.

use crate::page::{Image, Length, Media, Page, Video};
use crate::{links, mp4};
use footbridge_outbound::Head;
use http::header::{CONTENT_DISPOSITION, HeaderMap};
use std::ops::ControlFlow;
use url::Url;

/// After so many bytes, what has not been found is not looked for.
const FAR: usize = 256 * 1024;
/// Looked at first when there are so many, then at each doubling.
const FIRST: usize = 1024;

/// Kinds of files that previews show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Video,
    /// Sounds and documents: what their headers say is all.
    Other,
}

/// A file that arrives.
pub(crate) struct Probe {
    kind: Kind,
    media: Media,
    title: Option<String>,
    url: Url,
    start: Vec<u8>,
    next: usize,
}

/// The media type of a `Content-Type` header, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl Probe {
    /// For what is a file of a kind that previews show.
    pub(crate) fn begin(head: &Head) -> Option<Self> {
        let media_type = essence(&head.content_type()?);
        let kind = match media_type.split_once('/')? {
            ("image", _) => Kind::Image,
            ("video", _) => Kind::Video,
            ("audio", _) | ("application", "pdf") => Kind::Other,
            _ => return None,
        };
        let media = Media { kind: media_type, size: head.length(), ..Media::default() };
        let title = disposed_name(&head.headers).or_else(|| links::file_name(&head.final_url));
        Some(Self { kind, media, title, url: head.final_url.clone(), start: Vec::new(), next: FIRST })
    }

    /// Reads on. After a break the rest is of no interest.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if self.kind == Kind::Other {
            return ControlFlow::Break(());
        }
        self.start.extend_from_slice(&bytes[..bytes.len().min(FAR - self.start.len())]);
        let is_end = self.start.len() >= FAR;
        if self.start.len() >= self.next || is_end {
            self.next = self.start.len() * 2;
            if self.measure() || is_end {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether the file's measures were found.
    fn measure(&mut self) -> bool {
        if self.media.width.is_some() {
            return true;
        }
        match self.kind {
            Kind::Image => {
                let Ok(size) = imagesize::blob_size(&self.start) else { return false };
                self.media.width = u64::try_from(size.width).ok();
                self.media.height = u64::try_from(size.height).ok();
            }
            Kind::Video => {
                let Some(film) = mp4::read(&self.start) else { return false };
                self.media.width = Some(film.width);
                self.media.height = Some(film.height);
                self.media.duration = film.duration;
            }
            Kind::Other => {}
        }
        true
    }

    /// The page that stands for the file.
    pub(crate) fn finish(mut self) -> Page {
        self.measure();
        let Media { width, height, duration, .. } = self.media;
        let (width, height) = (width.map(Length::Whole), height.map(Length::Whole));
        let url = String::from(self.url);
        let mut page = Page { title: self.title, ..Page::default() };
        match self.kind {
            Kind::Image => {
                let kind = Some(self.media.kind.clone());
                page.image = vec![Image { url, kind, width, height, alt: None }];
            }
            Kind::Video => {
                let duration = duration.map(Length::Number);
                page.video = Some(Video { url, thumbnail: None, width, height, duration });
            }
            Kind::Other => {}
        }
        page.media = Some(self.media);
        page
    }
}

/// `filename` of a `Content-Disposition` header.
fn disposed_name(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(CONTENT_DISPOSITION)?.to_str().ok()?;
    let mut parameters = header.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("filename"))?;
    let name = value.trim().trim_matches('"').rsplit(['/', '\\']).next()?.to_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn probe(kind: Kind) -> Probe {
        Probe {
            kind,
            media: Media { kind: "x/y".into(), size: Some(9), ..Media::default() },
            title: Some("a.png".into()),
            url: Url::parse("https://h.example/a.png").unwrap(),
            start: Vec::new(),
            next: FIRST,
        }
    }

    /// A GIF's first bytes.
    const GIF: &[u8] = b"GIF89a\x40\x01\xf0\x00\x80\0\0";

    #[test]
    fn pictures_are_measured_from_their_first_bytes() {
        let mut gif = probe(Kind::Image);
        let mut bytes = GIF.to_vec();
        bytes.resize(FIRST, 0);
        assert!(gif.feed(&bytes).is_break());
        let page = gif.finish();
        assert_eq!(page.image[0].width, Some(Length::Whole(320)));
        let media = page.media.unwrap();
        assert_eq!((media.width, media.height, media.size), (Some(320), Some(240), Some(9)));
        assert_eq!(page.title.as_deref(), Some("a.png"));
    }

    #[test]
    fn a_picture_may_be_smaller_than_what_is_looked_at_first() {
        let mut gif = probe(Kind::Image);
        assert!(gif.feed(GIF).is_continue());
        assert_eq!(gif.finish().media.unwrap().height, Some(240));
    }

    #[test]
    fn what_cannot_be_measured_is_given_up() {
        for kind in [Kind::Image, Kind::Video] {
            let mut unknown = probe(kind);
            let rounds = (0..1000).take_while(|_| unknown.feed(&[0; 1000]).is_continue()).count();
            assert!(rounds < FAR / 1000 + 1, "{rounds}");
            assert_eq!(unknown.finish().media.unwrap().width, None);
        }
    }

    #[test]
    fn documents_are_what_their_headers_say() {
        let mut document = probe(Kind::Other);
        assert!(document.feed(b"%PDF-1.7").is_break());
        let page = document.finish();
        assert!(page.image.is_empty() && page.video.is_none() && page.media.is_some());
    }

    #[test]
    fn files_are_called_what_the_server_calls_them() {
        let name = |value: &'static str| {
            let header = (HeaderName::from_static("content-disposition"), value.parse().unwrap());
            disposed_name(&[header].into_iter().collect())
        };
        assert_eq!(name("inline; filename=\"tides 2026.pdf\"").as_deref(), Some("tides 2026.pdf"));
        assert_eq!(name("attachment; FileName=../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(name("inline"), None);
    }
}
