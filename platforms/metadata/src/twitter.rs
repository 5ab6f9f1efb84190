//! Posts on X, by a service that knows them (platforms.md 6.4).

use crate::page::{Favicon, Image, Length, Page, Video};
use crate::text;
use serde::Deserialize;

/// How the site is called.
pub(crate) const SITE: &str = "X (formerly Twitter)";
const ICON: &str = "https://x.com/favicon.ico";

#[derive(Deserialize)]
struct Answer {
    code: i64,
    tweet: Option<Tweet>,
}

#[derive(Deserialize)]
struct Tweet {
    url: String,
    #[serde(default)]
    text: String,
    author: Option<Author>,
    #[serde(default)]
    media: Media,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
    screen_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Media {
    photos: Vec<Photo>,
    videos: Vec<Film>,
}

#[derive(Deserialize)]
struct Photo {
    url: String,
    width: Option<f64>,
    height: Option<f64>,
}

#[derive(Deserialize)]
struct Film {
    url: String,
    thumbnail_url: Option<String>,
    width: Option<f64>,
    height: Option<f64>,
    duration: Option<f64>,
}

/// The page of a post, if the service knows it.
pub(crate) fn read(json: &[u8]) -> Option<Page> {
    let answer: Answer = serde_json::from_slice(json).ok()?;
    let tweet = answer.tweet.filter(|_| answer.code == 200)?;
    let Media { photos, videos } = tweet.media;
    let film = videos.into_iter().next();
    let photo = photos.into_iter().next().map(|photo| Image {
        url: photo.url,
        width: photo.width.map(length),
        height: photo.height.map(length),
        ..Image::default()
    });
    let still = || {
        let film = film.as_ref()?;
        let url = film.thumbnail_url.clone()?;
        Some(Image { url, width: film.width.map(length), height: film.height.map(length), ..Image::default() })
    };
    Some(Page {
        title: Some(title(tweet.author)),
        name: Some(SITE.to_owned()),
        description: text::normalise(&tweet.text),
        image: photo.or_else(still).into_iter().collect(),
        url: Some(tweet.url),
        favicon: Favicon(ICON.to_owned()),
        video: film.map(|film| Video {
            url: film.url,
            thumbnail: film.thumbnail_url,
            width: film.width.map(length),
            height: film.height.map(length),
            duration: film.duration.map(length),
        }),
        ..Page::default()
    })
}

fn title(author: Option<Author>) -> String {
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (name, handle) = author.map_or((None, None), |author| (some(author.name), some(author.screen_name)));
    match (name, handle) {
        (Some(name), Some(handle)) => format!("{name} (@{handle}) on X"),
        (Some(name), None) => name,
        (None, _) => "Post on X".to_owned(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and checked to be small")]
fn length(number: f64) -> Length {
    if number.fract() == 0.0 && (0.0..1e9).contains(&number) {
        Length::Whole(number as u64)
    } else {
        Length::Number(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn page(tweet: &Value) -> Value {
        let answer = json!({"code": 200, "message": "OK", "tweet": tweet});
        serde_json::to_value(read(answer.to_string().as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_post_becomes_a_page() {
        let found = page(&json!({
            "url": "https://x.com/ana/status/1", "text": "High  tide\r\n\r\n\r\ntoday", "author": {"name": "Ana", "screen_name": "ana"},
            "media": {"photos": [{"url": "https://p.example/1.jpg", "width": 1200, "height": 800}, {"url": "https://p.example/2.jpg"}]}
        }));
        assert_eq!(
            found,
            json!({
                "type": "page", "title": "Ana (@ana) on X", "name": "X (formerly Twitter)", "description": "High tide\n\ntoday",
                "url": "https://x.com/ana/status/1", "favicon": "https://x.com/favicon.ico",
                "image": [{"url": "https://p.example/1.jpg", "width": 1200, "height": 800}],
            })
        );
    }

    // metadata 22
    #[test]
    fn a_film_is_told_with_its_still() {
        let found = page(&json!({
            "url": "https://x.com/ana/status/1", "media": {"videos": [{"url": "https://v.example/1.mp4",
            "thumbnail_url": "https://v.example/1.jpg", "width": 640, "height": 360, "duration": 12.5}]}
        }));
        assert_eq!(found["image"], json!([{"url": "https://v.example/1.jpg", "width": 640, "height": 360}]));
        assert_eq!(found["video"]["duration"], 12.5);
        assert_eq!(found["video"]["thumbnail"], "https://v.example/1.jpg");
        assert_eq!(found["title"], "Post on X");
    }

    #[test]
    fn whoever_has_no_handle_is_called_by_name() {
        let found = page(&json!({"url": "u", "author": {"name": "Ana", "screen_name": ""}}));
        assert_eq!(found["title"], "Ana");
    }

    // metadata 21
    #[test]
    fn other_answers_are_none() {
        for json in ["", "[]", r#"{"code":404,"tweet":{"url":"u"}}"#, r#"{"code":200}"#, r#"{"code":200,"tweet":null}"#]
        {
            assert!(read(json.as_bytes()).is_none(), "{json}");
        }
    }
}
