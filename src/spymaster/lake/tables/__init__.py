"""Schemas, routing and files of the lake's tables, for all layers. A changed column needs a new version."""
