"""What a job would cost, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.advice.job_cost import ClusterCost, JobCost
from placewise.model.durations import in_words
from placewise.model.scalar import counted
from placewise.report.words.numbers import amount, shown


def cost_lines(found: JobCost) -> Iterator[str]:
    """Yield what a job costs where, and what that rests on; nothing where no cluster has a price."""
    known = [one for one in found.clusters if one.cost is not None]
    if known:
        first, last = known[0], known[-1]
        dearest = f", and {money(last.cost or 0.0)} on {shown(last.cluster)}, the dearest" if len(known) > 1 else ""
        yield f"Costs {money(first.cost or 0.0)} on {shown(first.cluster)}, the cheapest{dearest}, {_for(found)}"
    elif found.clusters:
        yield "The cost is not known, because the job says neither how many nodes nor how many cores it takes"


def cost_basis(found: JobCost) -> str:
    """Say what costs rest on."""
    per = {one.per for one in found.clusters}
    said = ["Prices are in the currency of the clusters' states."]
    if "node" in per:
        said.append("A job that asks for nodes pays for whole ones (cost_per_node_hour).")
    if "processor" in per:
        said.append(
            "A job that asks for cores pays for these (cost_per_processor_hour, or what a node costs by its cores)."
        )
    said.append(
        "The job is taken to run as long as it may; one that ends sooner costs less."
        if found.seconds
        else "The job does not say how long it runs, so the cost is for one hour."
    )
    return " ".join(said)


def money(value: float) -> str:
    """Write a price or a cost to four digits, without zeros that say nothing: 3.6."""
    text = amount(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_words(one: ClusterCost) -> str:
    """Write a price: ``1.2 a node-hour``."""
    return f"{money(one.price)} per {one.per}-hour"


def amount_words(one: ClusterCost) -> str:
    """Write what is paid for: ``4 nodes``."""
    return "" if one.amount is None else counted(one.amount, one.per)


def _for(found: JobCost) -> str:
    return f"if it runs for {in_words(found.seconds)}" if found.seconds else "for one hour"
