//! What a document of the corpus says about itself: `Expect: not bozo and feed['title'] == 'Example'`.

/// What the control makes of a document, as far as it can be put into one comparison.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// `feed` (`None`), or an entry by its number.
    pub(crate) entry: Option<usize>,
    /// Names and indices behind that, with dots between.
    pub(crate) path: String,
    pub(crate) value: Expected,
}

/// The right-hand side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Text(String),
    /// A moment, written as a tuple: ISO 8601 up to the second.
    Moment(String),
    Truth(bool),
}

/// The comment at the beginning of a document, whatever its encoding: what matters in it is ASCII.
pub(crate) fn comment(body: &[u8]) -> String {
    let ascii: Vec<u8> = body.iter().copied().filter(|byte| *byte != 0).take(4096).collect();
    String::from_utf8_lossy(&ascii).into_owned()
}

/// The value of a line `name: value` in the comment.
pub(crate) fn line<'a>(comment: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = comment.lines().filter_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix(':'));
    lines.next().map(str::trim)
}

/// The value of a header of the answer that the document came with.
pub(crate) fn header<'a>(comment: &'a str, name: &str) -> Option<&'a str> {
    let headers = comment.lines().filter_map(|line| line.trim().strip_prefix("Header:")?.split_once(':'));
    headers.into_iter().find(|(other, _)| other.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The expectation, if it is of the simple kind: one member of the feed or of an entry, one value.
pub(crate) fn parse(expression: &str) -> Option<Expectation> {
    let expression =
        ["not bozo and ", "bozo and "].iter().find_map(|prefix| expression.strip_prefix(prefix)).unwrap_or(expression);
    let (entry, rest) = match expression.strip_prefix("entries[") {
        Some(rest) => {
            let (number, rest) = rest.split_once(']')?;
            (Some(number.parse().ok()?), rest)
        }
        None => (None, expression.strip_prefix("feed")?),
    };
    let (path, rest) = path(rest)?;
    let value = match rest.strip_prefix(" is ") {
        Some("True") => Expected::Truth(true),
        Some("False") => Expected::Truth(false),
        Some(_) => return None,
        None => value(rest.strip_prefix(" == ")?.trim())?,
    };
    Some(Expectation { entry, path, value })
}

/// `['a'][0].b` as `a.0.b`, and what follows.
fn path(mut rest: &str) -> Option<(String, &str)> {
    let mut names = Vec::new();
    loop {
        if let Some(inside) = rest.strip_prefix('[') {
            let (name, after) = inside.split_once(']')?;
            names.push(name.trim_matches(['\'', '"']));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            names.push(&after[..end]);
            rest = &after[end..];
        } else {
            return (!names.is_empty()).then(|| (names.join("."), rest));
        }
    }
}

fn value(text: &str) -> Option<Expected> {
    if let Some(tuple) = text.strip_prefix('(') {
        let numbers: Vec<u32> =
            tuple.strip_suffix(')')?.split(',').map_while(|number| number.trim().parse().ok()).collect();
        let [year, month, day, hour, minute, second, ..] = numbers[..] else { return None };
        return Some(Expected::Moment(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")));
    }
    let text = text.strip_prefix('u').unwrap_or(text);
    let quote = ["\"\"\"", "'''", "'", "\""].into_iter().find(|quote| text.starts_with(quote))?;
    let literal = text.get(quote.len()..)?.strip_suffix(quote)?;
    // Another of the same inside would be a longer expression.
    let bare = literal.replace("\\\\", "").replace(&format!("\\{quote}"), "");
    // What is not ASCII is in the encoding of the document, whatever that is.
    (!bare.contains(quote) && !bare.contains(char::REPLACEMENT_CHARACTER)).then(|| Expected::Text(unescape(literal)))
}

/// A string of Python without its quotes.
fn unescape(literal: &str) -> String {
    let mut out = String::new();
    let mut rest = literal.chars();
    while let Some(c) = rest.next() {
        let escape = if c == '\\' { rest.next() } else { None };
        let digits = match escape {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        out.push(match escape {
            None => c,
            Some('n') => '\n',
            Some('t') => '\t',
            Some(other) if digits == 0 => other,
            Some(_) => code_point(&rest.by_ref().take(digits).collect::<String>()),
        });
    }
    out
}

fn code_point(hex: &str) -> char {
    u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[test]
fn expectations_are_read() {
    let text = |text: &str| Expected::Text(text.into());
    for (expression, expectation) in [
        ("not bozo and feed['title'] == u'\\u00e9\\xe9'", Some((None, "title", text("éé")))),
        ("entries[0]['links'][1]['href'] == \"a'b\"", Some((Some(0), "links.1.href", text("a'b")))),
        ("entries[1].link == 'x\\'y\\n'", Some((Some(1), "link", text("x'y\n")))),
        (
            "not bozo and feed['updated_parsed'] == (2004, 1, 2, 3, 4, 5, 3, 1, 0)",
            Some((None, "updated_parsed", Expected::Moment("2004-01-02T03:04:05".into()))),
        ),
        ("not bozo and feed['itunes_explicit'] is False", Some((None, "itunes_explicit", Expected::Truth(false)))),
        ("entries[0]['link'] == entries[1]['link'] == 'x'", None),
        ("feed['a'] == 'b' and feed['c'] == 'd'", None),
        ("not bozo and len(feed['links']) == 0", None),
        ("bozo", None),
    ] {
        let expected = expectation.map(|(entry, path, value)| Expectation { entry, path: path.to_owned(), value });
        assert_eq!(parse(expression), expected, "{expression}");
    }
}
