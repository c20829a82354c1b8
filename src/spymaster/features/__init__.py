"""What a model is told of a level, out of published columns alone and of nothing later than their snap."""
