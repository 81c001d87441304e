"""Nodes in the columns of ``sinfo -N -o``: with headings, and vertical bars, blanks, or RS and US between.

Columns without headings are understood only as Open OnDemand asks for them: ``%c``, ``%n`` and ``%f`` behind RS and US.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.given import Given
from placewise.formats.fleets.imports.slurm_fields import drop_keys
from placewise.formats.fleets.imports.slurm_json import MOST_NODES, SlurmRead
from placewise.formats.fleets.imports.slurm_nodes import SlurmNode, SlurmPartition
from placewise.formats.fleets.imports.slurm_partitions import SlurmLimits
from placewise.formats.fleets.imports.slurm_text import time_limit
from placewise.formats.fleets.imports.slurm_values import (
    NOTHING,
    count,
    hosts_of,
    least,
    mebibytes,
    names_of,
    parse_gres,
    words_of_state,
)

RS, US = "\x1e", "\x1f"
_NAMES = ("HOSTNAMES", "NODELIST", "NODE", "HOSTNAME", "NODEHOST")
_FEATURES = ("AVAIL_FEATURES", "FEATURES")
_READ = (
    *_NAMES,
    *_FEATURES,
    *("CPUS", "MEMORY", "TMP_DISK", "SOCKETS", "CORES", "THREADS", "S:C:T", "GRES", "STATE", "PARTITION", "AVAIL"),
    *("TIMELIMIT", "OVERSUBSCRIBE", "SHARE", "JOB_SIZE", "GROUPS", "ROOT"),
)
_ON_DEMAND = ("CPUS", "HOSTNAMES", "AVAIL_FEATURES")
_COLUMN = re.compile(r"\S+")


def is_columns(text: str) -> bool:
    """Whether a text has headings of sinfo, or the records of Open OnDemand."""
    return text.startswith(RS) or any(name in _NAMES for name in _headings(text))


def read_slurm_columns(text: str, given: Given, read: SlurmRead, account: Account) -> None:
    """Read the nodes of all rows. Raises InputError naming the line of what cannot be read."""
    headings, rows = _on_demand(text) if text.startswith(RS) else _with_headings(text)
    if not any(name in headings for name in _NAMES):
        raise InputError("has no column of nodes", found=" ".join(headings), expected="sinfo -N, with %N or %n")
    drop_keys(account, given.path, "columns", [name for name in headings if name not in _READ])
    for line, row in rows:
        with locating(place=f"line {line}"):
            _add(dict(zip(headings, row, strict=True)), f"{given.path}: line {line}", read, account)


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
        raise InputError("a column stands twice", found=" ".join(headings), expected="each once")
    # Blanks pad columns, and may stand inside of a value only where something else separates them.
    rows = []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip():
            continue
        row = line.split() if separator is None else [one.strip() for one in line.replace(RS, "").split(separator)]
        if len(row) != len(headings):
            raise InputError(
                f"has {len(row)} columns, and there are {len(headings)} headings",
                place=f"line {number}",
                found=line,
                expected="as many; -o '%N|%c|%m|%G' puts bars between them",
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
                "has no headings, and is not of CPUs, a host and features",
                place=f"line {number}",
                found=record,
                expected="sinfo without -h, or with -o %c%n%f and RS and US before them",
            )
        rows.append((number, row))
    return list(_ON_DEMAND), rows


def _add(row: dict[str, str], where: str, read: SlurmRead, account: Account) -> None:
    listed = next(row[name] for name in _NAMES if name in row)
    numbers = {
        "cpus": row.get("CPUS", ""),
        "memory": row.get("MEMORY", ""),
        "disk": row.get("TMP_DISK", ""),
        **dict(zip(("sockets", "cores", "threads"), _topology(row), strict=True)),
    }
    sizes: dict[str, int | None] = {}
    for name, written in numbers.items():
        sizes[name], more = least(written, name)
        if more:
            file, _, place = where.partition(": ")
            why = "the nodes of a row differ; the least counts"
            account.drop("numbers of nodes", file, f"{place}, {name}", why)
    partition = row.get("PARTITION", "").rstrip("*")
    partition = "" if partition in NOTHING else partition
    if partition:
        read.add_partition(_partition(partition, row, where))
    features = next((row[name] for name in _FEATURES if name in row), None)
    for name in hosts_of(listed, "the column of nodes", MOST_NODES):
        node = SlurmNode(name, where, sizes["cpus"], None, sizes["sockets"], sizes["cores"], sizes["threads"])
        node.memory_bytes = mebibytes(sizes["memory"], "MEMORY")
        node.disk_bytes = mebibytes(sizes["disk"], "TMP_DISK")
        node.gres = parse_gres(row["GRES"], "GRES")[0] if "GRES" in row else None
        node.features = None if features is None else names_of(features, "features")
        node.states = words_of_state(row["STATE"], None, "STATE") if "STATE" in row else None
        node.partitions = (partition,) if partition else () if "PARTITION" in row else None
        read.add_node(node)


def _topology(row: dict[str, str]) -> Sequence[str]:
    if "S:C:T" not in row:
        return [row.get(name, "") for name in ("SOCKETS", "CORES", "THREADS")]
    parts = row["S:C:T"].split(":")
    # A + at the end is of all three.
    more = "+" if parts[-1].endswith("+") else ""
    if len(parts) != 3:
        raise InputError("is not sockets, cores and threads", place="S:C:T", found=row["S:C:T"], expected="2:16:2")
    return [part.rstrip("+") + more for part in parts]


def _partition(name: str, row: dict[str, str], where: str) -> SlurmPartition:
    least, _, most = row.get("JOB_SIZE", "").partition("-")
    limits = SlurmLimits(
        time_limit=time_limit(row.get("TIMELIMIT", "")),
        groups=names_of(row.get("GROUPS"), "GROUPS"),
        max_nodes=count(most or least, "JOB_SIZE"),
        min_nodes=count(least, "JOB_SIZE"),
        root_only=row.get("ROOT") == "yes",
        states=words_of_state({"inact": "inactive"}.get(row.get("AVAIL", ""), row.get("AVAIL")), None, "AVAIL"),
        sharing=row.get("OVERSUBSCRIBE", row.get("SHARE", "")),
    )
    return SlurmPartition(name, where, None, limits)
