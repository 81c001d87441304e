"""What an explanation kept for the next one changes nothing of what it says."""

from hypothesis import given
from hypothesis import strategies as st

from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement

PACKAGES = ("gcc", "mpi")
VERSIONS = ("1", "2", "3")
requirements = st.builds(
    lambda name, version: Requirement(name, (Condition("version", Equals(version)),)),
    st.sampled_from(PACKAGES),
    st.sampled_from(VERSIONS),
)
jobs = st.lists(requirements, min_size=1, max_size=3, unique_by=lambda one: one.subsystem).map(
    lambda some: Job("job", (ResourceGroup((), tuple(some)),))
)
fleets = st.lists(st.lists(st.sampled_from(VERSIONS), min_size=2, max_size=2), min_size=1, max_size=4).map(
    lambda offered: Fleet(
        tuple(
            Cluster(
                f"c{number}",
                ResourceGraph((Vertex("root", "cluster"),)),
                tuple(package_subsystem(name, version) for name, version in zip(PACKAGES, has, strict=True)),
            )
            for number, has in enumerate(offered)
        )
    )
)


@given(fleets, st.lists(jobs, min_size=1, max_size=6))
def test_an_index_that_explained_other_jobs_explains_as_a_fresh_one(fleet, asked):
    used = FleetIndex(fleet)
    for job in asked:
        assert why_not(used, job) == why_not(FleetIndex(fleet), job)
