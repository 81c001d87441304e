"""The key by which a run finds the parts of an earlier one: equal for equal runs, and for no others."""

import json
from dataclasses import replace

import pytest

from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Study
from placewise.study.description import study_key
from placewise.study.sources import draw

STUDY = Study(Fleet(()), Workload.from_rows([], []), source="data", hashes=(("fleet.json", "ab"), ("jobs.yaml", "cd")))


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"orders": 21}, {"scoring": "published"}, {"unique": True}, {"first": 5}, {"sample": True}]
)
def test_other_settings_have_another_key(change):
    assert study_key(STUDY) != study_key(replace(STUDY, settings=Settings(**change)))


def test_the_content_of_inputs_counts_and_where_they_lie_does_not():
    key = study_key(STUDY)
    assert study_key(replace(STUDY, source="elsewhere")) == key
    assert study_key(replace(STUDY, hashes=(("fleet.json", "ab"), ("jobs.yaml", "ce")))) != key


def test_of_drawn_inputs_the_source_counts():
    drawn = replace(STUDY, hashes=())
    assert study_key(replace(drawn, source="drawn with seed 1")) != study_key(drawn)


def test_of_build_records_the_study_counts():
    inputs = draw(shipped_profile("spack-build"), 2, 3, 0)
    shorter = replace(inputs, expanding=inputs.expanding[:-1])
    assert study_key(inputs) != study_key(shorter)
    assert set(json.loads(study_key(inputs))["versions"]) == {"placewise", "python", "numpy"}
