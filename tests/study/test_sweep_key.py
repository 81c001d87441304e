"""The key by which a run finds the parts of an earlier one: equal for equal runs, and for no others."""

import json
from dataclasses import replace

import pytest

from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.cluster import Fleet
from placewise.model.workload import Workload
from placewise.study.builds.design import BuildDesign
from placewise.study.design import Design
from placewise.study.inputs import Inputs, draw
from placewise.study.record import sweep_key

INPUTS = Inputs(Fleet(()), Workload.from_rows([], []), "data", (("fleet.json", "ab"), ("jobs.yaml", "cd")))


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"orders": 21}, {"scoring": "published"}, {"unique": True}, {"first": 5}, {"sample": True}]
)
def test_other_settings_have_another_key(change):
    assert sweep_key(INPUTS, Design()) != sweep_key(INPUTS, Design(**change))


def test_the_content_of_inputs_counts_and_where_they_lie_does_not():
    key = sweep_key(INPUTS, Design())
    assert sweep_key(replace(INPUTS, source="elsewhere"), Design()) == key
    assert sweep_key(replace(INPUTS, hashes=(("fleet.json", "ab"), ("jobs.yaml", "ce"))), Design()) != key


def test_of_drawn_inputs_the_source_counts():
    drawn = replace(INPUTS, hashes=())
    assert sweep_key(replace(drawn, source="drawn with seed 1"), Design()) != sweep_key(drawn, Design())


def test_of_build_records_the_study_counts():
    inputs = draw(shipped_profile("spack-build"), 2, 3, 0)
    shorter = replace(inputs, study=replace(inputs.study, expanding=inputs.study.expanding[:-1]))
    assert sweep_key(inputs, BuildDesign()) != sweep_key(shorter, BuildDesign())
    assert set(json.loads(sweep_key(inputs, BuildDesign()))["versions"]) == {"placewise", "python", "numpy"}
