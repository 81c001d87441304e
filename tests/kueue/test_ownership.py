"""What a field manager applied is read back from an object, and nothing of what others did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.kueue.ownership import applied_status, applied_version

MANAGER = "kueue-admission"


def entry(fields, manager=MANAGER, operation="Apply", subresource="status", version="kueue.x-k8s.io/v1beta2"):
    return {
        "manager": manager,
        "operation": operation,
        "subresource": subresource,
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:status": fields},
    }


def document(status, *entries):
    return {"metadata": {"managedFields": list(entries)}, "status": status}


def test_fields_items_of_lists_and_items_of_sets_are_those_of_the_manager():
    quota = {"type": "QuotaReserved", "status": "True", "reason": "r", "message": "m", "lastTransitionTime": "t"}
    status = {
        "conditions": [quota, {"type": "PodsReady", "status": "False"}],
        "admission": {"clusterQueue": "q", "podSetAssignments": [{"name": "main", "count": 3}]},
        "requeueState": {},
        "names": ["a", "b"],
        "reclaimablePods": [{"name": "main", "count": 1}],
        "clusterName": None,
    }
    fields = {
        ".": {},
        "f:conditions": {'k:{"type":"QuotaReserved"}': {".": {}, **{f"f:{name}": {} for name in quota}}},
        "f:admission": {"f:clusterQueue": {}, "f:podSetAssignments": {'k:{"name":"main"}': {".": {}, "f:count": {}}}},
        "f:requeueState": {".": {}},
        "f:names": {'v:"b"': {}},
        "f:gone": {},
    }
    others = entry({"f:reclaimablePods": {}}, "kueue-reclaimable-pods")
    found = document(status, others, entry(fields), entry({"f:clusterName": {}}, operation="Update"))
    assert applied_status(found, MANAGER) == {
        "conditions": [quota],
        "admission": {"clusterQueue": "q", "podSetAssignments": [{"name": "main", "count": 3}]},
        "requeueState": {},
        "names": ["b"],
    }
    assert applied_version(found, MANAGER) == "kueue.x-k8s.io/v1beta2"


def test_who_applied_nothing_owns_nothing():
    found = document({"clusterName": "a"}, entry({"f:clusterName": {}}, subresource=""))
    assert applied_status(found, MANAGER) == {}
    assert applied_version(found, MANAGER) is None
    assert applied_status({"metadata": {}}, MANAGER) == {}


@pytest.mark.parametrize("fields", [{"f:a": {"x:b": {}}}, {"f:a": 3}, [1]], ids=str)
def test_fields_that_are_not_understood_are_refused(fields):
    with pytest.raises(InputError):
        applied_status(document({"a": {"b": 1}}, entry(fields)), MANAGER)


plain = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
names = st.text("abc", min_size=1, max_size=2)
values = st.recursive(plain, lambda inner: st.dictionaries(names, inner, max_size=2), max_leaves=4)
statuses = st.dictionaries(names, values, max_size=4)


def all_fields(value):
    if not isinstance(value, dict) or not value:
        return {}
    return {f"f:{name}": all_fields(one) for name, one in value.items()}


@given(statuses, statuses)
def test_all_that_was_applied_is_read_back(own, other):
    theirs = {f"other {name}": value for name, value in other.items()}
    found = document({**own, **theirs}, entry(all_fields(theirs), "another"), entry(all_fields(own)))
    assert applied_status(found, MANAGER) == own
