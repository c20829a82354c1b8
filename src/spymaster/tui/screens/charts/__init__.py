"""The screens whose time goes from left to right: price chart and option flow."""
