//! What an entity says about itself (XEP-0030, XEP-0128), and forms (XEP-0004).

use xmpp_parsers::minidom::Element;

use super::activity::{Choice, Field, Identity, Info, Value};
use super::ns;
use super::xml::{attribute, child, text_of};

/// Features, identities, fields, values and choices that are read, of each kind.
const ITEMS_MAX: usize = 1000;

/// What a `disco#info` answer says (platforms.md 8.5, room-info object).
pub(crate) fn info(query: &Element) -> Info {
    let of = |name| query.children().filter(move |one| one.is(name, ns::DISCO_INFO)).take(ITEMS_MAX);
    let mut info = Info {
        features: Some(of("feature").filter_map(|one| attribute(one, "var")).map(str::to_owned).collect()),
        identities: of("identity").filter_map(identity).collect(),
        ..Info::default()
    };
    if let Some(form) = child(query, "x", ns::XDATA) {
        add_form(form, &mut info);
    }
    info
}

fn identity(identity: &Element) -> Option<Identity> {
    Some(Identity {
        category: attribute(identity, "category")?.to_owned(),
        kind: attribute(identity, "type")?.to_owned(),
        name: attribute(identity, "name").map(str::to_owned),
    })
}

/// Sorts a form's fields.
pub(crate) fn add_form(form: &Element, info: &mut Info) {
    for field in form.children().filter(|one| one.is("field", ns::XDATA)).take(ITEMS_MAX) {
        let Some(name) = attribute(field, "var").filter(|name| *name != "FORM_TYPE") else { continue };
        let (map, name) = if let Some(name) = name.strip_prefix("muc#roominfo_") {
            (&mut info.roominfo, name)
        } else if let Some(name) = name.strip_prefix("muc#roomconfig_") {
            (&mut info.roomconfig, name)
        } else {
            (&mut info.custom, name)
        };
        map.insert(name.to_owned(), read(field));
    }
}

fn read(field: &Element) -> Field {
    let kind = attribute(field, "type").unwrap_or("text-single");
    let values = || field.children().filter(|one| one.is("value", ns::XDATA)).take(ITEMS_MAX).map(Element::text);
    let first = values().next().unwrap_or_default();
    let value = match kind {
        "boolean" => Value::Boolean(matches!(first.trim(), "1" | "true")),
        "text-multi" | "list-multi" => Value::Texts(values().collect()),
        _ if first.is_empty() => Value::Null,
        "list-single" => Value::Text(first),
        _ => number(&first).map_or(Value::Text(first), Value::Number),
    };
    let options = field.children().filter(|one| one.is("option", ns::XDATA)).take(ITEMS_MAX).map(|option| {
        let value = text_of(option, "value").unwrap_or_default();
        let label = attribute(option, "label").map_or_else(|| value.clone(), str::to_owned);
        Choice { label, value }
    });
    Field {
        kind: kind.to_owned(),
        label: attribute(field, "label").map(str::to_owned),
        value,
        options: options.collect(),
    }
}

/// Digits only, and not more than JSON's numbers can tell apart.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number < 1 << 53)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // xmpp 20
    #[test]
    fn fields_are_sorted_and_valued_as_the_contract_says() {
        let query: Element = "<query xmlns='http://jabber.org/protocol/disco#info'>
            <identity category='conference' type='text' name='Deck'/><identity category='conference'/>
            <feature var='muc_open'/><feature/>
            <x xmlns='jabber:x:data' type='result'>
              <field var='FORM_TYPE' type='hidden'><value>x</value></field><field><value>nameless</value></field>
              <field var='muc#roominfo_occupants' label='People'><value>13</value></field>
              <field var='muc#roominfo_subject'><value/></field>
              <field var='muc#roomconfig_changesubject' type='boolean'><value>0</value></field>
              <field var='muc#roomconfig_public' type='boolean'><value>true</value></field>
              <field var='muc#roomconfig_who' type='list-single'><value>7</value>
                <option label='Seven'><value>7</value></option><option><value>8</value></option></field>
              <field var='lines' type='text-multi'><value>a</value><value>1</value></field>
              <field var='huge'><value>99999999999999999999</value></field>
            </x></query>"
            .parse()
            .unwrap();
        let want = json!({
            "features": ["muc_open"],
            "identities": [{"category": "conference", "type": "text", "name": "Deck"}],
            "roominfo": {
                "occupants": {"type": "text-single", "label": "People", "value": 13},
                "subject": {"type": "text-single", "value": null},
            },
            "roomconfig": {
                "changesubject": {"type": "boolean", "value": false},
                "public": {"type": "boolean", "value": true},
                "who": {"type": "list-single", "value": "7",
                    "options": [{"label": "Seven", "value": "7"}, {"label": "8", "value": "8"}]},
            },
            "custom": {
                "lines": {"type": "text-multi", "value": ["a", "1"]},
                "huge": {"type": "text-single", "value": "99999999999999999999"},
            },
        });
        assert_eq!(serde_json::to_value(info(&query)).unwrap(), want);
        let bare: Element = "<query xmlns='http://jabber.org/protocol/disco#info'/>".parse().unwrap();
        assert_eq!(serde_json::to_value(info(&bare)).unwrap(), json!({"features": []}));
    }
}
