//! The options `--filter` and `--confidence`: four words each, and what became of them in older scripts.

use serde::{Deserialize, Deserializer, de};

use crate::{
    BoxError,
    bounty::filter::{BountyFilter, ConfidenceModifier, Filter, FilterError, Filters},
};

/// How many words a filter has.
const WORDS: usize = 4;

/// An option's words that make no filter.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionError {
    #[error("--{option} {} cannot be used", words.join(" "))]
    Filter { option: &'static str, words: Vec<String>, source: FilterError },
    #[error("--{option} {} begins with neither `{yes}` nor `{no}`", words.join(" "))]
    First { option: &'static str, words: Vec<String>, yes: &'static str, no: &'static str },
}

/// Reads arrays of four words into one list of all their words, as clap has it too.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let filters = Vec::<Vec<String>>::deserialize(deserializer)?;
    match filters.iter().find(|words| words.len() != WORDS) {
        Some(words) => {
            let message = format_args!(
                "expected four words, such as reject filesize > 1000000, not `{}`",
                words.join(" ")
            );
            Err(de::Error::custom(message))
        }
        None => Ok(filters.into_iter().flatten().collect()),
    }
}

/// The filters of all four options.
pub(super) fn filters(
    filter: &[String],
    confidence: &[String],
    accept: &[String],
    exclude: &[String],
) -> Result<Filters, BoxError> {
    let (mut accepted, mut rejected) = sorted("filter", ["accept", "reject"], filter)?;
    let (favored, penalized) = sorted("confidence", ["favor", "penalize"], confidence)?;
    accepted.extend(older("accept", accept)?);
    rejected.extend(older("exclude", exclude)?);
    Ok(Filters {
        bounties: BountyFilter::new(accepted, rejected),
        confidence: ConfidenceModifier::new(favored, penalized),
    })
}

/// The filters of one option by their first word.
fn sorted(
    option: &'static str,
    [yes, no]: [&'static str; 2],
    words: &[String],
) -> Result<(Vec<Filter>, Vec<Filter>), OptionError> {
    let (mut yeses, mut noes) = (Vec::new(), Vec::new());
    let (filters, _) = words.as_chunks::<WORDS>();
    for words @ [first, key, comparison, value] in filters {
        let list = match first.as_str() {
            first if first == yes => &mut yeses,
            first if first == no => &mut noes,
            _ => return Err(OptionError::First { option, words: words.to_vec(), yes, no }),
        };
        let filter = Filter::new(key, comparison, value).map_err(|source| OptionError::Filter {
            option,
            words: words.to_vec(),
            source,
        })?;
        if filter.is_vain() {
            tracing::warn!(
                option,
                key,
                comparison,
                value,
                "this filter never matches: its value is no number"
            );
        }
        list.push(filter);
    }
    Ok((yeses, noes))
}

/// The filters of an option of older scripts.
fn older(option: &'static str, texts: &[String]) -> Result<Vec<Filter>, OptionError> {
    if !texts.is_empty() {
        let instead =
            if option == "accept" { "--filter accept KEY == VALUE" } else { "--filter reject KEY == VALUE" };
        tracing::warn!(option, instead, "this option is deprecated");
    }
    let filter = |text: &String| {
        Filter::equal(text).map_err(|source| OptionError::Filter {
            option,
            words: vec![text.clone()],
            source,
        })
    };
    texts.iter().map(filter).collect()
}
