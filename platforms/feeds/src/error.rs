//! Why a document did not become an answer (platforms.md 5.4).

use std::fmt;
use thiserror::Error;

/// Why a body cannot be answered with. The texts are for the client who named the feed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The answer would take more memory than the worker has; see [`MAX_ANSWER`](crate::MAX_ANSWER).
    #[error("answer larger than {cap} bytes for {entries} entries, ask for fewer with `limit` or `since`")]
    AnswerTooLarge {
        /// The cap in bytes.
        cap: usize,
        /// How many entries there are to send.
        entries: usize,
    },
    /// Nothing but white space.
    #[error("not a feed: the document is empty")]
    Empty,
    /// JSON that breaks off or is not JSON.
    #[error("not a feed: invalid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// RSS or RDF without a channel, which upstream names in these words.
    #[error("Missing required <channel> element.")]
    MissingChannel,
    /// A document of another kind.
    #[error("not a feed: {0}")]
    NotAFeed(Found),
    /// XML beyond repair, the end of a document that was cut off above all.
    #[error("{cause} (line {line}, column {column})")]
    Xml {
        /// What is wrong.
        cause: XmlFault,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
}

/// What was found in place of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// JSON that does not call itself a JSON Feed.
    Json,
    /// An XML or HTML document with this root element.
    Root(String),
    /// Neither markup nor JSON.
    Text,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Json => f.write_str("the JSON document has no version of jsonfeed.org"),
            Found::Root(name) => write!(f, "the document's root element is <{name}>"),
            Found::Text => f.write_str("the document is neither XML nor JSON"),
        }
    }
}

/// What the XML reader could not get over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum XmlFault {
    /// The document ends before its root element does.
    #[error("the document ends inside <{element}>")]
    CutOff {
        /// The innermost element that is still open.
        element: String,
    },
    /// Markup that is not XML.
    #[error("{0}")]
    Markup(#[from] quick_xml::Error),
    /// Comments and instructions only.
    #[error("the document has no element")]
    NoElement,
    /// More elements in one another than anybody needs.
    #[error("elements are nested more than {most} deep")]
    TooDeep {
        /// How many may be.
        most: usize,
    },
}
