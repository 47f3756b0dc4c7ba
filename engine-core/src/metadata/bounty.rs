//! What a bounty's poster says of its artifacts: a list of file and URL descriptions.

use serde_json::{Map, Value};

use super::place::{MetadataError, Place};

/// Spreads a bounty's metadata over its artifacts: one object each, as its poster wrote it, unknown members included;
/// empty ones where there is too little, and for all if any entry is invalid. More entries than artifacts stay.
///
/// Strangers wrote it: a `filename` is never a path.
pub fn per_artifact(metadata: &Value, artifacts: usize) -> Vec<Map<String, Value>> {
    let valid = check_bounty(metadata).is_ok();
    let entries = metadata.as_array().filter(|_| valid).into_iter().flatten();
    let mut objects: Vec<_> = entries.filter_map(Value::as_object).cloned().collect();
    objects.resize_with(objects.len().max(artifacts), Map::new);
    objects
}

/// Whether it is a list of 1 to [`MAX_ENTRIES`](super::MAX_ENTRIES) entries, each a file's description or, if it cannot
/// be one, a URL's.
///
/// # Errors
/// [`MetadataError`] with the place of the first thing that is wrong.
pub fn check_bounty(metadata: &Value) -> Result<(), MetadataError> {
    for place in Place::root(metadata).entries()? {
        place.object()?;
        let file = check_file(&place);
        if file.is_err() {
            let is_meant_as_url = place.member("uri").exists() && !place.member("mimetype").exists();
            check_url(&place).map_err(|url| if is_meant_as_url { url } else { file.err().unwrap_or(url) })?;
        }
    }
    Ok(())
}

fn check_file(place: &Place<'_>) -> Result<(), MetadataError> {
    place.member("mimetype").text()?;
    place.member("filename").optional_text()?;
    check_size(&place.member("filesize"))?;
    for (name, digits) in [("sha256", 64), ("sha1", 40), ("md5", 32)] {
        let digest = place.member(name);
        let Some(text) = digest.optional_text()? else { continue };
        if text.len() != digits || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(digest.error(format_args!("{digits} hex digits")));
        }
    }
    Ok(())
}

/// A whole number over 0, which may come as a text or with decimals of zero.
fn check_size(place: &Place<'_>) -> Result<(), MetadataError> {
    let Some(value) = place.value() else { return Ok(()) };
    let size = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let fits = size.is_some_and(|size: f64| size.is_finite() && size >= 1.0 && size.fract() == 0.0);
    if fits { Ok(()) } else { Err(place.error("a whole number over 0")) }
}

fn check_url(place: &Place<'_>) -> Result<(), MetadataError> {
    let protocol = place.member("protocol");
    if !protocol.exists() {
        return Err(protocol.error("a text or null"));
    }
    protocol.optional_text()?;
    let uri = place.member("uri");
    url::Url::parse(uri.text()?).map_err(|_| uri.error("an absolute URL"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_posters_object_is_handed_on_as_it_is() {
        let metadata = json!([{ "mimetype": "a", "extended_type": "b", "type": 7 }]);
        assert_eq!(Value::from(per_artifact(&metadata, 2)), json!([metadata[0], {}]));
    }

    #[test]
    fn one_invalid_entry_makes_all_of_them_empty_and_is_named() {
        let metadata = json!([{ "mimetype": "a" }, { "mimetype": "a", "md5": "00" }]);
        assert_eq!(per_artifact(&metadata, 2), [Map::new(), Map::new()]);
        assert_eq!(check_bounty(&metadata).unwrap_err().path, "[1].md5");
    }

    #[test]
    fn what_is_no_list_gives_empty_objects() {
        for metadata in [json!(null), json!("QmX"), json!({}), json!([]), json!([[]]), json!([{}])] {
            assert_eq!(per_artifact(&metadata, 1), [Map::new()], "{metadata}");
        }
    }
}
