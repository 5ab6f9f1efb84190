//! What comes with an entry and is no text: sound, pictures, films, files.

use serde::Serialize;

/// Something to download or to show with an entry: an enclosure, or a piece of Media RSS. Numbers are as the feed claims.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `audio`, `image`, `video` or `document`, by what the feed calls it, else by the media type.
    pub r#type: &'static str,
    /// Where it is.
    pub url: String,
    /// Its media type, as the feed spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Pixels from left to right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// Pixels from top to bottom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// How long it plays, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Kilobits a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Attachment {
    pub(crate) fn new(url: String, media_type: Option<String>, length: Option<u64>) -> Self {
        let media_type = media_type.filter(|media_type| !media_type.is_empty());
        let family = media_type.as_deref().and_then(|media_type| media_type.split('/').next()).unwrap_or_default();
        let r#type = kind(family).unwrap_or(DOCUMENT);
        Attachment { r#type, url, media_type, length, ..Attachment::default() }
    }

    /// What a feed calls the thing, where that is a word we know.
    pub(crate) fn called(mut self, medium: Option<&str>) -> Self {
        self.r#type = medium.and_then(kind).unwrap_or(self.r#type);
        self
    }

    /// Takes over what another description of the same thing knows besides.
    pub(crate) fn learn(&mut self, other: Attachment) {
        if self.r#type == DOCUMENT {
            self.r#type = other.r#type;
        }
        self.media_type = self.media_type.take().or(other.media_type);
        self.length = self.length.or(other.length);
        self.width = self.width.or(other.width);
        self.height = self.height.or(other.height);
        self.duration = self.duration.or(other.duration);
        self.bitrate = self.bitrate.or(other.bitrate);
        self.name = self.name.take().or(other.name);
    }
}

/// What everything is that is nothing else.
const DOCUMENT: &str = "document";

fn kind(word: &str) -> Option<&'static str> {
    ["audio", "image", "video", DOCUMENT].into_iter().find(|known| word.trim().eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_sorted_by_media_type() {
        for (media_type, kind) in [
            (Some("audio/mpeg"), "audio"),
            (Some("Image/PNG"), "image"),
            (Some("video/mp4"), "video"),
            (Some("application/pdf"), "document"),
            (Some(""), "document"),
            (None, "document"),
        ] {
            assert_eq!(Attachment::new("u".into(), media_type.map(Into::into), None).r#type, kind);
        }
        let json = serde_json::to_string(&Attachment::new("u".into(), Some("a/b".into()), Some(3))).unwrap();
        assert_eq!(json, r#"{"type":"document","url":"u","mediaType":"a/b","length":3}"#);
    }

    #[test]
    fn two_descriptions_of_one_thing_complete_each_other() {
        let mut one = Attachment::new("u".into(), None, Some(3));
        let other = Attachment::new("u".into(), Some("video/mp4".into()), Some(4));
        one.learn(Attachment { width: Some(640), name: Some("Ebb".into()), ..other });
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(json, r#"{"type":"video","url":"u","mediaType":"video/mp4","length":3,"width":640,"name":"Ebb"}"#);
    }
}
