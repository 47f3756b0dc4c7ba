//! Where a clamd listens.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where a clamd listens, written `HOST:PORT` (an IPv6 address in brackets) or `unix:/path/of/the.socket`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A name or IP address, and a port.
    Tcp {
        /// A name, or an IP address without brackets.
        host: String,
        /// From 1 to 65535.
        port: u16,
    },
    /// An absolute path of a unix socket.
    Unix(PathBuf),
}

impl Address {
    /// The port that clamd listens on unless told otherwise.
    pub const DEFAULT_PORT: u16 = 3310;

    /// A TCP address.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::Tcp { host: host.into(), port }
    }
}

/// A text that is no address of a clamd.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address of clamd such as 127.0.0.1:3310 or unix:/run/clamav/clamd.ctl, got `{got}`")]
pub struct AddressError {
    got: String,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError { got: text.chars().take(120).collect() };
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(wrong()) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let plain =
            !host.is_empty() && !host.contains(['[', ']', ':', '/']) && !host.contains(char::is_whitespace);
        let host = bare.or_else(|| plain.then_some(host)).ok_or_else(wrong)?;
        match port.parse() {
            Ok(port @ 1..) => Ok(Self::tcp(host, port)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_and_print() {
        for (text, address) in [
            ("127.0.0.1:3310", Address::tcp("127.0.0.1", 3310)),
            ("clamd.lan:1", Address::tcp("clamd.lan", 1)),
            ("[::1]:3310", Address::tcp("::1", 3310)),
            ("unix:/run/a b.sock", Address::Unix("/run/a b.sock".into())),
        ] {
            assert_eq!(text.parse(), Ok(address.clone()), "{text}");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            ":",
            ":3310",
            "host",
            "host:",
            "host:0",
            "host:65536",
            "::1:3310",
            "[::1]",
            "unix:",
            "unix:x",
            "a/b:1",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
