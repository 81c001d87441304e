import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment
from placewise.formats.profiles.profile_file import profile_from_json, profile_json, shipped_profile
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.records import Records
from placewise.model.studies.build_profile import MEASURES, Platform, Toolchain, price_quarter, scatter
from placewise.synthesis import draw_fleet, draw_jobs, fit

SHIPPED = shipped_profile("spack-build")
GCC = Toolchain("gcc", "9.10")

PLATFORM = ("packages", "arch", "compiler", "compiler_version")


def cluster(name, memory=5, price=1.0, arch="a", version="9.10"):
    return build_cluster(
        name, arch=arch, compiler="gcc", compiler_version=version, memory_bytes=memory, cost_per_node_hour=price
    )


def records(rows):
    """Records of (package, arch, least, mean, most, duration)."""
    packages, archs, least, mean, most, duration = zip(*rows, strict=True)
    figures = [np.array(column, dtype=np.float64) for column in (most, mean, least, duration)]
    names = tuple(f"b{number}" for number in range(len(rows)))
    versions = ("9.10",) * len(rows)
    return Records.of_builds(
        names, packages, archs, ("gcc",) * len(rows), versions, *figures, np.full(len(rows), np.nan)
    )


FLEET = Fleet((cluster("c0"),))
memory = st.one_of(st.just(0.0), st.floats(1, 1e3), st.floats(1, 1e12))


@st.composite
def build_rows(draw):
    least, mean, most = sorted(draw(st.lists(memory, min_size=3, max_size=3)))
    duration = draw(st.floats(1e-3, 1e7))
    return (draw(st.sampled_from("xyz")), draw(st.sampled_from("ab")), least, max(mean, 1.0), max(most, 1.0), duration)


@given(st.lists(build_rows(), min_size=1, max_size=30))
def test_any_records_have_a_profile_to_draw_from(rows):
    seen = records(rows)
    profile = fit(FLEET, seen)
    assert profile_from_json(profile_json(profile), "p.json") == profile
    assert sum(package.weight for package in profile.jobs.packages) == len(rows)
    counted = {
        (package.name, profile.jobs.platforms[share.platform].arch): share.weight
        for package in profile.jobs.packages
        for share in package.shares
    }
    assert counted == Counter((row[0], row[1]) for row in rows)
    drawn = draw_jobs(profile, 20, 0)
    ran = set(zip(*map(drawn.texts, PLATFORM), strict=True))
    assert ran <= set(zip(*map(seen.texts, PLATFORM), strict=True))
    for package in profile.jobs.packages:
        durations = [row[5] for row in rows if row[0] == package.name]
        assert package.quantiles[3][0] == pytest.approx(min(durations), rel=1e-3)
        assert package.quantiles[3][-1] == pytest.approx(max(durations), rel=1e-3)


def test_a_profile_says_what_was_seen():
    profile = fit(
        Fleet((cluster("c0", 5, 1.0, "a"), cluster("c1", 900, 7.0, "b", "12.1"), cluster("c2", 6, 3.0, "a"))),
        records([("x", "a", 0, 10, 20, 5.0), ("x", "b", 2, 30, 1000, 9.0), ("w", "b", 3, 30, 40, 9.0)]),
    )
    assert profile.fleet.archs == (("a", 2.0), ("b", 1.0))
    assert profile.fleet.toolchains == ((Toolchain("gcc", "12.1"), 1.0), (GCC, 2.0))
    assert profile.fleet.memory_bytes == (2, 1000)
    # The lower of two medians in the first quarter; the usual prices where no cluster is.
    assert profile.fleet.prices == (1.0, 1.6, 3.2, 7.0)
    assert profile.jobs.platforms == (Platform("a", GCC), Platform("b", GCC))
    assert [package.name for package in profile.jobs.packages] == ["w", "x"]
    assert [(s.platform, s.weight) for s in profile.jobs.packages[1].shares] == [(0, 1.0), (1, 1.0)]
    halfway = profile.jobs.probabilities.index(0.5)
    assert [values[halfway] for values in profile.jobs.packages[1].quantiles] == [20, 510, 1, 7]


def test_one_build_has_no_correlations():
    (package,) = fit(FLEET, records([("x", "a", 0, 10, 20, 5.0)])).jobs.packages
    assert set(package.correlations) == set(package.shares[0].shifts) == {0.0}
    assert np.array_equal(scatter(package), np.eye(len(MEASURES)))


def test_an_unpriced_fleet_gets_the_usual_prices():
    profile = fit(Fleet((cluster("c0", price=None),)), records([("x", "a", 0, 10, 20, 5.0)]))
    assert profile.fleet.prices == (0.8, 1.6, 3.2, 4.2)


def test_what_is_drawn_has_the_profile_it_was_drawn_from():
    again = fit(draw_fleet(SHIPPED, 100, 3), draw_jobs(SHIPPED, 100_000, 3))
    ratio = 100_000 / sum(package.weight for package in SHIPPED.jobs.packages)
    before, after = ({p.name: p for p in profile.jobs.packages} for profile in (SHIPPED, again))
    assert after.keys() == before.keys()
    off, correlations, shifts, medians = [], [], [], []
    for name, package in before.items():
        expected = package.weight * ratio
        off.append((after[name].weight - expected) / math.sqrt(expected))
        correlations.append(np.subtract(after[name].correlations, package.correlations))
        counts = {again.jobs.platforms[share.platform]: share for share in after[name].shares}
        for share in package.shares:
            if share.weight >= 30:
                found = counts[SHIPPED.jobs.platforms[share.platform]]
                off.append((found.weight - share.weight * ratio) / math.sqrt(share.weight * ratio))
                shifts.append(np.subtract(found.shifts, share.shifts))
        middle = SHIPPED.jobs.probabilities.index(0.5)
        medians.append([a[middle] / b[middle] for a, b in zip(after[name].quantiles, package.quantiles, strict=True)])
    # Counts differ as counts do: with a variance of 1 in their own roots.
    assert np.abs(np.mean(off)) < 0.1
    assert 0.85 < np.mean(np.square(off)) < 1.15
    assert np.abs(off).max() < 5
    # A correlation of some 580 builds has an error of about 0.04.
    assert np.abs(correlations).mean() < 0.05
    assert np.abs(np.mean(correlations, axis=0)).max() < 0.03
    assert np.abs(shifts).mean() < 0.12
    assert np.median(medians, axis=0) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("field", ["arch", "compiler", "compiler_version"])
def test_a_cluster_that_does_not_say_is_refused(field):
    state = tuple((name, value) for name, value in cluster("c0").state if name != field)
    with pytest.raises(InputError, match=f"cluster 'c0': the cluster does not say its {field}"):
        fit(Fleet((Cluster("c0", state=state),)), records([("x", "a", 0, 10, 20, 5.0)]))


def test_nothing_has_no_profile():
    some = records([("x", "a", 0, 10, 20, 5.0)])
    for fleet, rows in ((Fleet(()), some), (FLEET, some.select(np.array([], dtype=np.int64)))):
        with pytest.raises(InputError, match="nothing to fit a profile to"):
            fit(fleet, rows)


def test_memory_beyond_a_profile_is_refused():
    with pytest.raises(InputError, match="is not usable|are not usable"):
        fit(FLEET, records([("x", "a", 0, 10, 1e300, 5.0)]))


@pytest.fixture(scope="module")
def public(public_data, public_cache):
    if not (public_data / "spack-build").is_dir():
        pytest.skip("the public data is not there: set PLACEWISE_DATA to its folder")
    return read_experiment(public_data / "spack-build", cache=public_cache)


def test_the_shipped_profile_is_that_of_the_public_data(public):
    assert fit(public.fleet, public.jobs) == SHIPPED


def test_the_price_rule_reproduces_every_price_of_the_public_fleet(public):
    offered = SHIPPED.fleet
    for one in public.fleet.clusters:
        state = dict(one.state)
        quarter = price_quarter(state["memory"], *offered.memory_bytes)
        assert state["cost_per_node_hour"] == (0.8, 1.6, 3.2, 4.2)[quarter]


def test_a_draw_resembles_the_public_builds(public):
    real = public.jobs
    drawn = draw_jobs(SHIPPED, len(real), 0)
    assert drawn.numbers("duration_s").sum() == pytest.approx(real.numbers("duration_s").sum(), rel=0.03)
    assert drawn.numbers("memory_mean_bytes").sum() == pytest.approx(real.numbers("memory_mean_bytes").sum(), rel=0.03)
    for column in ("memory_max_bytes", "memory_mean_bytes", "duration_s"):
        one, other = drawn.numbers(column), real.numbers(column)
        for level in (0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
            assert np.quantile(one, level) == pytest.approx(np.quantile(other, level), rel=0.1), (column, level)
    rising = [sum(slope > 0 for slope in _slopes(some).values()) for some in (drawn, real)]
    assert rising[1] == 97
    assert rising[0] == pytest.approx(97, abs=15)


def _slopes(some):
    builds = {}
    for build, package in enumerate(some.texts("packages")):
        builds.setdefault(package, []).append(build)
    return {
        package: np.polyfit(some.numbers("memory_mean_bytes")[at] / 1e9, some.numbers("duration_s")[at], 1)[0]
        for package, at in builds.items()
    }
