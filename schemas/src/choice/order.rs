//! AJV's order among the errors of one run, recovered from where in the schema each was found.

/// Behind every segment: a union's own error comes after those of its branches, whose paths are longer.
const END: u16 = u16::MAX;

/// For names that the envelope does not fix an order for: they stay as they came.
const ANY: u16 = END - 1;

/// The envelope's members in schema order (core.md 2.5).
const MEMBERS: [&str; 7] = ["@context", "id", "type", "actor", "target", "object", "published"];

/// Sorts errors as AJV would have reported them; `path` is the JSON pointer of the failed keyword.
pub(super) fn key(path: &str) -> Vec<u16> {
    let mut named = false;
    let mut key = Vec::new();
    for segment in path.split('/').skip(1) {
        if named {
            key.push(member(segment));
            named = false;
        } else if let Ok(index) = segment.parse::<u16>() {
            key.push(index.min(ANY));
        } else {
            key.push(rank(segment));
            named = matches!(segment, "properties" | "patternProperties" | "definitions" | "dependencies");
        }
    }
    key.push(END);
    key
}

fn member(name: &str) -> u16 {
    MEMBERS.iter().zip(0..).find(|(member, _)| **member == name).map_or(ANY, |(_, position)| position)
}

/// Within one schema: type, then what concerns numbers, strings, any value, arrays, objects.
fn rank(keyword: &str) -> u16 {
    match keyword {
        "type" => 0,
        "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum" | "multipleOf" => 1,
        "maxLength" | "minLength" | "pattern" | "format" => 2,
        "const" | "enum" => 3,
        "not" => 4,
        "anyOf" => 5,
        "oneOf" => 6,
        "allOf" => 7,
        "if" | "then" | "else" => 8,
        "maxItems" | "minItems" | "uniqueItems" => 9,
        "additionalItems" | "items" | "contains" => 10,
        "maxProperties" | "minProperties" => 11,
        "required" => 12,
        "dependencies" => 13,
        "propertyNames" => 14,
        "additionalProperties" => 15,
        "properties" => 16,
        "patternProperties" => 17,
        _ => ANY,
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn errors_come_in_the_order_of_core_2_5() {
        let expected = [
            "/type",
            "/required",
            "/additionalProperties",
            "/properties/@context/allOf/0/contains",
            "/properties/@context/minItems",
            "/properties/type/enum",
            "/properties/actor/oneOf/0/$ref/required",
            "/properties/actor/oneOf/0/$ref/properties/id/type",
            "/properties/actor/oneOf/1/$ref/required",
            "/properties/actor/oneOf",
            "/properties/target/oneOf",
            "/properties/object/type",
            "/properties/published/format",
        ];
        let mut sorted = expected;
        sorted.reverse();
        sorted.sort_by_cached_key(|path| key(path));
        assert_eq!(sorted, expected);
    }
}
