//! The envelope of the node's answers: `{"status": "OK", "result": …}` or `{"status": "FAIL", "errors": …}`.

use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use super::wire::{answer, bounded};
use crate::market::MarketError;

/// The longest reason that is kept of a refusal, in characters.
const MAX_REASON: usize = 300;

/// What the node said.
#[derive(Debug)]
pub(super) enum Answer {
    /// It was done; the JSON text of the result, `null` if there is none.
    Done(String),
    /// It was not.
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// In the node's own words: a text, a list or an object.
        errors: Value,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    status: Option<String>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    errors: Option<Value>,
    message: Option<Value>,
}

impl Answer {
    /// Reads a body. An error says that nothing can be known from it: it is no envelope, or the node itself failed.
    pub(super) fn read(status: StatusCode, content_type: &str, body: &[u8]) -> Result<Self, NotAnAnswer> {
        let wrong = |why: String| NotAnAnswer::NotJson {
            status,
            content_type: bounded(content_type, 60),
            why,
            body: bounded(&String::from_utf8_lossy(body.get(..400).unwrap_or(body)), 120),
        };
        let text = std::str::from_utf8(body).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        if !text.trim_start().starts_with('{') {
            return Err(wrong("it is no JSON object".to_owned()));
        }
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if envelope.status.as_deref() == Some("OK") {
            return Ok(Self::Done(envelope.result.map_or("null", RawValue::get).to_owned()));
        }
        let errors = envelope.errors.or(envelope.message);
        if status.is_server_error() {
            return Err(NotAnAnswer::Failed {
                status,
                why: errors.as_ref().map_or_else(String::new, reason),
            });
        }
        match errors {
            Some(errors) => Ok(Self::Refused { status, errors }),
            None => Err(wrong("it has neither a result nor errors".to_owned())),
        }
    }

    /// The result, or the refusal as an error.
    pub(super) fn result<T: DeserializeOwned>(self, request: String) -> Result<T, MarketError> {
        match self {
            Self::Done(result) => match answer(&result) {
                Ok(result) => Ok(result),
                Err(why) => Err(MarketError::Lost { request, source: NotAnAnswer::Unexpected(why).into() }),
            },
            Self::Refused { errors, .. } => Err(MarketError::Refused { request, reason: reason(&errors) }),
        }
    }
}

/// A refusal in one line.
pub(super) fn reason(errors: &Value) -> String {
    match errors {
        Value::String(text) => bounded(text, MAX_REASON),
        other => bounded(&other.to_string(), MAX_REASON),
    }
}

/// Why nothing can be known from an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAnAnswer {
    /// Another program answered, or a proxy in between.
    #[error("the answer (status {status}, {content_type}) is not a node's: {why}: `{body}`")]
    NotJson { status: StatusCode, content_type: String, why: String, body: String },
    /// The node failed while it worked on the request.
    #[error("the node failed with status {status}: {why}")]
    Failed { status: StatusCode, why: String },
    /// An envelope with something else in it.
    #[error("the result is not what was asked for: {0}")]
    Unexpected(String),
    /// It wants us to go elsewhere, which could be anywhere.
    #[error("the node redirects (status {0}), which is not followed; give the address that it leads to")]
    Redirect(StatusCode),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Answer, NotAnAnswer> {
        Answer::read(StatusCode::from_u16(status).unwrap(), "text/x", body.as_bytes())
    }

    #[test]
    fn an_ok_counts_whatever_the_http_status() {
        assert!(matches!(read(200, r#"{"status":"OK"}"#), Ok(Answer::Done(text)) if text == "null"));
        assert!(
            matches!(read(400, r#"{"status":"OK","result":[1]}"#), Ok(Answer::Done(text)) if text == "[1]")
        );
    }

    #[test]
    fn a_no_is_told_from_a_failure() {
        let refused = |status, body| matches!(read(status, body), Ok(Answer::Refused { .. }));
        assert!(refused(404, r#"{"status":"FAIL","errors":"Bounty not found"}"#));
        assert!(refused(401, r#"{"message":"Unauthorized"}"#));
        for (status, body) in [
            (500, r#"{"message":"500 Internal Server Error"}"#),
            (500, r#"{"status":"FAIL","errors":"Could not retrieve balance"}"#),
            (200, "<html>hello</html>"),
            (200, "[]"),
            (200, "{}"),
            (200, ""),
            (502, "Bad gateway"),
        ] {
            assert!(read(status, body).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn a_long_page_becomes_a_short_error() {
        let page = format!("<html>\n{}", "é".repeat(100_000));
        let error = read(200, &page).unwrap_err().to_string();
        assert!(error.chars().count() < 300 && !error.contains('\n'), "{error}");
    }
}
