//! vCards (XEP-0054): who somebody is.

use xmpp_parsers::minidom::Element;

use super::activity::{Avatar, Profile};
use super::ns;
use super::xml::child;

/// Bytes of a picture, base64, that are passed on.
const IMAGE_MAX: usize = 512 * 1024;

/// What a vCard says.
pub(crate) fn profile(card: &Element) -> Profile {
    let text = |outer: &Element, name| {
        child(outer, name, ns::VCARD).map(|one| one.text().trim().to_owned()).filter(|text| !text.is_empty())
    };
    let image = child(card, "PHOTO", ns::VCARD).and_then(|photo| {
        let content: String = text(photo, "BINVAL")?.split_ascii_whitespace().collect();
        let fits = content.len() <= IMAGE_MAX;
        Some(Avatar { media_type: text(photo, "TYPE"), content: fits.then_some(content), ..Avatar::default() })
    });
    let email = child(card, "EMAIL", ns::VCARD).and_then(|email| text(email, "USERID"));
    Profile {
        name: text(card, "FN"),
        nickname: text(card, "NICKNAME"),
        url: text(card, "URL"),
        email,
        birthday: text(card, "BDAY"),
        content: text(card, "DESC"),
        image,
    }
}
