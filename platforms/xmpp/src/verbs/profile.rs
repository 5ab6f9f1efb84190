//! What we tell of ourselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::spelled::Object;

/// Bytes of a picture. Servers take no stanzas that are much longer, and end the stream over those.
const PICTURE_MAX: usize = 128 * 1024;

/// A picture of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The picture itself, at least one byte and at most 128 KiB.
    pub bytes: Vec<u8>,
    /// What it is, e.g. `image/png`.
    pub media_type: String,
}

/// What changes of a vCard. Empty texts are taken out of it; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// The full name.
    pub name: Option<String>,
    /// The nickname; published as well (XEP-0172).
    pub nickname: Option<String>,
    /// Where we are on the web.
    pub url: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// The birthday.
    pub birthday: Option<String>,
    /// About us.
    pub content: Option<String>,
}

pub(super) fn card(object: Object) -> Card {
    let Object { name, nickname, url, email, birthday, content, .. } = object;
    Card { name, nickname, url, email, birthday, content }
}

pub(super) fn picture(object: Object) -> Result<Option<Picture>, String> {
    let Some(content) = object.content.filter(|content| !content.is_empty()) else { return Ok(None) };
    let bytes = STANDARD.decode(content).map_err(|error| format!("object.content is no base64: {error}"))?;
    if bytes.len() > PICTURE_MAX {
        return Err(format!("object.content has {} bytes, of which a picture may have {PICTURE_MAX}", bytes.len()));
    }
    Ok(Some(Picture { bytes, media_type: object.media_type.unwrap_or_else(|| "image/png".to_owned()) }))
}
