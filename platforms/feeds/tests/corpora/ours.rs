//! Which member of our answer says what the control says, and whether it says the same.

use serde_json::Value;

use crate::expectation::{Expectation, Expected};

/// A feed as clients get it.
pub(crate) struct Answer {
    pub(crate) channel: Value,
    pub(crate) entries: Vec<Value>,
}

/// How our answer compares with what the control expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Same,
    /// Titles and the like are text in our answer, by contract: markup is taken off (platforms.md 5.3). Ours is the text of
    /// what the control has.
    AsText,
    /// The control sanitises all texts and resolves their links; by contract ours are as the feed has them, without the
    /// `div` around XHTML. Here `sanitized` says what the control says.
    Sanitized,
    /// The control joins name and address of an author; by contract ours is the name alone (platforms.md 5.3).
    NameAlone,
    /// The control takes the id of an entry without a link for its link; by contract that is the feed's URL (feeds 4).
    FeedIsLink,
    /// The control sanitises titles, too; by contract titles of RSS are text as the feed has it.
    TitleAsWritten,
    /// The control resolves ids like links; by contract, and by RFC 4287, ids are kept to the letter.
    IdAsWritten,
    /// The control expands entities that a document declares; ours are never expanded (dependencies: entity bombs).
    OwnEntity,
    Different,
}

/// The member that an expectation is about, and what ours says; nothing if our answer has no such member.
pub(crate) fn find(answer: &Answer, expectation: &Expectation) -> Option<(&'static str, Option<String>)> {
    let path = expectation.path.as_str();
    let (field, value) = match expectation.entry {
        None => (channel_field(path)?, &answer.channel),
        Some(number) => (entry_field(path)?, answer.entries.get(number).unwrap_or(&Value::Null)),
    };
    let number = || path.split('.').find_map(|part| part.parse::<usize>().ok()).unwrap_or(0);
    let last = path.rsplit('.').next().unwrap_or_default();
    let found = match field {
        "tags" if expectation.entry.is_none() => listed(&value["categories"], expectation),
        "tags" => listed(&value["tags"], expectation),
        "author" if expectation.entry.is_some() => author(&value["authors"][number()], last),
        "author" => text(&value["author"]),
        "owner" => text(&value["owner"][last]),
        "enclosures" => {
            let member = match last {
                "type" => "mediaType",
                "href" => "url",
                other => other,
            };
            text(&value["attachments"][number()][member])
        }
        "player" => text(&value["attachments"][0]["url"]),
        "duration" => text(&value["duration"]).map(|duration| clock(&duration)),
        "source" => text(&value["source"][if last == "title" { "name" } else { last }]),
        "summary" => text(&value["brief"]).or_else(|| text(&value["content"])),
        "content" => text(&value["fullText"]).or_else(|| text(&value["content"])),
        "title" if expectation.entry.is_none() => text(&value["name"]),
        "link" if expectation.entry.is_some() => text(&value["url"]),
        "date" if expectation.entry.is_none() => text(&value["updated"]),
        "date" if last.starts_with("updated") => text(&value["updated"]).or_else(|| text(&value["published"])),
        "date" => text(&value["published"]),
        member => text(&value[member]),
    };
    // The control calls others the owner, too.
    (field != "owner" || !answer.channel["owner"].is_null()).then_some((field, found))
}

fn channel_field(path: &str) -> Option<&'static str> {
    Some(match path {
        "title" | "title_detail.value" => "title",
        "link" => "link",
        "description" | "tagline" | "subtitle" | "tagline_detail.value" | "subtitle_detail.value" => "description",
        "image.href" | "icon" | "logo" => "image",
        "language" => "language",
        "author" => "author",
        "category" | "tags.0.term" | "tags.1.term" => "tags",
        "updated" | "updated_parsed" | "published" | "published_parsed" | "modified" | "modified_parsed" => "date",
        "generator" => "generator",
        "copyright" | "rights" | "copyright_detail.value" | "rights_detail.value" => "rights",
        "itunes_explicit" => "explicit",
        "publisher_detail.name" | "publisher_detail.email" => "owner",
        _ => return None,
    })
}

fn entry_field(path: &str) -> Option<&'static str> {
    Some(match path {
        "title" | "title_detail.value" => "title",
        "link" => "link",
        "id" | "guid" => "id",
        "description" | "summary" | "summary_detail.value" => "summary",
        "content.0.value" => "content",
        "updated" | "updated_parsed" | "published" | "published_parsed" | "created" | "created_parsed" | "modified" => {
            "date"
        }
        "author_detail.name" | "author_detail.email" | "author_detail.url" | "author" | "authors.0.email" => "author",
        "category" | "tags.0.term" | "tags.1.term" => "tags",
        "comments" => "comments",
        "license" => "license",
        "copyright" | "rights" => "rights",
        "image.href" => "image",
        "itunes_duration" => "duration",
        "itunes_explicit" => "explicit",
        "media_player.url" => "player",
        "source.title" | "source.link" => "source",
        _ if path.starts_with("enclosures.") => "enclosures",
        _ => return None,
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Seconds as the corpus has them.
fn clock(seconds: &str) -> String {
    seconds.parse::<u64>().map_or_else(|_| seconds.to_owned(), |all| format!("{}:{:02}", all / 60, all % 60))
}

/// Tags are sorted, or each is there once: what matters is whether it is there.
fn listed(list: &Value, expectation: &Expectation) -> Option<String> {
    let Expected::Text(tag) = &expectation.value else { return None };
    list.as_array()?.iter().filter_map(Value::as_str).find(|one| one == tag).map(str::to_owned)
}

/// A person, or one member of it. The control writes `name (email)` where it has both.
fn author(person: &Value, member: &str) -> Option<String> {
    let part = |name: &str| text(&person[name]);
    match (member, part("name"), part("email")) {
        ("name", name, _) => name,
        ("email", _, email) => email,
        ("url", ..) => part("url"),
        (_, Some(name), Some(email)) => Some(format!("{name} ({email})")),
        (_, name, email) => name.or(email),
    }
}

/// Holds what ours says against what is expected.
pub(crate) fn judge(expectation: &Expectation, field: &str, found: Option<&str>, answer: &Answer) -> Verdict {
    let expected = match &expectation.value {
        Expected::Truth(truth) => return same(found == Some(&truth.to_string())),
        Expected::Moment(moment) => return same(found.is_some_and(|found| found.starts_with(moment))),
        Expected::Text(text) if field == "date" => return same(found == crate::date(text).as_deref()),
        Expected::Text(text) => text,
    };
    let found = found.unwrap_or_default();
    let entry = expectation.entry.and_then(|number| answer.entries.get(number)).unwrap_or(&Value::Null);
    let of_channel = expectation.entry.is_none();
    let text = plain(expected);
    // Of a title that is all markup nothing is left, and then the URL is the name.
    let is_unnamed = field == "title" && of_channel && text.is_empty() && answer.channel["id"] == found;
    if found == expected {
        Verdict::Same
    } else if TEXTS.contains(&field) && found == text || is_unnamed {
        Verdict::AsText
    } else if entry["sanitized"].as_str().is_some_and(|sanitized| markup(sanitized) == markup(expected)) {
        Verdict::Sanitized
    } else if field == "author" && of_channel && expected.starts_with(&format!("{found} (")) {
        Verdict::NameAlone
    } else if field == "link" && entry["id"] == *expected && entry["url"] == answer.channel["id"] {
        Verdict::FeedIsLink
    } else if field == "id" && found.starts_with('/') && expected.ends_with(found) {
        Verdict::IdAsWritten
    } else if field == "title" && found.contains('<') && !expected.contains('<') {
        Verdict::TitleAsWritten
    } else if found.starts_with('&') && found.contains(';') && !expected.contains('&') {
        Verdict::OwnEntity
    } else {
        Verdict::Different
    }
}

/// Fields that are text in our answer.
const TEXTS: [&str; 4] = ["title", "description", "rights", "source"];

/// Markup without what is a matter of taste.
fn markup(html: &str) -> String {
    let unwrapped = html.strip_prefix("<div>").and_then(|html| html.strip_suffix("</div>")).unwrap_or(html);
    unwrapped
        .replace(" />", ">")
        .replace("/>", ">")
        .replace(" rel=\"noopener noreferrer nofollow\"", "")
        .trim()
        .to_owned()
}

fn same(is: bool) -> Verdict {
    if is { Verdict::Same } else { Verdict::Different }
}

/// The text of some HTML, as roughly as the corpus has any.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (number, part) in html.split('<').enumerate() {
        let outside = if number == 0 { Some(part) } else { part.split_once('>').map(|(_, outside)| outside) };
        text.push_str(outside.unwrap_or_default());
    }
    for (reference, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#38;", "&"), ("&#x26;", "&"), ("&amp;", "&")]
    {
        text = text.replace(reference, character);
    }
    text.trim().to_owned()
}
