"""The price chart and the option flow over time, as rows of cells."""
