"""The command ``lake publish``."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.tables.lake_commands import JsonOption, RootArgument

CatalogOption = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        help="An SQLite file, or the URL of an SQL database or a REST catalog. [default: LAKE/iceberg/catalog.db]",
        metavar="URI",
        show_default=False,
    ),
]
WarehouseOption = Annotated[
    str | None,
    typer.Option(
        "--warehouse",
        help="Where the tables' own files go. [default: LAKE/iceberg/warehouse, or the REST catalog's]",
        metavar="URI",
        show_default=False,
    ),
]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="What the tables are in.", metavar="NAME")]

BronzeOption = Annotated[
    bool,
    typer.Option("--bronze", help="Bronze of sealed runs too: copied with signs, as Silver is."),
]


def lake_publish(
    context: typer.Context,
    root: RootArgument = None,
    catalog: CatalogOption = None,
    warehouse: WarehouseOption = None,
    namespace: NamespaceOption = "spymaster",
    bronze: BronzeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish Gold of sealed runs and Silver as Iceberg tables (needs pyiceberg); what is published already stays."""
    from spymaster.cli.tables.publish import run_publish

    with reported():
        raise typer.Exit(run_publish(context.obj.config, root, catalog, warehouse, namespace, bronze, as_json))
