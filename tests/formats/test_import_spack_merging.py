"""Chains of configuration, against what Spack's documentation says of each kind of key."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from placewise.formats.fleets.imports.spack.merging import merged

scalars = st.integers() | st.text(max_size=3)
documents = st.recursive(
    st.dictionaries(st.sampled_from("abc"), scalars | st.lists(scalars, max_size=2), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def marked(value):
    """Return a document in which every key replaces what is below."""
    return {f"{key}:": marked(one) for key, one in value.items()} if isinstance(value, dict) else value


@given(documents)
def test_a_chain_of_one_is_that_document(document):
    assert merged([document]) == merged([{}, document]) == document


@given(documents, documents)
def test_two_colons_replace_and_nothing_of_the_mark_remains(lower, higher):
    found = merged([lower, marked(higher)])
    assert {key: found[key] for key in higher} == higher
    assert {key: found[key] for key in found if key not in higher} == {
        k: v for k, v in lower.items() if k not in higher
    }


@given(documents, documents)
def test_later_files_count_first_and_nothing_of_theirs_is_lost(lower, higher):
    def holds(found, wanted):
        if isinstance(wanted, dict):
            return isinstance(found, dict) and all(
                key in found and holds(found[key], one) for key, one in wanted.items()
            )
        return found[: len(wanted)] == wanted if isinstance(wanted, list) else found == wanted

    assert holds(merged([lower, higher]), higher)


@given(documents, documents, documents)
def test_the_documents_that_are_merged_stay_as_they_are(first, second, third):
    before = deepcopy((first, second, third))
    merged([first, second, third])
    assert (first, second, third) == before


def test_lists_are_joined_the_later_before_the_earlier():
    lower = {"mpi": ["openmpi"], "gl": ["x"]}
    assert merged([lower, {"mpi": ["mpich"]}]) == {"mpi": ["mpich", "openmpi"], "gl": ["x"]}
    assert merged([lower, {"mpi-": ["mpich"]}]) == {"mpi": ["openmpi", "mpich"], "gl": ["x"]}
    assert merged([lower, {"mpi+": ["mpich"]}]) == {"mpi": ["mpich", "openmpi"], "gl": ["x"]}
    assert merged([lower, {"mpi:": ["mpich"]}]) == {"mpi": ["mpich"], "gl": ["x"]}


def test_overrides_count_at_their_depth_alone():
    lower = {"packages": {"git": {"externals": [1], "version": ["a"]}, "m4": {"externals": [2]}}}
    higher = {"packages": {"git": {"externals:": [3]}}}
    assert merged([lower, higher]) == {
        "packages": {"git": {"externals": [3], "version": ["a"]}, "m4": {"externals": [2]}}
    }
    assert merged([lower, {"packages": {"git:": {"buildable": False}}}])["packages"]["git"] == {"buildable": False}
    assert merged([lower, {"packages:": {}}]) == {"packages": {}}
