"""placewise schema: the schemas of documents, by name."""

from __future__ import annotations

import json

from placewise.formats.schemas import NAMES, schema


def test_without_a_name_they_are_listed(placewise):
    done = placewise("schema")
    assert done.code == 0
    assert all(any(line.split()[:1] == [name] for line in done.out.splitlines()) for name in NAMES)
    assert all(len(line) <= 80 for line in done.out.splitlines())
    listed = json.loads(placewise("schema", "--json").out)
    assert [one["name"] for one in listed] == list(NAMES)
    assert all(one["id"] == schema(one["name"])["$id"] and one["title"] for one in listed)


def test_with_a_name_one_document_is_printed(placewise):
    for given in (("schema", "study"), ("schema", "study", "--json")):
        done = placewise(*given)
        assert (done.code, json.loads(done.out)) == (0, schema("study"))


def test_another_name_is_one_line(placewise):
    done = placewise("schema", "jobspecs")
    assert done.code == 2
    assert "no such schema" in done.err
    assert done.out == ""
