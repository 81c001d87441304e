import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.bench.cases import Case, documents, drawn_distinct, sample
from placewise.bench.peers import PEERS
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.matching.bits import bitset
from placewise.matching.match import count_matches, match_rows
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement

PACKAGES = ("a-b", "c", "d")
# Of one length, so that every order of versions is the same.
VERSIONS = tuple(f"{major}.{minor}" for major in (1, 9, 10) for minor in (0, 2, 11))


@st.composite
def cases(draw):
    fleets = st.lists(st.tuples(*[st.none() | st.sampled_from(VERSIONS)] * 3), min_size=1, max_size=5)
    clusters = [
        Cluster(
            f"c{number}",
            subsystems=tuple(
                Subsystem(name, (SubsystemVertex((("version", text),)),))
                for name, text in zip(PACKAGES, texts, strict=True)
                if text
            ),
        )
        for number, texts in enumerate([("1.0",) * 3, *draw(fleets)])
    ]
    ends = st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["both", "low", "high"]))
    rows = draw(st.lists(st.dictionaries(st.sampled_from(PACKAGES), ends, max_size=3), min_size=1, max_size=6))
    wanted = [[_range(name, *bounds) for name, bounds in row.items()] for row in rows]
    return Case.of(Fleet(tuple(clusters)), Workload.from_rows((f"j{i}" for i in range(len(rows))), wanted))


def _range(name, one, other, ends):
    low, high = sorted((one, other))
    return version_requirement(
        name, None if ends == "high" else VERSIONS[low], None if ends == "low" else VERSIONS[high]
    )


def _ours(case, workload):
    return bitset.unpack(match_rows(case.index, workload), len(case.fleet))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.module)
@settings(max_examples=settings.default.max_examples // 2)
@given(case=cases())
def test_peers_match_what_we_match(peer, case):
    if not peer.is_installed:
        pytest.skip(f"{peer.distribution} is not installed")
    found = peer.prepare(case.fleet, case.workload)()
    assert found.dtype == bool
    assert found.tolist() == _ours(case, case.workload).tolist()


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.module)
def test_peers_match_what_we_match_in_the_drawn_case(peer):
    if not peer.is_installed:
        pytest.skip(f"{peer.distribution} is not installed")
    case = drawn_distinct(60, 40)
    jobs = sample(case.workload, 20)
    ours = _ours(case, jobs)
    assert ours.any()
    assert not ours.all()
    assert np.array_equal(peer.prepare(case.fleet, jobs)(), ours)


@settings(max_examples=settings.default.max_examples // 2)
@given(case=cases())
def test_documents_ask_for_what_their_jobs_ask_for(case):
    again = parse_job_entries(documents(case.workload), "test")
    assert again.names == case.workload.names
    assert count_matches(case.index, again).tolist() == count_matches(case.index, case.workload).tolist()


@settings(max_examples=settings.default.max_examples // 2)
@given(case=cases(), jobs=st.integers(1, 8))
def test_a_sample_is_of_jobs_that_ask_for_something(case, jobs):
    asking = [n for n, count in zip(case.workload.names, case.workload.requirement_counts, strict=True) if count]
    if asking:
        names = sample(case.workload, jobs).names
        assert len(names) == min(jobs, len(asking))
        assert sorted(set(names)) == sorted(names)
        assert set(names) <= set(asking)


def test_distinct_jobs_are_distinct():
    case = drawn_distinct(200, 3)
    assert len(case.workload) == len(case.workload.profiles().first) == 200
