"""Nodes in the columns of ``sinfo -N -o``: with headings, and vertical bars, blanks, or RS and US between.

Columns without headings are understood only as Open OnDemand asks for them: ``%c``, ``%n`` and ``%f`` behind RS and US.
"""

from __future__ import annotations

import re
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.slurm.gathered import MOST_NODES, SlurmSite
from placewise.formats.fleets.imports.slurm.nodes import SlurmPartition
from placewise.formats.fleets.imports.slurm.records import Record, node_of, partition_of
from placewise.formats.fleets.imports.slurm.unread_fields import drop_keys
from placewise.formats.fleets.imports.slurm.values import least
from placewise.formats.given import Given
from placewise.formats.notations.slurm_values import NOTHING, hosts_of

RS, US = "\x1e", "\x1f"
_NAMES = ("HOSTNAMES", "NODELIST", "NODE", "HOSTNAME", "NODEHOST")
_NUMBERS = {
    "cpus": ("CPUS",),
    "memory": ("MEMORY",),
    "disk": ("TMP_DISK",),
    "sockets": ("SOCKETS",),
    "cores": ("CORES",),
    "threads": ("THREADS",),
}
_NODE_KEYS = {
    **_NUMBERS,
    "gres": ("GRES",),
    "features": ("AVAIL_FEATURES", "FEATURES"),
    "states": ("STATE",),
    "partitions": ("PARTITION",),
}
_PARTITION_KEYS = {
    "time_limit": ("TIMELIMIT",),
    "groups": ("GROUPS",),
    "min_nodes": ("the least of JOB_SIZE",),
    "max_nodes": ("the most of JOB_SIZE",),
    "root_only": ("ROOT",),
    "states": ("AVAIL",),
    "sharing": ("OVERSUBSCRIBE", "SHARE"),
}
_TOPOLOGY, _JOB_SIZE = "S:C:T", "JOB_SIZE"
_READ = {*_NAMES, _TOPOLOGY, _JOB_SIZE}.union(*_NODE_KEYS.values(), *_PARTITION_KEYS.values())
_ON_DEMAND = ("CPUS", "HOSTNAMES", "AVAIL_FEATURES")
_COLUMN = re.compile(r"\S+")


def is_columns(text: str) -> bool:
    """Whether a text has headings of sinfo, or the records of Open OnDemand."""
    return text.startswith(RS) or any(name in _NAMES for name in _headings(text))


def read_slurm_columns(text: str, given: Given, site: SlurmSite, account: Account) -> None:
    """Read the nodes of all rows. Raises InputError naming the line of what cannot be read."""
    headings, rows = _on_demand(text) if text.startswith(RS) else _with_headings(text)
    if not any(name in headings for name in _NAMES):
        raise InputError("has no column of nodes", found=" ".join(headings), expected="sinfo -N, with %N or %n")
    drop_keys(account, given.path, "columns", [name for name in headings if name not in _READ])
    for line, row in rows:
        with locating(place=f"line {line}"):
            _add(dict(zip(headings, row, strict=True)), f"{given.path}: line {line}", site, account)


def _headings(text: str) -> list[str]:
    first = text.lstrip("\n").split("\n", 1)[0]
    for separator in ("|", US):
        if separator in first:
            return [one.strip() for one in first.replace(RS, "").split(separator)]
    return first.split()


def _with_headings(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    headings = _headings(text)
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if line.strip())
    separator = next((one for one in ("|", US) if one in lines[start]), None)
    if len(set(headings)) < len(headings):
        raise InputError("a column occurs twice", found=" ".join(headings), expected="each once")
    # Blanks pad columns, and may stand inside of a value only where something else separates them.
    rows = []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip():
            continue
        row = line.split() if separator is None else [one.strip() for one in line.replace(RS, "").split(separator)]
        if len(row) != len(headings):
            raise InputError(
                f"has {len(row)} columns under {len(headings)} headings",
                place=f"line {number}",
                found=line,
                expected="one column per heading; -o '%N|%c|%m|%G' separates them",
            )
        rows.append((number, row))
    return headings, rows


def _on_demand(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the rows of records behind RS, of which no headings say what is what."""
    rows = []
    for number, record in enumerate(text.split(RS)[1:], 1):
        row = [one.strip() for one in record.split(US)]
        if len(row) != len(_ON_DEMAND) or not row[0].rstrip("+").isdecimal() or not row[1]:
            raise InputError(
                "has no headings, and is not a line of CPUs, a host and features",
                place=f"line {number}",
                found=record,
                expected="sinfo without -h, or -o %c%n%f with the characters RS and US before the fields",
            )
        rows.append((number, row))
    return list(_ON_DEMAND), rows


def _add(row: dict[str, str], where: str, site: SlurmSite, account: Account) -> None:
    listed = next(row[name] for name in _NAMES if name in row)
    entry: dict[str, Any] = row | _topology(row)
    for name, (key,) in _NUMBERS.items():
        entry[key], more = least(entry.get(key, ""), key)
        if more:
            file, _, place = where.partition(": ")
            why = "the nodes of a row differ; the least counts"
            account.drop("numbers of nodes", file, f"{place}, {name}", why)
    if "PARTITION" in row:
        partition = row["PARTITION"].rstrip("*")
        entry["PARTITION"] = partition
        if partition not in NOTHING:
            site.add_partition(_partition(partition, row, where))
    names = hosts_of(listed, "the column of nodes", MOST_NODES)
    site.add_nodes(names, node_of(listed, where, Record(entry, _NODE_KEYS)))


def _topology(row: dict[str, str]) -> dict[str, str]:
    """Return sockets, cores and threads in columns of their own, where one column has all three."""
    if _TOPOLOGY not in row:
        return {}
    parts = row[_TOPOLOGY].split(":")
    # A + at the end is of all three.
    more = "+" if parts[-1].endswith("+") else ""
    if len(parts) != 3:
        raise InputError("is not sockets, cores and threads", place=_TOPOLOGY, found=row[_TOPOLOGY], expected="2:16:2")
    return dict(zip(("SOCKETS", "CORES", "THREADS"), [part.rstrip("+") + more for part in parts], strict=True))


def _partition(name: str, row: dict[str, str], where: str) -> SlurmPartition:
    fewest, _, most = row.get(_JOB_SIZE, "").partition("-")
    entry = row | {"the least of JOB_SIZE": fewest, "the most of JOB_SIZE": most or fewest}
    if row.get("AVAIL") == "inact":
        entry["AVAIL"] = "inactive"
    return partition_of(name, where, Record(entry, _PARTITION_KEYS), whole=False)
