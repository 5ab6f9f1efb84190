//! What is kept of an answer, and how it is read while it arrives.

use crate::challenge::{self, Challenge};
use crate::charset::{self, Charset};
use crate::choose::choose;
use crate::extract::Extractor;
use crate::media::{Probe, essence};
use crate::page::Page;
use crate::{links, oembed};
use bytes::Bytes;
use encoding_rs::Decoder;
use footbridge_outbound::{Head, Portable, Reading, Unreadable, Weigh};
use http::HeaderName;
use std::ops::ControlFlow;
use tokio::task::spawn_blocking;
use url::Url;

/// What came of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Page {
        page: Box<Page>,
        /// Where its oEmbed document is, if it has one.
        oembed: Option<String>,
        /// What it is instead of the page that was asked for.
        challenge: Option<Challenge>,
    },
    /// Nothing came.
    Empty,
    /// Neither a page nor a file that previews show.
    Foreign,
    /// A document of a service.
    Json(Bytes),
}

impl Weigh for Content {
    fn weight(&self) -> usize {
        match self {
            Self::Page { page, oembed, .. } => page.weight() + oembed.as_ref().map_or(0, String::len),
            Self::Empty | Self::Foreign => 0,
            Self::Json(json) => json.len(),
        }
    }
}

/// A letter for what it is, and what there is to say of it.
impl Portable for Content {
    fn pack(&self) -> Option<Bytes> {
        let (letter, rest) = match self {
            Self::Page { page, oembed, challenge } => {
                (b'p', serde_json::to_vec(&(page, oembed, challenge)).ok()?.into())
            }
            Self::Empty => (b'e', Bytes::new()),
            Self::Foreign => (b'f', Bytes::new()),
            Self::Json(json) => (b'j', json.clone()),
        };
        Some([&[letter], &rest[..]].concat().into())
    }

    fn unpack(mut bytes: Bytes) -> Option<Self> {
        let rest = bytes.split_off(1.min(bytes.len()));
        match *bytes.first()? {
            b'p' => {
                let (page, oembed, challenge) = serde_json::from_slice(&rest).ok()?;
                Some(Self::Page { page, oembed, challenge })
            }
            b'e' => Some(Self::Empty),
            b'f' => Some(Self::Foreign),
            b'j' => Some(Self::Json(rest)),
            _ => None,
        }
    }
}

/// An answer that arrives. What parses runs on a thread of its own, so that its end by a panic is this answer's end only.
pub(crate) enum Reader {
    Page(Option<Box<PageReader>>),
    File(Box<Probe>),
    Foreign,
    Json(Vec<u8>),
}

pub(crate) struct PageReader {
    content_type: Option<String>,
    mitigated: Option<String>,
    url: Url,
    /// What came before the encoding was known.
    start: Vec<u8>,
    decoder: Option<(Decoder, Charset)>,
    extractor: Extractor,
}

impl Reader {
    /// For an answer that should be a page.
    pub(crate) fn page(head: &Head) -> Self {
        let content_type = head.content_type();
        let kind = content_type.as_deref().map(essence);
        // Without a type it is taken for what was asked for.
        let is_page = kind.as_deref().is_none_or(|kind| kind.starts_with("text/") || kind == "application/xhtml+xml");
        if !is_page {
            return Probe::begin(head).map_or(Self::Foreign, |probe| Self::File(Box::new(probe)));
        }
        let mitigated = head.text(&HeaderName::from_static("cf-mitigated"));
        Self::Page(Some(Box::new(PageReader::new(content_type, mitigated, head.final_url.clone()))))
    }

    /// For a document of a service.
    pub(crate) fn json(_: &Head) -> Self {
        Self::Json(Vec::new())
    }
}

impl Reading for Reader {
    type Output = Content;
    const WHOLE: bool = false;

    async fn take(&mut self, bytes: Bytes) -> Result<ControlFlow<()>, Unreadable> {
        match self {
            Self::Page(reader) => {
                let Some(mut taken) = reader.take() else { return Ok(ControlFlow::Break(())) };
                let (taken, flow) = apart(move || {
                    let flow = taken.feed(&bytes, false);
                    (taken, flow)
                })
                .await?;
                *reader = Some(taken);
                Ok(flow)
            }
            Self::File(_) => {
                let Self::File(mut probe) = std::mem::replace(self, Self::Foreign) else {
                    unreachable!("just matched")
                };
                let (probe, flow) = apart(move || {
                    let flow = probe.feed(&bytes);
                    (probe, flow)
                })
                .await?;
                *self = Self::File(probe);
                Ok(flow)
            }
            Self::Foreign => Ok(ControlFlow::Break(())),
            Self::Json(json) => {
                json.extend_from_slice(&bytes);
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    async fn finish(self) -> Result<Content, Unreadable> {
        match self {
            Self::Page(reader) => match reader {
                Some(reader) => apart(move || reader.finish()).await,
                None => Ok(Content::Empty),
            },
            Self::File(probe) => {
                let page = Box::new(apart(move || probe.finish()).await?);
                Ok(Content::Page { page, oembed: None, challenge: None })
            }
            Self::Foreign => Ok(Content::Foreign),
            Self::Json(json) => Ok(Content::Json(json.into())),
        }
    }
}

/// A page that is all there.
pub(crate) fn read(html: &[u8], content_type: Option<&str>, url: &Url) -> Page {
    let mut reader = Box::new(PageReader::new(content_type.map(ToOwned::to_owned), None, url.clone()));
    for chunk in html.chunks(16 * 1024) {
        if reader.feed(chunk, false).is_break() {
            break;
        }
    }
    match reader.finish() {
        Content::Page { page, .. } => *page,
        _ => Page::default(),
    }
}

/// Runs what parses where its panic hurts nobody else.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unreadable> {
    spawn_blocking(work).await.map_err(|_| Unreadable("the answer could not be read".to_owned()))
}

impl PageReader {
    fn new(content_type: Option<String>, mitigated: Option<String>, url: Url) -> Self {
        Self { content_type, mitigated, url, start: Vec::new(), decoder: None, extractor: Extractor::new() }
    }

    /// Reads on; `is_all` says that nothing follows.
    fn feed(&mut self, bytes: &[u8], is_all: bool) -> ControlFlow<()> {
        if self.decoder.is_some() {
            return self.decode(bytes, is_all);
        }
        let seen = self.start.len();
        self.start.extend_from_slice(bytes);
        if !is_all && !charset::may_tell(seen, self.start.len()) {
            return ControlFlow::Continue(());
        }
        let Some(charset) = charset::decide(&self.start, is_all, self.content_type.as_deref()) else {
            return ControlFlow::Continue(());
        };
        self.decoder = Some((charset.encoding.new_decoder_with_bom_removal(), charset));
        let start = std::mem::take(&mut self.start);
        self.decode(&start, is_all)
    }

    fn decode(&mut self, mut bytes: &[u8], is_all: bool) -> ControlFlow<()> {
        let Some((decoder, _)) = &mut self.decoder else { return ControlFlow::Continue(()) };
        let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len().min(16 * 1024)).unwrap_or(0));
        loop {
            text.clear();
            let (result, read, _) = decoder.decode_to_string(bytes, &mut text, is_all);
            bytes = &bytes[read..];
            self.extractor.feed(&text)?;
            if result == encoding_rs::CoderResult::InputEmpty {
                return ControlFlow::Continue(());
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Content {
        if self.decoder.is_none() && self.start.is_empty() {
            return Content::Empty;
        }
        let _ = self.feed(&[], true);
        let found = self.extractor.finish();
        let charset = self.decoder.map(|(_, charset)| charset.label);
        let challenge = challenge::recognise(&found, &self.url, self.mitigated.as_deref());
        let oembed = oembed::discover(&found).and_then(|href| links::resolve(&self.url, href));
        let page = Box::new(choose(&found, &self.url, charset));
        Content::Page { page, oembed, challenge }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(content_type: Option<&str>) -> PageReader {
        PageReader::new(content_type.map(ToOwned::to_owned), None, Url::parse("https://h.example/").unwrap())
    }

    fn page(bytes: &[u8], chunk: usize, content_type: Option<&str>) -> Page {
        let mut reader = reader(content_type);
        for chunk in bytes.chunks(chunk) {
            if reader.feed(chunk, false).is_break() {
                break;
            }
        }
        match Box::new(reader).finish() {
            Content::Page { page, .. } => *page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_packed_for_others_comes_back_whole() {
        let html = br#"<html lang="en"><title>Tide</title><meta property="og:image" content="/t.png"><meta
            property="og:image:width" content="1200"><meta property="og:video" content="/v.mp4"><meta name="author"
            content="Kim"><link rel="alternate" type="application/json+oembed" href="/o">"#;
        let mut page = page(html, html.len(), Some("text/html"));
        assert!(page.video.is_some() && page.author.is_some() && page.image[0].width.is_some(), "{page:?}");
        page.media = Some(crate::Media { kind: "video/mp4".into(), duration: Some(2.0), ..Default::default() });
        let contents = [
            Content::Page { page: Box::new(page), oembed: Some("/o".into()), challenge: Some(Challenge::Consent) },
            Content::Page { page: Box::default(), oembed: None, challenge: None },
            Content::Empty,
            Content::Foreign,
            Content::Json(Bytes::from_static(b"{}")),
            Content::Json(Bytes::new()),
        ];
        for content in contents {
            let again = Content::unpack(content.pack().unwrap()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{content:?}"));
        }
        for nonsense in [&b""[..], b"p", b"p{}", b"x"] {
            assert!(Content::unpack(Bytes::from_static(nonsense)).is_none());
        }
    }

    // metadata 27
    #[test]
    fn encodings_are_read_however_they_arrive() {
        let text =
            "<html><head><meta charset=windows-1251><title>Прилив</title>".to_owned() + &"<p>вода</p>".repeat(2000);
        let bytes = encoding_rs::WINDOWS_1251.encode(&text).0.into_owned();
        for chunk in [1, 100, 5000, bytes.len()] {
            let page = page(&bytes, chunk, Some("text/html"));
            assert_eq!((page.title.as_deref(), page.charset.as_deref()), (Some("Прилив"), Some("windows-1251")));
        }
        let bytes = [b"\xef\xbb\xbf<title>\xc3\xb6</title>".to_vec(), vec![b' '; 5000]].concat();
        assert_eq!(page(&bytes, 1, None).title.as_deref(), Some("ö"));
    }

    #[test]
    fn nothing_is_told_apart_from_little() {
        assert!(matches!(Box::new(reader(None)).finish(), Content::Empty));
        assert_eq!(page(b" ", 1, None).title, None);
    }

    #[tokio::test]
    async fn a_panic_in_a_parser_is_the_end_of_one_answer() {
        let unreadable = apart(|| -> () { panic!("a parser's fault") }).await.unwrap_err();
        assert_eq!(unreadable.0, "the answer could not be read");
        assert_eq!(apart(|| 1).await, Ok(1));
    }
}
