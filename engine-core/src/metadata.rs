//! The metadata that goes with a verdict onto the market.
