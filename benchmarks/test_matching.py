import pytest

from placewise.bench.cases import documents
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import count_matches, match_workload


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernels(request):
    if request.param != "numpy":
        pytest.importorskip(request.param)
    return load_kernels(request.param)


def test_compile_fleet(benchmark, case):
    benchmark(FleetIndex, case.fleet)


def test_compile_requirements(benchmark, case):
    def fresh():
        return (FleetIndex(case.fleet),), {}

    benchmark.pedantic(lambda index: index.table(case.workload.requirements), setup=fresh, rounds=10)


def test_kernel_counts(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    benchmark(kernels.count, case.table, case.rows, case.everything)


def test_kernel_sets(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    benchmark(kernels.intersect, case.table, case.rows, case.everything)


def test_kernel_prefixes(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    benchmark(kernels.prefixes, case.table, case.rows)


def test_workload_to_counts(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    benchmark(count_matches, case.index, case.workload, kernels)


def test_equal_jobs_once(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    benchmark(match_workload, case.index, case.workload, kernels)


def test_documents_to_counts(benchmark, case, kernels):
    benchmark.extra_info["jobs"] = len(case.workload)
    entries = documents(case.workload)
    benchmark(lambda: count_matches(case.index, parse_job_entries(entries, "benchmark"), kernels))
