"""A Dask cluster that is there already, looked at before work is sent to it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats.reading import read_json

_PATIENCE_S = 8.0
_DECIDING = ("placewise", "numpy")


@contextlib.contextmanager
def connected(where: str) -> Iterator[Any]:
    """Yield a client of the scheduler at an address, or in its scheduler file; see `runner` for what it raises."""
    distributed = _distributed()
    address = _address_in(Path(where)) if where.endswith(".json") else where
    with _hushed():
        try:
            # In a thread of its own, since the caller's may have a loop that runs, as in a notebook.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _require_scheduler(distributed, address)).result()
            client = distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False)
        except Exception as error:
            # What speaks another language may cause any error in Dask, and few of them tell anything.
            told = str(error) if isinstance(error, OSError | TypeError | ValueError) else ""
            raise InputError(
                f"no Dask scheduler answers{': ' * bool(told)}{told}",
                place="--dask",
                found=where,
                expected="an address such as tcp://host:8786, or a scheduler file (.json)",
            ) from error
        with contextlib.closing(client):
            _require_equal_versions(client)
            yield client


def _distributed() -> Any:
    """Load Dask, whose functions have no types. Raises InputError where it is not installed."""
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise InputError("Dask is not installed", expected='pip install "placewise[dask]"') from None


async def _require_scheduler(distributed: Any, address: str) -> None:
    # A client that cannot connect complains until the process ends; a call that cannot is over.
    security = distributed.Security().get_connection_args("client")
    async with distributed.rpc(address, timeout=_PATIENCE_S, connection_args=security) as there:
        identity = await asyncio.wait_for(there.identity(), _PATIENCE_S)
    if identity["type"] != "Scheduler":
        raise ValueError(f"this is a {identity['type']}")


def _require_equal_versions(client: Any) -> None:
    """Raise InputError when the scheduler or a worker has not what decides about rows, as this process has it."""
    versions = client.get_versions(packages=[*_DECIDING])
    ours = versions["client"]["packages"]
    for address, theirs in {"the scheduler": versions["scheduler"], **versions["workers"]}.items():
        for name in _DECIDING:
            if theirs["packages"][name] != ours[name]:
                raise InputError(
                    f"{address} has another {name}",
                    place="--dask",
                    found=theirs["packages"][name],
                    expected=f"{ours[name]}, as here",
                )


def _address_in(file: Path) -> str:
    document = read_json(file)
    address = document.get("address") if isinstance(document, dict) else None
    if not isinstance(address, str):
        raise InputError(
            "is not a scheduler file of Dask", file=file, found=document, expected="an object with an address"
        )
    return address


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep what Dask logs and warns of from the terminal; what matters of it comes as an exception."""
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    talking = [one for one in loggers if one.name.partition(".")[0] in ("distributed", "tornado")]
    levels = {handler: handler.level for one in talking for handler in one.handlers}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        for handler in levels:
            handler.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for handler, level in levels.items():
                handler.setLevel(level)
