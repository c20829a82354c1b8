"""Options as rows of cells: words, strikes, the flow wave."""
