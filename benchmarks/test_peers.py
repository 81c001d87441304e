import numpy as np
import pytest

from placewise.bench.cases import sample
from placewise.bench.peers import PEERS
from placewise.matching.bits import bitset
from placewise.matching.match import match_rows


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.module)
def test_peer(benchmark, case, peer):
    if not peer.is_installed:
        pytest.skip(f"{peer.distribution} is not installed")
    jobs = sample(case.workload, peer.jobs)
    matched = benchmark.pedantic(peer.prepare(case.fleet, jobs), rounds=3)
    ours = bitset.unpack(match_rows(case.index, jobs), len(case.fleet))
    benchmark.extra_info["jobs"] = len(jobs)
    benchmark.extra_info["pairs"] = ours.size
    benchmark.extra_info["pairs that differ"] = int(np.count_nonzero(matched != ours))
