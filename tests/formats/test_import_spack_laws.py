"""Chains of drawn files, against a plain walk over them: what is there, and of which packages nothing else is."""

import json

from hypothesis import given
from hypothesis import strategies as st
from spack_documents import import_texts, vertices

PACKAGES = ("git", "m4", "openmpi", "mpich")
marks = st.sampled_from(["", "", ":"])
externals = st.lists(st.integers(1, 9), max_size=2)


@st.composite
def files(draw):
    """Return what a file says: whether it replaces all, and by package whether it replaces it, and its parts."""
    names = draw(st.sets(st.sampled_from((*PACKAGES, "mpi", "all"))))
    return draw(marks), {
        name: (
            draw(marks),
            draw(marks),
            draw(st.none() | externals) if name in PACKAGES else None,
            draw(st.none() | st.booleans()),
        )
        for name in sorted(names)
    }


def written(file):
    mark, packages = file
    section = {}
    for name, (of_package, of_externals, versions, buildable) in packages.items():
        entry = section[f"{name}{of_package}"] = {}
        if versions is not None:
            entry[f"externals{of_externals}"] = [{"spec": f"{name}@{one}", "prefix": "/x"} for one in versions]
        if buildable is not None:
            entry["buildable"] = buildable
    return json.dumps({f"packages{mark}": section})


def walked(chain):
    """Return the versions of each package, and the flags that say whether it is built, by going through the files."""
    versions, flags = {}, {}
    for mark, packages in chain:
        if mark:
            versions, flags = {}, {}
        for name, (of_package, of_externals, there, buildable) in packages.items():
            if of_package:
                versions.pop(name, None)
                flags.pop(name, None)
            if there is not None:
                versions[name] = set(there) | (set() if of_externals else versions.get(name, set()))
            if buildable is not None:
                flags[name] = buildable
    return versions, flags


def built(package, flags):
    if package in flags:
        return flags[package]
    if package in ("openmpi", "mpich") and "mpi" in flags:
        return flags["mpi"]
    return flags.get("all", True)


def expect(found, chains):
    there = {}
    for versions, _ in chains:
        for name, some in versions.items():
            there.setdefault(name, set()).update(some)
    for name in PACKAGES:
        assert {int(one["version"]) for one in vertices(found, name)} == there.get(name, set())
        closed = all(not built(name, flags) for _, flags in chains)
        assert found.vocabulary.is_complete("here", name) == closed
    assert {(one["name"], int(one["version"])) for one in vertices(found, "mpi")} == {
        (name, one) for name in ("openmpi", "mpich") for one in there.get(name, ())
    }
    assert found.vocabulary.is_complete("here", "mpi") == all(not built("mpi", flags) for _, flags in chains)
    assert not found.vocabulary.is_complete("here", "gpu")


@given(files(), files())
def test_a_chain_says_what_its_files_say_one_after_the_other(common, own):
    found = import_texts({"here.packages.yaml": written(own), "common.packages.yaml": written(common)})
    expect(found, [walked([common, own])])


@given(files(), files(), files())
def test_alternatives_are_chains_of_their_own(own, one, other):
    texts = {
        "here.packages.yaml": written(own),
        "here.packages_a.yaml": written(one),
        "here.packages_b.yaml": written(other),
    }
    expect(import_texts(texts), [walked([own, one]), walked([own, other])])
    expect(import_texts(texts, compiler="b"), [walked([own, other])])


@given(files(), files(), files(), st.sampled_from(["", "a", "b"]))
def test_every_external_is_there_or_said(own, one, other, compiler):
    texts = {
        "here.packages.yaml": written(own),
        "here.packages_a.yaml": written(one),
        "here.packages_b.yaml": written(other),
    }
    found = import_texts(texts, compiler=compiler)
    listed = sum(len(there or ()) for _, packages in (own, one, other) for _, _, there, _ in packages.values())
    assert listed == dict(found.read).get("externals", 0) + sum(
        dropped.count for dropped in found.dropped if dropped.what == "externals"
    )
