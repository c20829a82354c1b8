"""What a model said, as it said it: chained, so that nothing can be made prettier afterwards; and what it was worth."""
