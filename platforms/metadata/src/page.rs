//! What clients get to know of a page (platforms.md 6.1, 6.2).

use serde::{Deserialize, Serialize};

/// The `object` of an answer. Members below `video` are additions of ours.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "page")]
pub struct Page {
    /// As the page spells it, `en` or `en_GB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The site's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it says it is about; empty if it does not.
    pub description: String,
    /// Pictures that stand for it; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image: Vec<Image>,
    /// By what address it wants to be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its icon; `/favicon.ico` if it names none.
    pub favicon: Favicon,
    /// How its bytes were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// What it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Video>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When, as the page spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// What kind of thing it is, in the words of Open Graph: `article`, `video.movie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The colour it would like around itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme_color: Option<String>,
    /// What it is, if it is no page but a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
}

/// Where an icon is; by default where browsers look for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Favicon(pub String);

impl Default for Favicon {
    fn default() -> Self {
        Self("/favicon.ico".to_owned())
    }
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Where it is.
    pub url: String,
    /// Its media type, or the extension of its name.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Length>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<Length>,
    /// What it shows, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

/// A number as a page spells it, or one that we found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Length {
    /// As the page spells it.
    Spelt(String),
    /// As a number, whole where it is.
    Whole(u64),
    /// Of seconds mostly.
    Number(f64),
}

impl Length {
    /// As a number; 0 for what is none.
    pub(crate) fn number(&self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "to compare pictures by")]
            Length::Whole(number) => *number as f64,
            Length::Number(number) => *number,
            Length::Spelt(text) => text.trim().trim_end_matches("px").parse().unwrap_or(0.0),
        }
    }
}

/// A film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Where it is.
    pub url: String,
    /// A picture of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Length>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<Length>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Length>,
}

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Its media type.
    #[serde(rename = "type")]
    pub kind: String,
    /// In bytes, if the server says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
}

impl Page {
    /// Bytes that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let texts = [&self.language, &self.title, &self.name, &self.url, &self.charset, &self.author, &self.published];
        let images = self.image.iter().map(|image| 200 + image.url.len() + text(&image.kind) + text(&image.alt));
        let video = self.video.as_ref().map_or(0, |video| 200 + video.url.len() + text(&video.thumbnail));
        texts.into_iter().map(text).sum::<usize>() + images.sum::<usize>() + video + self.description.len() + 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // metadata 4
    #[test]
    fn what_has_no_value_is_left_out() {
        let page = serde_json::to_value(Page::default()).unwrap();
        assert_eq!(page, json!({"type": "page", "description": "", "favicon": "/favicon.ico"}));
    }

    // metadata 8
    #[test]
    fn lengths_stay_what_they_were() {
        let image = Image {
            url: "u".into(),
            width: Some(Length::Spelt("1200".into())),
            height: Some(Length::Whole(630)),
            ..Image::default()
        };
        assert_eq!(serde_json::to_value(image).unwrap(), json!({"url": "u", "width": "1200", "height": 630}));
        assert!((Length::Spelt(" 12px".into()).number() - 12.0).abs() < 1e-9);
    }
}
