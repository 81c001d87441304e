"""vocabulary.yaml: strict, and written so that it reads back equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import LARGEST_BYTES, parse_vocabulary, read_vocabulary
from placewise.formats.fleets.vocabulary.writing import vocabulary_text, write_vocabulary
from placewise.formats.reading import parse_yaml
from placewise.model.fleets.vocabulary import EVERY, SCHEMES, FieldKind, Vocabulary

EXAMPLE = """\
complete: true                # of every cluster and subsystem, unless said otherwise
subsystems:
  gpu:
    complete: false
    fields:
      memory: {kind: quantity, unit: MiB}
      capability: {kind: number}
      vendor: {kind: text, aliases: {nvidia-corp: nvidia}}
      cores: {}
  fpga: {}                    # known, although no cluster has one now
fields:                       # of every subsystem
  release: {kind: version, scheme: semver}
clusters:
  site-a: {complete: false, subsystems: {python: {complete: true}}}
"""
SAID = Vocabulary(
    {
        ("gpu", "memory"): FieldKind("quantity", unit="MiB"),
        ("gpu", "capability"): FieldKind("number"),
        ("gpu", "vendor"): FieldKind("text"),
        (EVERY, "release"): FieldKind("version", scheme="semver"),
    },
    {("gpu", "vendor"): {"nvidia-corp": "nvidia"}},
    {"gpu": frozenset({"memory", "capability", "vendor", "cores"}), "fpga": frozenset(), "python": frozenset()},
    {(EVERY, EVERY): True, (EVERY, "gpu"): False, ("site-a", EVERY): False, ("site-a", "python"): True},
)


def test_the_example_says_what_it_says(tmp_path):
    path = tmp_path / "vocabulary.yaml"
    path.write_text(EXAMPLE)
    found = read_vocabulary(path)
    assert found == SAID
    assert found.is_complete("site-a", "python")
    assert not found.is_complete("site-a", "cmake")
    assert not found.is_complete("site-b", "gpu")
    assert found.is_complete("site-b", "cmake")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the document is empty"),
        ("# nothing\n", "is not a mapping"),
        ("{}", "is empty"),
        ("[]", "is not a mapping"),
        ("gpu", "is not a mapping"),
        ("subsystem: {gpu: {}}", "'subsystem' is not understood"),
        ("complete: yes", "complete: is not true or false; expected true, false or vertices; found 'yes'"),
        ("complete: 1", "complete: is not true or false"),
        ("subsystems:", "subsystems: is not a mapping"),
        ("subsystems: [gpu]", "subsystems: is not a mapping"),
        ("subsystems: {gpu: }", "subsystems.gpu: is not a mapping"),
        ("subsystems: {12: {}}", "a key is not text"),
        ("subsystems: {'': {}}", "a name is empty"),
        ('subsystems: {"g\\e[1m": {}}', "holds a control character"),
        ("subsystems: {gpu: {}, gpu: {}}", "occurs twice"),
        ("subsystems: {gpu: {kind: text}}", "subsystems.gpu: 'kind' is not understood"),
        ("subsystems: {gpu: {fields: [memory]}}", "subsystems.gpu.fields: is not a mapping"),
        ("subsystems: {gpu: {fields: {memory: quantity}}}", "subsystems.gpu.fields.memory: is not a mapping"),
        ("subsystems: {gpu: {fields: {memory: {kind: size}}}}", "memory: is not a kind of field"),
        ("subsystems: {gpu: {fields: {memory: {kind: [quantity]}}}}", "memory.kind: is not text"),
        ("subsystems: {gpu: {fields: {memory: {kind: null}}}}", "memory.kind: is not text"),
        ("subsystems: {gpu: {fields: {memory: {unit: MiB}}}}", "has unit but no kind; expected kind: quantity"),
        ("subsystems: {gpu: {fields: {memory: {inferred: true}}}}", "has inferred but no kind"),
        ("subsystems: {gpu: {fields: {memory: {kind: text, unit: MiB}}}}", "a text has no unit"),
        ("subsystems: {gpu: {fields: {memory: {kind: quantity, unit: frobs}}}}", "memory.unit: is not a unit"),
        ("subsystems: {gpu: {fields: {memory: {kind: number, scheme: rpm}}}}", "a number has no scheme"),
        ("subsystems: {gpu: {fields: {v: {kind: version, scheme: maven}}}}", "is not a scheme of versions"),
        ("subsystems: {gpu: {fields: {v: {kind: text, aliases: {}}}}}", "v.aliases: is empty"),
        ("subsystems: {gpu: {fields: {v: {kind: text, aliases: [a]}}}}", "v.aliases: is not a mapping"),
        ("subsystems: {gpu: {fields: {v: {kind: text, aliases: {a: 1.5}}}}}", "v.aliases.a: is not text"),
        (
            "subsystems: {gpu: {fields: {v: {kind: text, aliases: {a: a}}}}}",
            "is an alias of an alias",
        ),
        ("subsystems: {gpu: {fields: {v: {kind: text, aliases: {a: b, b: c}}}}}", "v.aliases.a: is an alias"),
        ("fields: {release: {}}", "fields.release: is empty; expected a kind or aliases"),
        ("fields: {release: {kind: version, colour: red}}", "fields.release: 'colour' is not understood"),
        ("clusters: {a: {}}", "clusters.a: is empty"),
        ("clusters: {a: {complete: maybe}}", "clusters.a.complete: is not true or false"),
        ("clusters: {a: {subsystems: {gpu: {}}}}", "clusters.a.subsystems.gpu: a field is missing; expected complete"),
        ("clusters: {a: {subsystems: {gpu: {complete: true, x: 1}}}}", "holds an unknown field"),
        ("complete: true\n---\ncomplete: false", "is not valid YAML"),
        ("complete: !!python/object:os.system x", "is not valid YAML"),
        ("a: " + "[" * 5000, "nested"),
        ("a: &a [*a, *a]", "'a' is not understood"),
        ("complete: \0", "is not valid YAML"),
    ],
)
def test_what_is_not_understood_is_one_clear_error(tmp_path, text, said):
    path = tmp_path / "vocabulary.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_vocabulary(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert said in message
    assert "\n" not in message


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "vocabulary.yaml"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(InputError, match="too large"):
        read_vocabulary(path)


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5) | st.sampled_from(
    ["true", "null", "yes", "1.5e5", "0x1f", "12", "2021-04-01", "<<", "=", "a: b", "- a", "#", "é", "~", "a" * 200]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | names
kinds = (
    st.sampled_from(["text", "flag", "number", "target", "set"]).map(FieldKind)
    | st.builds(FieldKind, st.just("quantity"), unit=st.sampled_from(["", "MiB", "GB", "GHz"]))
    | st.builds(FieldKind, st.just("version"), scheme=st.sampled_from(["", *SCHEMES]))
    | st.builds(FieldKind, st.sampled_from(["number", "text"]), inferred=st.just(True))
)


@st.composite
def vocabularies(draw):
    known = draw(st.dictionaries(names, st.frozensets(texts, max_size=3), max_size=4))
    there = [(name, one) for name, fields in known.items() for one in fields]
    of_every = [(EVERY, one) for one in draw(st.frozensets(texts, max_size=2))]
    of_fields = st.sampled_from([*there, *of_every, (EVERY, "release")])
    # What a text stands for is no other name itself.
    aliases = st.dictionaries(texts.map(lambda text: f"x{text}"), texts.map(lambda text: f"y{text}"), min_size=1)
    complete = st.tuples(st.just(EVERY) | names, st.sampled_from([EVERY, *known]))
    return Vocabulary(
        draw(st.dictionaries(of_fields, kinds)),
        draw(st.dictionaries(of_fields, aliases, max_size=2)),
        known,
        draw(st.dictionaries(complete, st.booleans() | st.just("vertices"), max_size=4)),
    )


@given(vocabularies())
def test_what_is_written_reads_back_equal(vocabulary):
    if vocabulary == Vocabulary():
        with pytest.raises(InputError, match="empty vocabulary"):
            vocabulary_text(vocabulary)
        return
    again = parse_vocabulary(parse_yaml(vocabulary_text(vocabulary), "v"), "v")
    assert again == vocabulary
    assert {name: kind.inferred for name, kind in again.kinds.items()} == {
        name: kind.inferred for name, kind in vocabulary.kinds.items()
    }
    assert vocabulary_text(again) == vocabulary_text(vocabulary)


def test_it_is_written_as_a_person_would(tmp_path):
    write_vocabulary(SAID, tmp_path / "v.yaml")
    assert (
        (tmp_path / "v.yaml").read_text()
        == """\
complete: true
subsystems:
  fpga: {}
  gpu:
    complete: false
    fields:
      capability: {kind: number}
      cores: {}
      memory: {kind: quantity, unit: MiB}
      vendor:
        kind: text
        aliases: {nvidia-corp: nvidia}
  python: {}
fields:
  release: {kind: version, scheme: semver}
clusters:
  site-a:
    complete: false
    subsystems:
      python: {complete: true}
"""
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["complete", "subsystems", "fields", "clusters", "kind", "aliases"]) | texts, inner
            )
        ),
        max_leaves=8,
    )
)
def test_any_document_is_read_or_refused(document):
    try:
        found = parse_vocabulary(document, "v")
    except InputError as error:
        assert str(error).startswith("v")
    else:
        assert parse_vocabulary(parse_yaml(vocabulary_text(found), "v"), "v") == found
