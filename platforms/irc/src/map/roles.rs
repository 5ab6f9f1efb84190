//! Prefixes and modes of members as roles (platforms.md 7.5).

use super::activity::Role;
use crate::isupport::{Isupport, Prefix};

/// The role of a prefix: `~ & @` owner, `%` admin, `+` participant. Others count as what stands next below them, so that
/// a network's own `!` above `@` is an owner too.
pub(super) fn of_prefix(prefix: Prefix, isupport: &Isupport) -> Role {
    let known = |prefix: Prefix| match (prefix.sign, prefix.mode) {
        ('~' | '&' | '@', _) | (_, 'q' | 'a' | 'o') => Some(Role::Owner),
        ('%', _) | (_, 'h') => Some(Role::Admin),
        ('+', _) | (_, 'v') => Some(Role::Participant),
        _ => None,
    };
    let mut below = isupport.prefixes().iter().skip_while(|other| *other != prefix);
    below.find_map(known).or_else(|| known(prefix)).unwrap_or(Role::Member)
}

/// The role of somebody with any of these signs; other characters mean nothing.
pub(super) fn of_signs(signs: &str, isupport: &Isupport) -> Role {
    match isupport.prefixes().highest(signs) {
        Some(prefix) => of_prefix(prefix, isupport),
        // The contract's own sign for those who may speak.
        None if signs.contains('*') => Role::Participant,
        None => Role::Member,
    }
}

/// An entry of `NAMES`: `@+nick`, or with `userhost-in-names` `@nick!user@host`.
pub(super) fn of_entry<'a>(entry: &'a str, isupport: &Isupport) -> (&'a str, Role) {
    // No nick begins with one of these, whatever the server says of its prefixes.
    let is_sign = |sign| isupport.prefixes().by_sign(sign).is_some() || "~&@%+*".contains(sign);
    let nick = entry.trim_start_matches(is_sign);
    let signs = &entry[..entry.len() - nick.len()];
    (nick.split('!').next().unwrap_or_default(), of_signs(signs, isupport))
}

#[cfg(test)]
mod tests {
    use super::*;

    // irc 20
    #[test]
    fn each_sign_is_its_role() {
        let usual = Isupport::default();
        let table = [
            ("kai", "kai", Role::Member),
            ("@kai", "kai", Role::Owner),
            ("~kai", "kai", Role::Owner),
            ("&kai", "kai", Role::Owner),
            ("%kai", "kai", Role::Admin),
            ("+kai", "kai", Role::Participant),
            ("*kai", "kai", Role::Participant),
            ("+@kai", "kai", Role::Owner),
            ("@+kai!k@irc.example", "kai", Role::Owner),
            ("@", "", Role::Owner),
        ];
        for (entry, nick, role) in table {
            assert_eq!(of_entry(entry, &usual), (nick, role), "{entry}");
        }
    }

    #[test]
    fn a_networks_own_prefixes_count_as_what_is_below_them() {
        let mut own = Isupport::default();
        own.token("PREFIX=(YohVv)!@%-+");
        assert_eq!(of_entry("!kai", &own), ("kai", Role::Owner));
        assert_eq!(of_entry("-kai", &own), ("kai", Role::Participant));
        own.token("PREFIX=(ovx)@+^");
        assert_eq!(of_entry("^kai", &own), ("kai", Role::Member));
    }
}
