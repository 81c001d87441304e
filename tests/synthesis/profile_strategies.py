"""Small profiles for property tests."""

from hypothesis import strategies as st

from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.profile import Profile
from placewise.model.studies.version_profile import Releases, RootPackage, Stack, VersionFleet, VersionJobs, VersionPool

PACKAGES = ("cmake", "hwloc", "mpich", "papi", "zlib")
VERSIONS = ("1.0", "1.10", "2.0rc1", "9e", "develop")
REQUIREMENTS = tuple(
    version_requirement(package, *bounds)
    for package in PACKAGES
    for bounds in (("1.0", "1.10"), ("1.0", None), (None, "9e"), (None, None))
)
weights = st.one_of(st.integers(1, 50), st.floats(1e-3, 1e3))


@st.composite
def pools(draw, packages=PACKAGES):
    """Every package in one pool, some of them together."""
    made, rest = [], list(packages)
    while rest:
        together = tuple(rest.pop() for _ in range(draw(st.integers(1, min(2, len(rest))))))
        pick = st.tuples(*[st.sampled_from((*VERSIONS, None))] * len(together))
        made.append(VersionPool(together, tuple(draw(st.lists(pick, min_size=1, max_size=6)))))
    return tuple(made)


@st.composite
def needs(draw):
    wanted = []
    for package in draw(st.lists(st.sampled_from(PACKAGES), unique=True)):
        first = PACKAGES.index(package) * 4
        positions = draw(st.lists(st.integers(first, first + 3), min_size=1, unique=True))
        wanted.append(tuple((position, draw(weights)) for position in positions))
    return tuple(wanted)


@st.composite
def roots(draw):
    made = []
    for name in draw(st.lists(st.sampled_from((*PACKAGES, "pumi")), min_size=1, unique=True)):
        stacks = draw(st.lists(st.builds(Stack, weights, needs()), min_size=1, max_size=4))
        own = [REQUIREMENTS.index(r) for r in REQUIREMENTS if r.subsystem == name]
        versions = st.lists(st.tuples(st.sampled_from((*VERSIONS, None)), weights), min_size=1, max_size=3)
        known = draw(st.lists(st.sampled_from([None, *own]), unique=True))
        made.append(RootPackage(name, tuple(stacks), tuple(Releases(o, tuple(draw(versions))) for o in known)))
    return tuple(made)


profiles = st.builds(Profile, st.builds(VersionFleet, pools()), st.builds(VersionJobs, st.just(REQUIREMENTS), roots()))
