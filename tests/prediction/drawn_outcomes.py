"""Records with outcomes as the tests draw them, and the public ones."""

import collections

import numpy as np
import pyarrow.parquet as pq
from hypothesis import strategies as st

from placewise.model.outcomes.outcome_records import ABSENT, Fact, OutcomeRecords
from placewise.model.versions.version import Version


def fact_of(name, kind, texts, group="facts"):
    keys = {"version": lambda text: (Version(text).key, text), "number": float, "text": str}
    known = tuple(sorted({text for text in texts if text is not None}, key=keys[kind]))
    place = {text: code for code, text in enumerate(known)}
    codes = np.array([ABSENT if text is None else place[text] for text in texts], dtype=np.int32)
    return Fact(name, group, kind, known, codes)


def records_of(packages, versions, succeeded, facts=(), names=None):
    package, job = (
        fact_of("", "text", column)
        for column in (packages, [f"{p}@{v}" for p, v in zip(packages, versions, strict=True)])
    )
    names = tuple(names or map(str, range(len(packages))))
    outcome = np.array(succeeded, dtype=bool)
    return OutcomeRecords(names, outcome, package.values, package.codes, job.values, job.codes, tuple(facts))


@st.composite
def outcome_records(draw, least=12, most=60):
    """Few packages, versions and names, so that all of them repeat."""
    count = draw(st.integers(least, most))
    column = lambda some: draw(st.lists(some, min_size=count, max_size=count))  # noqa: E731
    texts = st.sampled_from([None, "1.2", "1.10", "2.0", "3"])
    facts = [fact_of("cmake", "version", column(texts)), fact_of("compiler", "text", column(texts))]
    names = column(st.integers(0, count).map(str))
    return records_of(
        column(st.sampled_from("abcd")), column(st.sampled_from("123")), column(st.booleans()), facts, names
    )


def learnable(count=800, seed=0):
    """Records whose success depends on the version of a dependency, by package, and a little chance."""
    random = np.random.default_rng(seed)
    package = random.choice(list("abcde"), count)
    cmake = random.choice(["3.1", "3.9", "3.10", "3.20"], count)
    there = random.random(count) < 0.7
    old = np.isin(cmake, ["3.1", "3.9"])
    p = np.where(there & old, 0.15, 0.9) - 0.1 * (package == "b")
    facts = [
        fact_of("cmake", "version", [version if has else None for version, has in zip(cmake, there, strict=True)]),
        fact_of("perl", "version", random.choice(["5.34.0", "5.26"], count).tolist()),
        fact_of("compiler", "text", random.choice(["gcc", "intel"], count).tolist()),
        fact_of("os", "text", ["rhel7"] * count),
        fact_of("nowhere", "version", [None] * count),
    ]
    return records_of(package.tolist(), random.choice(["1", "2"], count).tolist(), random.random(count) < p, facts)


def public_records(folder, *, sample=True):
    """The public builds without those of both labels; the sample is of packages with 50 builds, 2 to 98 % built."""
    rows = pq.read_table(folder / "outcomes" / "spack-outcomes.parquet").to_pylist()
    labels = collections.defaultdict(set)
    for row in rows:
        labels[row["hash"]].add(row["built"])
    rows = [row for row in rows if len(labels[row["hash"]]) == 1]
    if sample:
        builds = collections.Counter(row["package"] for row in rows)
        built = collections.Counter(row["package"] for row in rows if row["built"])
        mixed = {name for name, n in builds.items() if n >= 50 and 0.02 < built[name] / n < 0.98}
        rows = [row for row in rows if row["package"] in mixed]
    dependencies = [dict(row["dependencies"] or ()) for row in rows]
    often = collections.Counter(name for one in dependencies for name in one)
    facts = [
        fact_of("version", "version", [row["version"] for row in rows], "package version"),
        fact_of("compiler", "text", [row["compiler"] for row in rows], "compiler"),
        fact_of("compiler_version", "version", [row["compiler_version"] for row in rows], "compiler"),
        *(
            fact_of(name, "version", [one.get(name) for one in dependencies], "dependency versions")
            for name in sorted(often)
            if often[name] >= 100
        ),
    ]
    packages, versions = [row["package"] for row in rows], [row["version"] for row in rows]
    return records_of(packages, versions, [row["built"] for row in rows], facts, [row["hash"] for row in rows])
