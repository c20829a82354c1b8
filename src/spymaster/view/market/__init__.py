"""The book over price and time: ladder, heatmap, tape, candles."""
