"""Headers, footer, time bar, alerts and cards: what stands around the market."""
