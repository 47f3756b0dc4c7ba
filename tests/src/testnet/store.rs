//! The artifact store: content under a name that is made of its digest.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One file of a listing.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Empty for a file that was stored alone.
    pub(crate) name: String,
    pub(crate) hash: String,
    pub(crate) content: Bytes,
}

/// Listings by URI.
#[derive(Debug, Default)]
pub(crate) struct Store {
    listings: HashMap<String, Vec<Entry>>,
}

impl Store {
    /// Stores one text alone: the metadata of a bounty or an assertion.
    pub(crate) fn add_text(&mut self, text: String) -> String {
        let content = Bytes::from(text);
        let hash = uri_of(&content);
        self.listings.insert(hash.clone(), vec![Entry { name: String::new(), hash: hash.clone(), content }]);
        hash
    }

    /// Stores a list of files.
    pub(crate) fn add_files(&mut self, files: impl IntoIterator<Item = (String, Bytes)>) -> String {
        let entries: Vec<Entry> = files
            .into_iter()
            .map(|(name, content)| Entry { name, hash: uri_of(&content), content })
            .collect();
        let links: String = entries.iter().map(|entry| format!("{} {}\n", entry.hash, entry.name)).collect();
        let uri = uri_of(links.as_bytes());
        self.listings.insert(uri.clone(), entries);
        uri
    }

    pub(crate) fn listing(&self, uri: &str) -> Option<&[Entry]> {
        self.listings.get(uri).map(Vec::as_slice)
    }

    /// The text that stored metadata stands for: the content behind a URI, else the text itself.
    pub(crate) fn text<'a>(&'a self, stored: &'a str) -> &'a str {
        let content = self.listing(stored).and_then(|entries| entries.first());
        content.and_then(|entry| std::str::from_utf8(&entry.content).ok()).unwrap_or(stored)
    }

    /// The parsed metadata when it is valid, else the stored string: a URI is looked up, a text of 100 or more
    /// characters is read as JSON itself, and a shorter one never.
    pub(crate) fn resolve(&self, stored: &str, valid: fn(&Value) -> bool) -> Value {
        let readable = is_uri(stored) || stored.chars().count() >= 100;
        let parsed = readable.then(|| serde_json::from_str(self.text(stored)).ok()).flatten();
        parsed.filter(valid).unwrap_or_else(|| Value::String(stored.into()))
    }
}

/// Base58 text of under 100 characters: what can be a URI.
pub(crate) fn is_uri(text: &str) -> bool {
    (1..100).contains(&text.len()) && bs58::decode(text).into_vec().is_ok()
}

/// A URI that looks like the store's own: base58 of the multihash of the SHA-256.
fn uri_of(content: &[u8]) -> String {
    let mut multihash = vec![0x12, 0x20];
    multihash.extend_from_slice(&Sha256::digest(content));
    bs58::encode(multihash).into_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_resolves_by_uri_or_when_it_is_long_json() {
        let mut store = Store::default();
        let list = json!([{ "malware_family": "x".repeat(100) }]);
        let uri = store.add_text(list.to_string());
        assert!(uri.starts_with("Qm") && uri.len() == 46 && is_uri(&uri), "{uri}");
        let valid: fn(&Value) -> bool = Value::is_array;
        assert_eq!(store.resolve(&uri, valid), list);
        assert_eq!(store.resolve(&list.to_string(), valid), list);
        assert_eq!(store.resolve("[]", valid), json!("[]"), "short JSON stays a string");
        assert_eq!(store.resolve("QmBad", valid), json!("QmBad"));
        assert_eq!(store.resolve(&uri, Value::is_object), json!(uri), "invalid stays a string");
    }

    #[test]
    fn listings_keep_order_and_names() {
        let mut store = Store::default();
        let uri = store.add_files([("b".into(), Bytes::from("1")), ("a".into(), Bytes::from("2"))]);
        let names: Vec<_> = store.listing(&uri).unwrap().iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert!(store.listing("QmNone").is_none() && !is_uri("no/uri") && !is_uri(""));
    }
}
