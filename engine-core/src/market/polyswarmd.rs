//! A polyswarmd node as a market.
