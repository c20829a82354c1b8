"""The Iceberg catalog that tables are published in, by its address."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from spymaster.errors import ExitCode, UserError
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.files import Storage
from spymaster.lake.storage.requests import endpoint_named, region_named

T = TypeVar("T")

CATALOG_NAME: Final = "spymaster"
"""A catalog kept in SQL may hold several, by name; this is the name that readers of it give."""
FOLDER: Final = "iceberg"
"""Below the lake's root: the catalog and its tables, where nothing else is asked for."""

_CATALOGS_REMEDY: Final = "check its address, that it runs and who may write"
_ATTEMPTS: Final = 4
_WAIT_S: Final = 0.1
_REST: Final = ("http://", "https://")
_WITH_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def open_catalog(storage: Storage, uri: str | None = None, warehouse: str | None = None, s3_endpoint: str = "") -> Any:
    """A ``pyiceberg.catalog.Catalog``.

    ``uri``: the file of an SQLite catalog, the URL of an SQL database as SQLAlchemy writes it, or that of a REST
    catalog (its credentials come from pyiceberg's own configuration); None for an SQLite catalog in the lake's folder.
    ``warehouse``: where the tables' own files go. Raises LakeError where pyiceberg or a driver is missing, UserError
    for an address that is none.
    """
    if importlib.util.find_spec("pyiceberg") is None or importlib.util.find_spec("sqlalchemy") is None:
        raise LakeError("lake publish", "pyiceberg is not installed", "pip install 'spymaster-tui[iceberg]'")
    # said of every column without bounds, which most of Gold's have not
    logging.getLogger("pyiceberg.io.pyarrow").setLevel(logging.ERROR)
    from pyiceberg.catalog import load_catalog

    properties = _s3(s3_endpoint)
    if uri is not None and uri.lower().startswith(_REST):
        properties |= {"type": "rest", "uri": uri} | ({"warehouse": warehouse} if warehouse else {})
    else:
        properties |= {"type": "sql", "uri": _sql(storage, uri), "warehouse": warehouse or _own_warehouse(storage)}
    with reported(uri or "lake publish"):
        return _by_one_of_several(lambda: load_catalog(CATALOG_NAME, **properties))


def have_namespace(catalog: Any, namespace: str) -> None:
    """Make a namespace where it is not there yet."""
    _by_one_of_several(lambda: catalog.create_namespace_if_not_exists(namespace))


def _by_one_of_several(make: Callable[[], T]) -> T:
    """Make what is made once: of several who find it missing all but one are refused, and find it the next time."""
    from sqlalchemy.exc import IntegrityError, OperationalError

    for _ in range(_ATTEMPTS - 1):
        try:
            return make()
        except (IntegrityError, OperationalError):
            time.sleep(_WAIT_S)
    return make()


@contextmanager
def reported(place: str) -> Iterator[None]:
    """Turn what a catalog refuses into one line. A password in an address is not part of it. Raises LakeError."""
    import sqlalchemy.exc
    from pyiceberg.exceptions import RESTError

    try:
        yield
    except ModuleNotFoundError as error:
        remedy = f"pip install the driver that brings {error.name}"
        raise LakeError(without_password(place), "its database's driver is not installed", remedy) from error
    except (sqlalchemy.exc.SQLAlchemyError, RESTError, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        problem = f"the catalog refused ({without_password(reason)})"
        raise LakeError(
            without_password(place), problem, "check its address, that it runs and who may write"
        ) from error


def without_password(text: str) -> str:
    """The same with the password of an address left out."""
    return re.sub(r"(://[^:/@\s]*):[^@/\s]*@", r"\1:***@", text)


def root_of(storage: Storage) -> str:
    """A lake's root in the one form in which its files are registered: two forms of one path would be two files."""
    return storage.name if storage.is_remote else os.path.realpath(storage.name)


def _sql(storage: Storage, uri: str | None) -> str:
    if uri is not None and _WITH_SCHEME.match(uri) and not uri.startswith("file://"):
        return uri
    if uri is None and storage.is_remote:
        remedy = "add --catalog FILE, or the address of an SQL or REST catalog"
        raise UserError(storage.name, "a catalog cannot be kept in a bucket", remedy, code=ExitCode.USAGE)
    file = Path(root_of(storage)) / FOLDER / "catalog.db" if uri is None else Path(uri.removeprefix("file://"))
    file = Path(os.path.realpath(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{file}"


def _s3(endpoint: str) -> dict[str, str | None]:
    """What pyiceberg is told of the server that the lake itself is read from."""
    named = endpoint_named(endpoint)
    return {"s3.endpoint": named, "s3.region": region_named(named)} if named else {}


def _own_warehouse(storage: Storage) -> str:
    place = f"{root_of(storage)}/{FOLDER}/warehouse"
    return place if storage.is_remote else f"file://{place}"
