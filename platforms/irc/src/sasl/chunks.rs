//! SASL messages as lines: base64, 400 characters each, and a lone `+` where the last one is full, or there is nothing.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::ExchangeError;
use crate::outgoing::Outgoing;

/// Characters of base64 in a line.
const LINE: usize = 400;

/// Characters of base64 that a server's message may have. SCRAM needs some hundred.
const MESSAGE_MAX: usize = 8_000;

/// The server's message, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Incoming(String);

impl Incoming {
    /// Takes in a line's parameter: `Some` with the message if it is complete.
    pub(super) fn take(&mut self, param: &str) -> Result<Option<Vec<u8>>, ExchangeError> {
        if param != "+" {
            self.0.push_str(param);
        }
        if self.0.len() > MESSAGE_MAX {
            return Err(ExchangeError::Message);
        }
        if param.len() == LINE {
            return Ok(None);
        }
        BASE64_STANDARD.decode(std::mem::take(&mut self.0)).map_err(|_| ExchangeError::Message).map(Some)
    }
}

/// A message, as lines to be sent.
pub(super) fn lines(message: &[u8]) -> Vec<Outgoing> {
    let text = Zeroizing::new(BASE64_STANDARD.encode(message));
    let mut lines: Vec<Outgoing> = Vec::with_capacity(text.len() / LINE + 1);
    let mut rest: &str = &text;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE));
        lines.push(authenticate(line));
        rest = behind;
    }
    if text.len().is_multiple_of(LINE) {
        lines.push(authenticate("+"));
    }
    lines
}

fn authenticate(text: &str) -> Outgoing {
    Outgoing::secret("AUTHENTICATE", text).expect("base64 has no line breaks")
}
