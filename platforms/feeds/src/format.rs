//! One reader per format, each into [`Parsed`](crate::parsed::Parsed). The table of what comes from where is
//! platforms.md 5.3. What formats borrow from one another is read in one place each: `extension` for iTunes, Dublin Core and
//! Creative Commons, `media` for Media RSS, `link` for links and people of Atom.

pub(crate) mod atom;
mod extension;
pub(crate) mod json;
mod link;
mod media;
pub(crate) mod rss;

/// A whole number, of something that may be written with a fraction.
fn number(text: &str) -> Option<u64> {
    let whole = text.trim().split('.').next()?;
    whole.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok()).flatten()
}
