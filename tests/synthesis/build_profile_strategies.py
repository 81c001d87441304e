"""Small profiles of builds for property tests."""

from hypothesis import strategies as st

from placewise.model.studies.build_profile import (
    MEASURES,
    PAIRS,
    BuildFleet,
    BuildJobs,
    BuiltPackage,
    Platform,
    Share,
    Toolchain,
)
from placewise.model.studies.profile import Profile

ARCHS = ("linux-rhel8-zen3", "linux-amzn2-aarch64", "darwin-m1")
TOOLCHAINS = (Toolchain("gcc", "9.10"), Toolchain("gcc", "12.1.0"), Toolchain("oneapi", "2024.0.0"))
PLATFORMS = tuple(Platform(arch, toolchain) for arch in ARCHS for toolchain in TOOLCHAINS)
PROBABILITIES = (0.0, 0.1, 0.5, 1.0)
weights = st.one_of(st.integers(1, 50).map(float), st.floats(1e-3, 1e3))


def weighted(values):
    some = st.lists(st.sampled_from(values), min_size=1, unique=True)
    return some.flatmap(lambda chosen: st.tuples(*[st.tuples(st.just(value), weights) for value in chosen]))


@st.composite
def memory_ranges(draw):
    least = draw(st.one_of(st.integers(1, 10**6), st.integers(1, 2**63 - 1)))
    return least, draw(st.integers(least, 2**63 - 1))


@st.composite
def clusters(draw):
    prices = st.tuples(*[st.floats(0, 10)] * 4)
    return BuildFleet(draw(weighted(ARCHS)), draw(weighted(TOOLCHAINS)), draw(memory_ranges()), draw(prices))


@st.composite
def packages(draw, name):
    quantiles = []
    for measure in MEASURES:
        least = 0.0 if measure == "memory_min" else 5e-324
        value = st.one_of(st.floats(least, 1e4), st.floats(1e6, 1e11), st.floats(least, 2.0**62))
        quantiles.append(tuple(sorted(draw(st.lists(value, min_size=4, max_size=4)))))
    chosen = draw(st.lists(st.integers(0, len(PLATFORMS) - 1), min_size=1, max_size=4, unique=True))
    # Small enough to go together, whatever they are.
    shift, correlation = st.floats(-0.3, 0.3), st.floats(-0.2, 0.2)
    shares = tuple(Share(place, draw(weights), tuple(draw(shift) for _ in MEASURES)) for place in chosen)
    return BuiltPackage(name, shares, tuple(quantiles), tuple(draw(correlation) for _ in PAIRS))


@st.composite
def build_profiles(draw):
    names = draw(st.lists(st.sampled_from(("cmake", "llvm", "zlib")), min_size=1, unique=True))
    jobs = BuildJobs(PLATFORMS, PROBABILITIES, tuple(draw(packages(name)) for name in names))
    return Profile(draw(clusters()), jobs)
