"""Alibaba's GPU trace of 2023 (openb): a table of nodes and a table of pods that name the GPU models that will do.

Nodes: sn, cpu_milli, memory_mib, gpu (how many), model. Pods: name, cpu_milli, memory_mib, num_gpu, gpu_milli (of each
GPU, thousandths), gpu_spec (models with ``|`` between), qos, creation_time, deletion_time, scheduled_time, in seconds.
See https://github.com/alibaba/clusterdata, cluster-trace-gpu-v2023.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from placewise.errors import InputError, Words, locating
from placewise.formats.traces.columns import finished, labels_of_texts, requests_of
from placewise.formats.traces.swf import reading as swf
from placewise.formats.traces.trace_bytes import decoded, read_trace_bytes
from placewise.model.requirements.predicates import Equals, OneOf
from placewise.model.requirements.requirement import Condition, Expression, Requirement
from placewise.model.traces.trace import UNKNOWN, Machine, Trace

NODES = ("sn", "cpu_milli", "memory_mib", "gpu", "model")
PODS = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time", "deletion_time", "scheduled_time")
NEVER_SCHEDULED = "the pod was never scheduled"
NEVER_DELETED = "when the pod ended is not known"
_MIB = 1 << 20
_LONGEST_FIELD = 1 << 16
# Of all numbers, so that products of two still fit: 136 years, 4 PiB, four billion thousandths.
_MOST = 1 << 32
_MOST_GPUS = 1 << 16


def is_pods(content: bytes) -> bool:
    """Whether a file begins with the header of a table of pods."""
    return set(PODS) <= set(_header(content))


def is_nodes(content: bytes) -> bool:
    """Whether a file begins with the header of a table of nodes."""
    return set(NODES) <= set(_header(content))


def _header(content: bytes) -> list[str]:
    first = content.lstrip()[:4096].split(b"\n", 1)[0]
    return [name.strip() for name in decoded(first).split(",")]


def read_openb(content: bytes, source: object, machines: tuple[Machine, ...]) -> Trace:
    """Return the trace of a table of pods on these machines.

    Processors are counted in thousandths. The GPU models that a pod names are a requirement, `gpu{model in (..)}`; the
    quality of service is its queue. Its runtime is from when it was scheduled until it was deleted. There are no
    limits and no users. Pods that were never scheduled are left out, since nobody knows how long they would have run.

    Raises InputError naming the line for what is no such table.
    """
    left_out: Counter[str] = Counter()
    names: list[str] = []
    rows: list[tuple[int, ...]] = []
    queues: list[str] = []
    asked: list[tuple[Expression, ...]] = []
    with locating(file=source):
        for place, row in _rows(content, PODS):
            if not row["scheduled_time"].strip():
                left_out[NEVER_SCHEDULED] += 1
                continue
            if not row["deletion_time"].strip():
                left_out[NEVER_DELETED] += 1
                continue
            cpu, memory, gpus, share, created, deleted, scheduled = (_number(row, name, place) for name in PODS[1:])
            if gpus >= _MOST_GPUS:
                raise InputError("asks for too many GPUs", place=place, found=gpus, expected=f"below {_MOST_GPUS}")
            waited = max(scheduled - created, UNKNOWN)
            rows.append((created, max(deleted - scheduled, UNKNOWN), cpu, memory * _MIB, gpus * share, waited))
            names.append(row["name"])
            queues.append(row.get("qos") or "")
            asked.append(_models(row.get("gpu_spec") or ""))
        if not rows:
            found = Words(", ".join(f"{reason}: {count:,}" for reason, count in left_out.items()) or "no pods")
            raise InputError("no pod was scheduled and ended", found=found, expected="one or more")
    table = np.array(rows, dtype=np.int64)
    jobs = len(rows)
    unknown = np.full(jobs, UNKNOWN, dtype=np.int64)
    return finished(
        Trace(
            names=tuple(names),
            submit_s=table[:, 0].copy(),
            runtime_s=table[:, 1].copy(),
            requested_s=unknown,
            processors=table[:, 2].copy(),
            requested_processors=table[:, 2].copy(),
            nodes=np.ones(jobs, dtype=np.int64),
            memory_bytes=table[:, 3].copy(),
            gpus_milli=table[:, 4].copy(),
            exclusive=np.zeros(jobs, dtype=bool),
            user=labels_of_texts([""] * jobs),
            group=labels_of_texts([""] * jobs),
            queue=labels_of_texts(queues),
            **requests_of(asked),
            after=unknown,
            think_s=unknown,
            machines=machines,
            processor_parts=1000,
            waited_s=table[:, 5].copy(),
            left_out=tuple(left_out.most_common()),
            source=Path(str(source)).name,
        )
    )


def read_openb_nodes(path: Path) -> tuple[Machine, ...]:
    """Return the machines of a table of nodes: nodes that are alike are one. Raises InputError as `read_openb` does."""
    alike: Counter[tuple[str, int, int, int]] = Counter()
    content = read_trace_bytes(path)
    with locating(file=path):
        for place, row in _rows(content, NODES):
            model = row["model"].strip()
            cpu, memory, gpus = (_number(row, name, place) for name in ("cpu_milli", "memory_mib", "gpu"))
            if min(cpu, memory) <= 0 or gpus >= _MOST_GPUS:
                raise InputError("is not a usable node", place=place, found=dict(row), expected="numbers above 0")
            alike[(model if gpus else "", gpus, cpu, memory)] += 1
    if not alike:
        raise InputError("describes no nodes", file=path, expected="one or more")
    return tuple(
        Machine(
            "-".join([*([model] if model else []), *([f"{gpus}gpu"] if gpus else []), f"{cpu}m", f"{memory}Mi"]),
            count * cpu,
            count,
            cpu,
            memory * _MIB,
            gpus,
            model or None,
        )
        for (model, gpus, cpu, memory), count in sorted(alike.items())
    )


def _rows(content: bytes, needed: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    if any(len(line) > _LONGEST_FIELD for line in content.split(b"\n")):
        raise InputError("has a line that is too long", expected=f"at most {_LONGEST_FIELD:,} bytes")
    try:
        reader = csv.DictReader(decoded(content).splitlines(), strict=True)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            found = Words(", ".join(reader.fieldnames or ()) or "nothing")
            raise InputError("has no such column", place="line 1", found=found, expected=", ".join(needed))
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row or None in row.values():
                expected = f"{len(reader.fieldnames or ())}"
                raise InputError("has the wrong number of fields", place=place, expected=expected)
            yield place, row
    except csv.Error as error:
        raise InputError(f"is not valid CSV: {error}") from error


def _number(row: Mapping[str, str], name: str, place: str) -> int:
    found = swf.number(row[name].strip().encode(), f"{place}, {name}")
    if not 0 <= found < _MOST:
        raise InputError("is out of range", place=f"{place}, {name}", found=found, expected=f"0 to {_MOST - 1:,}")
    return found


def _models(text: str) -> tuple[Expression, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split("|") if name.strip()))
    if not names:
        return ()
    return (Requirement("gpu", (Condition("model", Equals(names[0]) if len(names) == 1 else OneOf(names)),)),)
