"""Amounts that no figure or no memory holds are refused before anything is worked out."""

from __future__ import annotations

import json

import pytest

SMALL = ("--dataset", "reliabuild", "--jobs", 40)


@pytest.fixture
def drawn(placewise, tmp_path):
    folder = tmp_path / "drawn"
    assert placewise("generate", "--streamed", "--jobs", 50, "--clusters", 20, "--out", folder).code == 0
    return folder


def refused(done, message):
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


@pytest.mark.parametrize("worth", ["inf", "1e308"])
def test_a_job_worth_that_no_figure_holds_is_refused(placewise, tmp_path, worth):
    costs = tmp_path / "costs.yaml"
    costs.write_text("zlib: 1.5\n")
    done = placewise("value", *SMALL, "--collection-cost", costs, "--job-worth", worth, "--out", tmp_path / "out")
    refused(done, "--job-worth")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "option"),
    [("value", "--resamples"), ("minimal", "--random-orders")],
)
@pytest.mark.parametrize("count", [10**18, 10**26])
def test_more_draws_than_memory_holds_are_refused(placewise, command, option, count):
    refused(placewise(command, *SMALL, option, count), option)


def test_compare_refuses_more_resamples_than_memory_holds(placewise, tmp_path):
    refused(placewise("compare", tmp_path, tmp_path, "--resamples", 10**18), "--resamples")


def test_prices_that_cannot_be_summed_up_are_refused(placewise, drawn, tmp_path):
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps(dict.fromkeys(json.loads((drawn / "prices.json").read_text()), 1e308)))
    out = tmp_path / "placements.parquet"
    workload = drawn / "workload.parquet"
    done = placewise("place", workload, "--fleet", drawn / "cluster-features.json", "--prices", prices, "--out", out)
    refused(done, "too large")
    assert not out.exists()
