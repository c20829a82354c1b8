"""``learn`` and the commands about what a model says: fitting, measuring, writing down."""
