//! Many channels, or people, in few lines: a network that comes back to life has enough to do.

use super::channels::Channel;
use crate::isupport::Isupport;
use crate::outgoing::Outgoing;

/// `JOIN` for all these, those with a key first: the server takes keys in the order of the channels.
pub(super) fn joins<'a>(channels: impl Iterator<Item = &'a Channel>, isupport: &Isupport) -> Vec<Outgoing> {
    let (mut alone, mut locked, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for Channel { name, key, .. } in channels.filter(|channel| !channel.name.contains(',')) {
        match key.as_deref() {
            // In a list it would be two keys.
            Some(key) if key.contains(',') => {
                alone.extend(Outgoing::new("JOIN").param(name).and_then(|line| line.param(key)));
            }
            Some(key) => locked.push((&**name, key)),
            None => open.push((&**name, "")),
        }
    }
    locked.extend(open);
    let most = isupport.join_targets().unwrap_or(usize::MAX);
    alone.extend(packed(&locked, most, isupport.line_len()).iter().flat_map(|(names, keys)| {
        let line = Outgoing::new("JOIN").param(names);
        if keys.is_empty() { line } else { line.and_then(|line| line.param(keys)) }
    }));
    // What does not fit by itself was entered on a server with longer lines.
    alone.retain(|line| line.fits(isupport.line_len()));
    alone
}

/// `MONITOR +` for all these.
pub(super) fn watches<'a>(nicks: impl Iterator<Item = &'a String>, isupport: &Isupport) -> Vec<Outgoing> {
    let nicks: Vec<_> = nicks.map(|nick| (&**nick, "")).collect();
    let packed = packed(&nicks, usize::MAX, isupport.line_len());
    let lines =
        packed.iter().flat_map(|(nicks, _)| Outgoing::new("MONITOR").param("+").and_then(|line| line.param(nicks)));
    lines.filter(|line| line.fits(isupport.line_len())).collect()
}

/// Names and keys, each list joined by commas, no more than `most` names in one and both within a line.
fn packed(items: &[(&str, &str)], most: usize, line_len: usize) -> Vec<(String, String)> {
    // The longer command, the spaces, and the end of the line.
    let room = line_len.saturating_sub("MONITOR +  \r\n".len());
    let mut lists: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    for (name, key) in items {
        match lists.last_mut() {
            Some((names, keys)) if count < most && names.len() + keys.len() + name.len() + key.len() + 2 <= room => {
                names.push(',');
                names.push_str(name);
                if !key.is_empty() {
                    keys.push(',');
                    keys.push_str(key);
                }
                count += 1;
            }
            _ => {
                lists.push(((*name).to_owned(), (*key).to_owned()));
                count = 1;
            }
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn channel(name: &str, key: Option<&str>) -> Channel {
        Channel { name: name.to_owned(), key: key.map(str::to_owned), joined: false, entering: false }
    }

    fn said(channels: &[Channel], habits: &[&str]) -> Vec<String> {
        let mut isupport = Isupport::default();
        for token in habits {
            isupport.token(token);
        }
        joins(channels.iter(), &isupport).iter().map(Outgoing::text).collect()
    }

    #[test]
    fn channels_with_keys_come_first_and_all_in_one_line() {
        let channels =
            [channel("#a", None), channel("#b", Some("sesame")), channel("#c", None), channel("#d", Some("x"))];
        assert_eq!(said(&channels, &[]), ["JOIN #b,#d,#a,#c sesame,x"]);
        assert_eq!(said(&channels[..1], &[]), ["JOIN #a"]);
        assert_eq!(said(&[], &[]), [""; 0]);
    }

    #[test]
    fn a_server_says_how_many_it_takes() {
        let channels = [channel("#a", None), channel("#b", Some("k")), channel("#c", None)];
        assert_eq!(said(&channels, &["TARGMAX=PRIVMSG:4,JOIN:2"]), ["JOIN #b,#a k", "JOIN #c"]);
        assert_eq!(said(&channels, &["TARGMAX=PRIVMSG:1,JOIN:"]), ["JOIN #b,#a,#c k"]);
        assert_eq!(said(&channels, &["TARGMAX=join:1"]), ["JOIN #b k", "JOIN #a", "JOIN #c"]);
        assert_eq!(said(&channels, &["TARGMAX=JOIN:2", "-TARGMAX"]), ["JOIN #b,#a,#c k"]);
    }

    #[test]
    fn what_does_not_fit_into_a_line_is_left_out() {
        let key = "k".repeat(200);
        let channels = [channel(&format!("#{}", "a".repeat(400)), Some(&key)), channel("#b", Some("k"))];
        assert_eq!(said(&channels, &[]), ["JOIN #b k"]);
        assert_eq!(said(&channels, &["LINELEN=1024"]).len(), 1);
        let nicks = ["lou".to_owned(), "x".repeat(600), "mia".to_owned()];
        let watched: Vec<_> = watches(nicks.iter(), &Isupport::default()).iter().map(Outgoing::text).collect();
        assert_eq!(watched, ["MONITOR + lou", "MONITOR + mia"]);
    }

    #[test]
    fn a_comma_in_a_key_or_a_name_shifts_nobody_elses_key() {
        let channels = [channel("#a", Some("1,2")), channel("#b", Some("k")), channel("#c,0", None)];
        assert_eq!(said(&channels, &[]), ["JOIN #a 1,2", "JOIN #b k"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_channel_forgotten(
            channels in prop::collection::vec(("#[a-zäß]{1,60}", prop::option::of("[a-z]{1,30}")), 0..80), most in 1usize..40,
        ) {
            let channels: Vec<_> = channels.iter().map(|(name, key)| channel(name, key.as_deref())).collect();
            let lines = said(&channels, &[&format!("TARGMAX=JOIN:{most}")]);
            let mut entered = Vec::new();
            for line in &lines {
                prop_assert!(line.len() + 2 <= 512, "{}", line);
                let words: Vec<_> = line.split(' ').collect();
                let keys: Vec<_> = words.get(2).map(|keys| keys.split(',').collect()).unwrap_or_default();
                let names: Vec<_> = words[1].split(',').collect();
                prop_assert!(names.len() <= most);
                entered.extend(names.iter().enumerate().map(|(place, name)| channel(name, keys.get(place).copied())));
            }
            let by_name = |channel: &Channel| (channel.name.clone(), channel.key.clone());
            let (mut wanted, mut entered): (Vec<_>, Vec<_>) =
                (channels.iter().map(by_name).collect(), entered.iter().map(by_name).collect());
            wanted.sort();
            entered.sort();
            prop_assert_eq!(wanted, entered);
        }
    }
}
