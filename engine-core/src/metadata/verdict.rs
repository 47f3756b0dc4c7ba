//! The metadata of one verdict: its members, how they are read, and how they are written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::place::{MetadataError, Place};

/// What goes with one verdict. Written in the order of its fields, without nulls and empty lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VerdictMetadata {
    /// The family; empty when it has no name. The one member that is always there.
    pub malware_family: String,
    /// Host names, 3 to 127 characters each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// IPv4 and IPv6 addresses in their usual form, perhaps with a zone (`fe80::1%eth0`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
    /// STIX objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stix: Vec<Stix>,
    /// Which scanner it was.
    #[serde(skip_serializing_if = "ScannerInfo::is_empty", serialize_with = "ScannerInfo::write")]
    pub scanner: ScannerInfo,
    /// Whether the verdict comes from a heuristic rather than a signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heuristic: Option<bool>,
    /// Members that the schema does not know; kept as they are.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A STIX object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stix {
    /// Its schema.
    pub schema: String,
    /// The object itself: any JSON.
    pub signature: Value,
}

/// Which scanner a verdict is from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScannerInfo {
    /// Of the program: digits and dots, `1.2.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Of the Python client, where that is the program: digits and dots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polyswarmclient_version: Option<String>,
    /// Of the scanner in the vendor's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_version: Option<String>,
    /// Of the signatures that the scan used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures_version: Option<String>,
    /// Where it ran, by custom `architecture` and `operating_system`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub environment: Map<String, Value>,
}

impl ScannerInfo {
    /// Whether there is nothing to be written.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn write<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.serialize(s)
    }
}

/// The members that the schema knows.
pub(super) const KNOWN: [&str; 6] =
    ["malware_family", "domains", "ip_addresses", "stix", "scanner", "heuristic"];

impl VerdictMetadata {
    /// Reads one, as loosely as the reference schema: nulls are nothing, a heuristic may be `"yes"`, an address a number.
    ///
    /// # Errors
    /// [`MetadataError`] with the place, when a member is of another type or form, and when `malware_family` is missing
    /// (also from the empty object, which the reference takes and then cannot write).
    pub fn read(value: &Value) -> Result<Self, MetadataError> {
        Self::at(&Place::root(value))
    }

    pub(super) fn at(place: &Place<'_>) -> Result<Self, MetadataError> {
        let members = place.object()?;
        Ok(Self {
            malware_family: place.member("malware_family").text()?.into(),
            domains: place.member("domains").optional_list(|place| domain(&place))?,
            ip_addresses: place.member("ip_addresses").optional_list(|place| address(&place))?,
            stix: place.member("stix").optional_list(|place| Stix::at(&place))?,
            scanner: ScannerInfo::at(&place.member("scanner"))?,
            heuristic: heuristic(&place.member("heuristic"))?,
            other: members
                .iter()
                .filter(|(name, _)| !KNOWN.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }
}

impl Stix {
    fn at(place: &Place<'_>) -> Result<Self, MetadataError> {
        let members = place.object()?;
        // The reference writes `stix_schema` where it forgets its own alias.
        let has_alias_only = members.contains_key("stix_schema") && !members.contains_key("schema");
        let schema = place.member(if has_alias_only { "stix_schema" } else { "schema" });
        let signature =
            members.get("signature").ok_or_else(|| place.member("signature").error("any value"))?;
        Ok(Self { schema: schema.text()?.into(), signature: signature.clone() })
    }
}

impl ScannerInfo {
    fn at(place: &Place<'_>) -> Result<Self, MetadataError> {
        let Some(place) = place.present() else { return Ok(Self::default()) };
        place.object()?;
        let environment = place.member("environment");
        Ok(Self {
            version: version(&place.member("version"))?,
            polyswarmclient_version: version(&place.member("polyswarmclient_version"))?,
            vendor_version: place.member("vendor_version").optional_text()?,
            signatures_version: place.member("signatures_version").optional_text()?,
            environment: environment.present().map(Place::object).transpose()?.cloned().unwrap_or_default(),
        })
    }
}

/// As the reference in fact does it: its pattern is not anchored, so one matching character will do.
fn domain(place: &Place<'_>) -> Result<String, MetadataError> {
    let text = place.text()?;
    let fits = (3..=127).contains(&text.chars().count())
        && text.chars().any(|c| c == '_' || c.is_ascii_digit() || c >= 'a');
    if fits { Ok(text.into()) } else { Err(place.error("a domain name of 3 to 127 characters, lower case")) }
}

fn address(place: &Place<'_>) -> Result<String, MetadataError> {
    let read = match place.value() {
        Some(Value::String(text)) => read_address(text),
        Some(Value::Number(number)) => number.as_u64().map(|number| match u32::try_from(number) {
            Ok(number) => Ipv4Addr::from(number).to_string(),
            Err(_) => Ipv6Addr::from(u128::from(number)).to_string(),
        }),
        _ => None,
    };
    read.ok_or_else(|| place.error("an IP address"))
}

fn read_address(text: &str) -> Option<String> {
    match text.split_once('%') {
        Some((address, zone)) => {
            let fits = !zone.is_empty() && !zone.contains(['%', '/']);
            fits.then(|| address.parse::<Ipv6Addr>().ok())
                .flatten()
                .map(|address| format!("{address}%{zone}"))
        }
        None => text.parse::<IpAddr>().ok().map(|address| address.to_string()),
    }
}

/// Digits and dots: `1`, `1.2.3`.
pub(super) fn is_version(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn version(place: &Place<'_>) -> Result<Option<String>, MetadataError> {
    match place.optional_text()? {
        Some(text) if !is_version(&text) => Err(place.error("digits and dots, as 1.2.3")),
        version => Ok(version),
    }
}

fn heuristic(place: &Place<'_>) -> Result<Option<bool>, MetadataError> {
    let Some(value) = place.value() else { return Ok(None) };
    let read = match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    };
    read.map(Some).ok_or_else(|| place.error("true or false"))
}
