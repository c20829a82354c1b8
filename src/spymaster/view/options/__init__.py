"""Options as rows of cells: texts, strikes, the flow wave."""
