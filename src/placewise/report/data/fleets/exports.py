"""What an export wrote and left out, as plain values for JSON and as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from placewise.formats.fleets.exports.partitions import LeftOut
from placewise.formats.fleets.exports.snakemake import WrittenPartition


def export_document(
    kind: str, written: Sequence[WrittenPartition], left_out: Sequence[LeftOut], out: str | None
) -> dict[str, Any]:
    """Return the account of an export as mappings and lists; out : the file that was written."""
    return {
        "kind": kind,
        "out": out,
        "partitions": [
            {
                "name": one.partition.name,
                "cluster": one.partition.cluster,
                "limits": one.limits,
                "nodes": one.nodes,
                "nodes_in_use": one.total,
                "nodes_not_in_use": one.partition.not_in_use,
                "whole": one.whole,
            }
            for one in written
        ],
        "left_out": [{"cluster": one.cluster, "partition": one.name or None, "why": one.why} for one in left_out],
    }


def export_sentences(written: Sequence[WrittenPartition], left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Yield what somebody has to know of a file of partitions, each as one line."""
    for one in written:
        name = one.partition.name
        if not one.whole:
            yield (
                f"{name}: its nodes differ, and the limits are those of {one.nodes:,} of {one.total:,}; a rule that "
                "fits only on others has to name the partition"
            )
        if one.partition.not_in_use:
            count = one.partition.not_in_use
            are = "node is not counted, since it is" if count == 1 else "nodes are not counted, since they are"
            yield f"{name}: {count:,} {are} down, drained or tainted"
        if (a_core := one.partition.limits.memory_per_core_bytes) is not None:
            yield (
                f"{name}: a rule whose mem_mb is more than {a_core >> 20:,} a thread gets more cores from Slurm, or is "
                "refused; the file cannot say it"
            )
        if one.limits.get("max_runtime") == 0:
            yield (
                f"{name}: takes no rule with a runtime, since nothing says its limit of time; import the output of "
                "scontrol show partition, too"
            )
    for gone in left_out:
        yield f"{gone.name or gone.cluster}: not in the file, since {gone.why}"
