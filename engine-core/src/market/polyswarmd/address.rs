//! Where the node is, and the key that opens it.

use std::{fmt, str::FromStr};

use url::Url;

use crate::units::Chain;

/// The base of a node's URLs, as the operator wrote it: `https://host/v1/default`, or `host:port` with `https` understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Reads a full URL or `host[:port][/path]`. Without a scheme it is `https`, or `http` with `insecure_transport`. A
    /// trailing slash is kept, so that paths then hold two.
    ///
    /// # Errors
    /// [`AddressError`] when it is no http or https URL, or one with a user, a query or a fragment.
    pub fn new(text: &str, insecure_transport: bool) -> Result<Self, AddressError> {
        let wrong = |why| AddressError { address: text.chars().take(200).collect(), why };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ((if insecure_transport { "http" } else { "https" }).to_owned(), text),
        };
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(wrong("the scheme is neither http nor https"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let base = format!("{scheme}://{}{path}", authority.to_ascii_lowercase());
        let url = Url::parse(&base).map_err(|_| wrong("it is no URL and no host:port"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a user or password in it would be logged; use the API key"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or a fragment"));
        }
        Ok(Self(base))
    }

    /// The base with `path`, which starts with a slash, behind it.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Where a chain's events are listened to: the scheme is `ws` or `wss`.
    pub fn events(&self, chain: Chain) -> String {
        let rest = self.0.strip_prefix("http").unwrap_or(&self.0);
        format!("ws{rest}/events/?chain={chain}")
    }

    /// Whether what is sent can be read on the way.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http:")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is no node's address: {why}; write http(s)://host[:port][/path] or host:port")]
pub struct AddressError {
    address: String,
    why: &'static str,
}

/// A node's API key: 32 lower-case hex digits. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The bare key, as the header `Authorization` holds it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;
    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let valid = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(text.to_owned())) } else { Err(ApiKeyError { length: text.chars().count() }) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// A text that cannot be an API key. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an API key has 32 characters of 0-9 and a-f (lower case); this text has {length} characters; copy the key again"
)]
pub struct ApiKeyError {
    length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_base_is_refused() {
        for bad in [
            "",
            "ws://h:1/x",
            "http://",
            "http://u:p@h",
            "h?x=1",
            "http://h/#f",
            "http://h:99999",
            "http:// h",
        ] {
            assert!(Address::new(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_key_shows_in_no_output() {
        let key: ApiKey = "0123456789abcdef0123456789abcdef".parse().unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
        let error = "secret".parse::<ApiKey>().unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
