use std::time::Duration;

use super::*;

fn take(caps: &mut Caps, line: &str) -> CapStep {
    caps.on_line(&Line::read(line).unwrap())
}

fn texts(lines: &[Outgoing]) -> Vec<String> {
    lines.iter().map(Outgoing::text).collect()
}

#[test]
fn a_list_over_several_lines_is_one_list() {
    let mut caps = Caps::default();
    assert_eq!(take(&mut caps, ":irc.example CAP * LS * :sasl=PLAIN,EXTERNAL vendor/x server-time"), CapStep::More);
    assert_eq!(
        take(&mut caps, ":irc.example CAP * LS :batch draft/multiline=max-bytes=4096,max-lines=24"),
        CapStep::Listed
    );
    assert_eq!(caps.value(SASL), Some("PLAIN,EXTERNAL"));
    assert_eq!(caps.value("draft/multiline"), Some("max-bytes=4096,max-lines=24"));
    assert!(caps.offers("batch") && !caps.offers("vendor/x") && !caps.has("batch"));
}

#[test]
fn a_list_without_a_colon_is_one_as_well() {
    let mut caps = Caps::default();
    assert_eq!(take(&mut caps, "CAP * ls batch sasl setname"), CapStep::Listed);
    assert!(["batch", "sasl", "setname"].iter().all(|name| caps.offers(name)));
}

#[test]
fn what_is_offered_and_known_is_asked_for_once() {
    let mut caps = Caps::default();
    take(&mut caps, "CAP * LS :sasl server-time vendor/x batch");
    assert_eq!(texts(&caps.request()), ["CAP REQ :server-time batch"]);
    assert_eq!(texts(&caps.request()), [""; 0]);
    assert_eq!(Caps::request_sasl().text(), "CAP REQ :sasl");
}

#[test]
fn requests_fit_a_line_however_much_is_offered() {
    let mut caps = Caps::new([Extension::Away, Extension::Echo].into());
    take(&mut caps, &format!("CAP * LS :{}", WANTED.join(" ")));
    let requests = caps.request();
    assert!(requests.iter().all(|line| line.body_len() <= 512));
    let asked: Vec<String> =
        requests.iter().flat_map(|line| line.text()[9..].split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(asked, WANTED);
}

#[test]
fn what_only_makes_more_traffic_is_asked_for_on_demand() {
    for (extensions, request) in [
        (BTreeSet::new(), "CAP REQ :batch"),
        ([Extension::Away].into(), "CAP REQ :away-notify batch"),
        ([Extension::Echo].into(), "CAP REQ :echo-message batch"),
    ] {
        let mut caps = Caps::new(extensions);
        take(&mut caps, "CAP * LS :away-notify echo-message batch");
        assert_eq!(texts(&caps.request()), [request]);
    }
}

#[test]
fn only_what_is_acknowledged_is_on() {
    let mut caps = Caps::default();
    take(&mut caps, "CAP * LS :sasl server-time batch");
    assert_eq!(take(&mut caps, "CAP kai ACK :server-time vendor/x "), CapStep::Granted);
    assert!(caps.has("server-time") && !caps.has("batch") && !caps.has("vendor/x"));
    assert_eq!(take(&mut caps, "CAP kai NAK :batch"), CapStep::Refused { sasl: false });
    assert_eq!(take(&mut caps, "CAP kai NAK :sasl"), CapStep::Refused { sasl: true });
    assert_eq!(take(&mut caps, "CAP kai ACK :-server-time"), CapStep::Granted);
    assert!(!caps.has("server-time"));
}

#[test]
fn what_was_never_offered_cannot_be_acknowledged() {
    let mut caps = Caps::default();
    take(&mut caps, "CAP kai ACK :echo-message");
    assert!(!caps.has("echo-message"));
}

#[test]
fn capabilities_come_and_go_with_cap_notify() {
    let mut caps = Caps::default();
    take(&mut caps, "CAP * LS :batch cap-notify");
    caps.request();
    take(&mut caps, "CAP kai ACK :batch cap-notify");
    assert_eq!(take(&mut caps, "CAP kai NEW :setname vendor/x batch"), CapStep::New { sasl: false });
    assert_eq!(texts(&caps.request()), ["CAP REQ :setname"]);
    assert_eq!(take(&mut caps, "CAP kai DEL :batch vendor/x"), CapStep::Gone { sasl: false });
    assert!(!caps.has("batch") && !caps.offers("batch"));
    take(&mut caps, "CAP kai NEW :batch");
    assert_eq!(texts(&caps.request()), ["CAP REQ :batch"]);
}

#[test]
fn a_list_that_never_ends_is_noticed_and_takes_no_memory() {
    let mut caps = Caps::default();
    let endless = format!("CAP * LS * :batch={} {}", "x".repeat(4000), "vendor/x ".repeat(500));
    for _ in 1..LIST_LINES_MAX {
        assert_eq!(take(&mut caps, &endless), CapStep::More);
    }
    assert_eq!(take(&mut caps, &endless), CapStep::Endless);
    assert_eq!((caps.offered.len(), caps.value("batch")), (1, None));
}

#[test]
fn lines_with_parts_missing_do_no_harm() {
    let mut caps = Caps::default();
    for line in ["CAP", "CAP *", "CAP * FROB :x", "CAP * LIST :x"] {
        assert_eq!(take(&mut caps, line), CapStep::More, "{line}");
    }
    assert_eq!(take(&mut caps, "CAP * LS"), CapStep::Listed);
    assert_eq!(take(&mut caps, "CAP * LS *"), CapStep::Listed);
    assert_eq!(take(&mut caps, "CAP * ACK"), CapStep::Granted);
}

#[test]
fn transport_security_is_demanded_with_a_port_or_a_duration() {
    let sts = |value| Sts::parse(value);
    assert_eq!(sts("port=6697"), Some(Sts { port: Some(6697), duration: None }));
    let hour = Some(Duration::from_hours(1));
    assert_eq!(sts("duration=3600,port=6697,preload"), Some(Sts { port: Some(6697), duration: hour }));
    assert_eq!(sts("duration=0"), Some(Sts { port: None, duration: Some(Duration::ZERO) }));
    for value in ["", "port=0", "port=70000", "port", "preload"] {
        assert_eq!(sts(value), None, "{value}");
    }
    let mut caps = Caps::default();
    take(&mut caps, "CAP * LS :sts=port=6697 batch");
    assert_eq!(caps.sts().unwrap().port, Some(6697));
    assert_eq!(texts(&caps.request()), ["CAP REQ :batch"], "sts is never asked for");
}
