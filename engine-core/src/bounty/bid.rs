//! What to stake on a verdict, within the market's bounds.
