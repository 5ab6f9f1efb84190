use super::*;

fn told(lines: &[&str]) -> Isupport {
    let mut isupport = Isupport::default();
    for line in lines {
        isupport.apply(&Line::read(line).unwrap());
    }
    isupport
}

const LIBERA: &[&str] = &[
    ":irc.example 005 kai WHOX MONITOR=100 SAFELIST ELIST=CMNTU ETRACE CHANTYPES=# EXCEPTS INVEX \
     CHANMODES=eIbq,k,flj,CFLMPQRSTcgimnprstuz CHANLIMIT=#:250 PREFIX=(ov)@+ MAXLIST=bqeI:100 :are supported by this server",
    ":irc.example 005 kai MODES=4 NETWORK=Example\\x20Net STATUSMSG=@+ CASEMAPPING=rfc1459 NICKLEN=16 CHANNELLEN=50 \
     TOPICLEN=390 DEAF=D LINELEN=2048 BOT=B CHATHISTORY=100 UTF8ONLY :are supported by this server",
];

#[test]
fn a_server_is_known_by_what_it_says() {
    let isupport = told(LIBERA);
    assert_eq!(isupport.casemap(), Casemap::Rfc1459);
    assert_eq!((isupport.nick_len(), isupport.line_len()), (Some(16), 2048));
    assert_eq!((isupport.monitor(), isupport.chat_history()), (Some(100), Some(100)));
    assert_eq!((isupport.bot_mode(), isupport.whox(), isupport.utf8_only()), (Some('B'), true, true));
    assert!(isupport.is_channel("#deck") && !isupport.is_channel("&deck") && !isupport.is_channel("kai"));
}

#[test]
fn a_server_that_says_nothing_has_the_habits_of_rfc1459() {
    let isupport = Isupport::default();
    assert_eq!((isupport.casemap(), isupport.line_len()), (Casemap::Rfc1459, 512));
    assert_eq!((isupport.nick_len(), isupport.monitor(), isupport.chat_history()), (None, None, None));
    assert!(isupport.is_channel("#deck") && isupport.is_channel("&deck") && !isupport.is_channel(""));
}

#[test]
fn what_is_taken_back_is_forgotten() {
    let isupport = told(&[
        LIBERA[0],
        LIBERA[1],
        "005 kai -CASEMAPPING -CHANTYPES -STATUSMSG -PREFIX -CHANMODES -NETWORK -BOT -WHOX -UTF8ONLY :no more",
        "005 kai -LINELEN -NICKLEN -TOPICLEN -MODES -MONITOR -CHATHISTORY -UNKNOWN :no more",
    ]);
    assert_eq!(isupport, Isupport::default());
}

#[test]
fn our_nick_and_the_words_at_the_end_are_no_tokens() {
    assert_eq!(told(&["005 WHOX :UTF8ONLY", "005 WHOX UTF8ONLY", "005", "004 kai WHOX :x"]), Isupport::default());
}

#[test]
fn numbers_that_cannot_be_believed_change_nothing_or_are_bounded() {
    let line_len = |value: &str| {
        let mut isupport = Isupport::default();
        isupport.token(&format!("LINELEN={value}"));
        isupport.line_len()
    };
    for (value, length) in [("0", 512), ("100", 512), ("-1", 512), ("x", 512), ("", 512), ("1024", 1024)] {
        assert_eq!(line_len(value), length, "{value}");
    }
    assert_eq!(line_len("99999999999"), crate::line::BODY_MAX);
    let mut isupport = Isupport::default();
    isupport.token("MONITOR");
    isupport.token(&format!("CHANTYPES={}", "x".repeat(VALUE_MAX + 1)));
    assert!(isupport.is_channel("#deck") && !isupport.is_channel("x"));
    assert_eq!(isupport.monitor(), Some(usize::from(u16::MAX)));
}

#[test]
fn prefixes_are_ranked_and_taken_off_members() {
    let mut isupport = Isupport::default();
    isupport.token("PREFIX=(qaohv)~&@%+");
    let prefixes = isupport.prefixes();
    assert_eq!(prefixes.split("@+lou"), ("@+", "lou"));
    assert_eq!(prefixes.split("lou"), ("", "lou"));
    assert_eq!(prefixes.split("~"), ("~", ""));
    assert_eq!(prefixes.highest("+@").unwrap(), Prefix { mode: 'o', sign: '@' });
    assert_eq!(prefixes.highest("H*+"), Some(Prefix { mode: 'v', sign: '+' }));
    assert_eq!(prefixes.highest("H"), None);
    assert_eq!(prefixes.by_mode('h').unwrap().sign, '%');
    assert_eq!(prefixes.iter().map(|prefix| prefix.mode).collect::<String>(), "qaohv");
}

#[test]
fn prefixes_that_make_no_sense_leave_those_known_before() {
    let mut isupport = Isupport::default();
    isupport.token("PREFIX=(ov)@");
    isupport.token("PREFIX=ov@+");
    assert_eq!(isupport, Isupport::default());
    isupport.token("PREFIX=");
    assert_eq!(isupport.prefixes().split("@lou"), ("", "@lou"));
}

#[test]
fn each_mode_takes_the_parameters_that_are_its_own() {
    let isupport = told(LIBERA);
    for (letter, kind, set, unset) in [
        ('b', ModeKind::List, true, true),
        ('k', ModeKind::Always, true, true),
        ('l', ModeKind::WhenSet, true, false),
        ('n', ModeKind::Never, false, false),
        ('X', ModeKind::Never, false, false),
        ('o', ModeKind::Prefix, true, true),
    ] {
        assert_eq!(isupport.mode_kind(letter), kind, "{letter}");
        assert_eq!((kind.takes_param(true), kind.takes_param(false)), (set, unset), "{letter}");
    }
    // `q` is a list here, but a prefix on servers that say so.
    assert_eq!(isupport.mode_kind('q'), ModeKind::List);
    assert_eq!(Isupport::default().mode_kind('q'), ModeKind::Prefix);
}

#[test]
fn a_status_is_taken_off_a_channel_but_not_off_a_nick() {
    let isupport = told(LIBERA);
    for (target, bare) in
        [("@#deck", "#deck"), ("@+#deck", "#deck"), ("#deck", "#deck"), ("kai", "kai"), ("@kai", "@kai")]
    {
        assert_eq!(isupport.without_status(target), bare);
    }
}

#[test]
fn escapes_are_read_and_broken_ones_left() {
    for (value, plain) in
        [("a\\x20b", "a b"), ("\\x5C", "\\"), ("\\x3d", "="), ("\\x", "\\x"), ("\\xß", "\\xß"), ("\\x00", "\\x00")]
    {
        assert_eq!(unescape(value), plain);
    }
}
