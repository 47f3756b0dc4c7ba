//! JSON bodies, checked as the node checks them and with its texts.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde_json::Value;

use super::envelope::Failure;
use crate::testnet::node::Node;

/// Most booleans, bids and strings in one list.
const MAX_ITEMS: usize = 256;

/// The JSON of a request; null when there is none, or its content type is not JSON.
#[derive(Debug)]
pub(super) struct Body(pub(super) Value);

impl FromRequest<Arc<Node>> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, node: &Arc<Node>) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let json = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
        let bytes = Bytes::from_request(request, node)
            .await
            .map_err(|_| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large".into()))?;
        if !json {
            return Ok(Self(Value::Null));
        }
        let value = serde_json::from_slice(&bytes);
        value.map(Self).map_err(|_| Failure::unhandled(StatusCode::BAD_REQUEST))
    }
}

impl Body {
    /// The value is an object with these members.
    pub(super) fn require(&self, members: &[&str]) -> Result<(), Failure> {
        let object = self.0.as_object().ok_or_else(|| invalid("data must be object"))?;
        if members.iter().all(|member| object.contains_key(*member)) {
            return Ok(());
        }
        let names: Vec<_> = members.iter().map(|member| format!("'{member}'")).collect();
        Err(invalid(format!("data must contain [{}] properties", names.join(", "))))
    }

    /// A list of at most 256 booleans; empty when absent.
    pub(super) fn bools(&self, member: &str) -> Result<Vec<bool>, Failure> {
        self.list(member, MAX_ITEMS, |item, name| {
            item.as_bool().ok_or_else(|| invalid(format!("{name} must be boolean")))
        })
    }

    /// A list of at most 256 texts of 1 to 100 digits.
    pub(super) fn digit_lists(&self, member: &str) -> Result<Vec<String>, Failure> {
        self.list(member, MAX_ITEMS, digits)
    }

    /// A text of 1 to 100 digits, if there is one.
    pub(super) fn digits(&self, member: &str) -> Result<Option<String>, Failure> {
        self.0.get(member).map(|value| digits(value, &format!("data.{member}"))).transpose()
    }

    /// A list of at most `most` texts, each of hexadecimal digits only once `prefix` is taken off.
    pub(super) fn hex_lists(
        &self,
        member: &str,
        most: usize,
        prefix: &str,
        length: Option<usize>,
    ) -> Result<Vec<String>, Failure> {
        self.list(member, most, |item, name| {
            let item = text(item, name)?;
            let hex = item.strip_prefix(prefix).unwrap_or(item);
            let right = length.map_or(!hex.is_empty(), |length| hex.len() == length);
            if right && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Ok(hex.to_owned());
            }
            let pattern = length.map_or_else(
                || "^[0-9a-fA-F]+$".to_owned(),
                |length| format!("^({prefix})?[0-9a-fA-F]{{{length}}}$"),
            );
            Err(invalid(format!("{name} must match pattern {pattern}")))
        })
    }

    /// A text of at most so many characters.
    pub(super) fn text(&self, member: &str, most: usize) -> Result<String, Failure> {
        let name = format!("data.{member}");
        let text = text(self.0.get(member).unwrap_or(&Value::Null), &name)?;
        if text.chars().count() > most {
            return Err(invalid(format!("{name} must be shorter than or equal to {most} characters")));
        }
        Ok(text.to_owned())
    }

    fn list<T>(
        &self,
        member: &str,
        most: usize,
        read: impl Fn(&Value, &str) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let Some(value) = self.0.get(member) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| invalid(format!("data.{member} must be array")))?;
        if items.len() > most {
            return Err(invalid(format!("data.{member} must contain less than or equal to {most} items")));
        }
        items.iter().enumerate().map(|(i, item)| read(item, &format!("data.{member}[{i}]"))).collect()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Failure> {
    value.as_str().ok_or_else(|| invalid(format!("{name} must be string")))
}

fn digits(value: &Value, name: &str) -> Result<String, Failure> {
    let text = text(value, name)?;
    match text.len() {
        0 => Err(invalid(format!("{name} must be longer than or equal to 1 characters"))),
        101.. => Err(invalid(format!("{name} must be shorter than or equal to 100 characters"))),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => Ok(text.to_owned()),
        _ => Err(invalid(format!("{name} must match pattern ^\\d+$"))),
    }
}

fn invalid(why: impl std::fmt::Display) -> Failure {
    Failure::bad_request(format!("Invalid JSON: {why}"))
}
