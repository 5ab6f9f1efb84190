use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn exchange(sasl: &Sasl) -> Exchange {
    Exchange::with_nonce(sasl, "kai", [7; 18])
}

fn said(lines: &[Outgoing]) -> Vec<String> {
    lines.iter().map(|line| line.text().strip_prefix("AUTHENTICATE ").unwrap().to_owned()).collect()
}

fn decoded(lines: &[Outgoing]) -> String {
    String::from_utf8(BASE64_STANDARD.decode(said(lines).concat()).unwrap()).unwrap()
}

// irc 2
#[test]
fn plain_says_account_account_and_secret() {
    let sasl = Sasl::Plain(secret("pencil"));
    assert_eq!(Exchange::open(&sasl).text(), "AUTHENTICATE PLAIN");
    let mut exchange = exchange(&sasl);
    assert_eq!(decoded(&exchange.on_message("+").unwrap()), "kai\0kai\0pencil");
    assert_eq!(exchange.on_message("+"), Err(ExchangeError::Message), "there is nothing more to say");
    assert_eq!(exchange.finish(), Ok(()));
}

// irc 3
#[test]
fn oauthbearer_says_the_token_and_answers_a_failure_with_soh() {
    let mut exchange = exchange(&Sasl::OauthBearer(secret("t0ken")));
    assert_eq!(decoded(&exchange.on_message("+").unwrap()), "n,,\x01auth=Bearer t0ken\x01\x01");
    let failure = BASE64_STANDARD.encode(r#"{"status":"invalid_token"}"#);
    assert_eq!(said(&exchange.on_message(&failure).unwrap()), ["AQ=="]);
}

#[test]
fn external_says_nothing() {
    assert_eq!(said(&exchange(&Sasl::External).on_message("+").unwrap()), ["+"]);
}

#[test]
fn scram_says_who_it_is_and_does_not_believe_an_early_success() {
    let mut exchange = exchange(&Sasl::ScramSha256(secret("pencil")));
    let nonce = BASE64_STANDARD.encode([7; 18]);
    assert_eq!(decoded(&exchange.on_message("+").unwrap()), format!("n,,n=kai,r={nonce}"));
    assert_eq!(exchange.finish(), Err(ExchangeError::Impostor));
    let challenge = BASE64_STANDARD.encode(format!("r={nonce}more,s=c2FsdA==,i=4096"));
    assert!(decoded(&exchange.on_message(&challenge).unwrap()).starts_with(&format!("c=biws,r={nonce}more,p=")));
    assert_eq!(exchange.finish(), Err(ExchangeError::Impostor));
    assert_eq!(exchange.on_message("dj1BQUFB"), Err(ExchangeError::Impostor));
}

#[test]
fn each_attempt_has_a_nonce_of_its_own() {
    let sasl = Sasl::ScramSha256(secret("pencil"));
    let first = || decoded(&Exchange::new(&sasl, "kai").on_message("+").unwrap());
    assert_ne!(first(), first());
}

#[test]
fn long_messages_go_in_lines_of_400_and_end_with_a_shorter_one() {
    // Three bytes are four characters: 300 make a full line.
    for (bytes, lengths) in [
        (0, vec![1]),
        (3, vec![4]),
        (299, vec![400, 1]),
        (300, vec![400, 1]),
        (301, vec![400, 4]),
        (600, vec![400, 400, 1]),
    ] {
        let lines = said(&chunks::lines(&vec![b'x'; bytes]));
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), lengths, "{bytes}");
        if lengths.last() == Some(&1) {
            assert_eq!(lines.last().unwrap(), "+");
        }
    }
}

#[test]
fn long_messages_from_the_server_are_put_together_and_bounded() {
    let mut incoming = Incoming::default();
    let text = BASE64_STANDARD.encode([b'x'; 450]);
    assert_eq!(incoming.take(&text[..400]), Ok(None));
    assert_eq!(incoming.take(&text[400..]), Ok(Some(vec![b'x'; 450])));
    assert_eq!(incoming.take(&BASE64_STANDARD.encode([b'x'; 300])), Ok(None));
    assert_eq!(incoming.take("+"), Ok(Some(vec![b'x'; 300])));
    assert_eq!(incoming.take("+"), Ok(Some(Vec::new())));
    assert_eq!(incoming.take("!"), Err(ExchangeError::Message));
    let mut endless = Incoming::default();
    let more = "A".repeat(400);
    assert!((0..1000).any(|_| endless.take(&more) == Err(ExchangeError::Message)));
}

#[test]
fn no_secret_is_shown() {
    for sasl in
        [Sasl::Plain(secret("pencil")), Sasl::OauthBearer(secret("pencil")), Sasl::ScramSha256(secret("pencil"))]
    {
        let mut exchange = exchange(&sasl);
        let lines = exchange.on_message("+").unwrap();
        let shown = format!("{sasl:?} {exchange:?} {lines:?}");
        assert!(!shown.contains("pencil") && !shown.contains(&BASE64_STANDARD.encode("pencil")), "{shown}");
        assert!(lines.iter().all(Outgoing::is_secret));
    }
}
