//! A day, a moment, or a time back from now.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    Ago(Duration),
    At(SystemTime),
}

impl Since {
    /// The moment, seen from `now`; nothing is before 1970.
    pub(super) fn moment(self, now: SystemTime) -> SystemTime {
        match self {
            Self::Ago(time) => now.checked_sub(time).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH),
            Self::At(moment) => moment,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = humantime::parse_duration(text) {
            return Ok(Self::Ago(time));
        }
        let day = format!("{text}T00:00:00Z");
        let moment = humantime::parse_rfc3339_weak(text).or_else(|_| humantime::parse_rfc3339_weak(&day));
        moment.map(Self::At).map_err(|_| {
            format!("expected a time back from now such as 30d, or a day such as 2026-11-01, got `{text}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_times_back() {
        let now = UNIX_EPOCH + Duration::from_secs(10 * 86_400);
        let at = |text: &str| {
            let since: Since = text.parse().unwrap();
            since.moment(now).duration_since(UNIX_EPOCH).unwrap().as_secs()
        };
        assert_eq!(at("9d"), 86_400);
        assert_eq!(at("99999d"), 0);
        assert_eq!(at("1970-01-02"), 86_400);
        assert_eq!(at("1970-01-02T00:00:01Z"), 86_401);
        assert_eq!(at("1970-01-02 00:00:01"), 86_401);
        for bad in ["", "yesterday", "2026-13-01", "30"] {
            assert!(bad.parse::<Since>().is_err(), "{bad}");
        }
    }
}
