"""A jobspec in JSON is read as JSON, and means what it would mean to the YAML reader."""

import json
import re

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats import reading
from placewise.formats.jobs.jobspec import jobspec_text, parse_jobspec
from placewise.formats.parsing import DEEPEST
from placewise.formats.reading import parse_document, parse_json, parse_yaml

USUAL = ("0", "1", "-0", "12", "1.10", "1.0", "-0.0", "1e5", "1E+5", "1.5e3", "1.5E-3", "9007199254740993")
ODD = ("1.5e999", "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "9" * 4400)
NUMBERS = st.sampled_from(USUAL + ODD)
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    '\x00\x07\x7f\x85\xa0\u2028\ufeff\ufffe😀"\\/:#-'
)
TEXTS = st.sampled_from(["version", "node", "slot", "1.10", "<<", "=", "~", "null", "yes", "1e5", "*a", ""]) | st.text(
    CHARACTERS, max_size=6
)
GAPS = st.sampled_from(["", " ", "\n", "\r\n", "  "])
KEYS = st.sampled_from(["version", "name", "field", "match", "min", "max", "type", "count", "with", "user"]) | TEXTS


@st.composite
def strings(draw, texts=TEXTS):
    text = draw(texts)
    # YAML has no pairs of surrogates.
    return json.dumps(text, ensure_ascii=max(text, default="") <= "\uffff" and draw(st.booleans()))


@st.composite
def objects(draw, values):
    gap = draw(GAPS)
    pairs = draw(st.lists(st.tuples(strings(KEYS), values), max_size=3))
    return "{" + gap + f",{gap}".join(f"{key}:{gap}{value}" for key, value in pairs) + gap + "}"


VALUES = st.recursive(
    st.sampled_from(["true", "false", "null"]) | NUMBERS | strings(),
    lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda values: "[" + ",".join(values) + "]"),
    max_leaves=5,
)
PLAIN = st.sampled_from(["true", *USUAL]) | strings(
    st.sampled_from(["1.10", "null", "caf\u00e9", "a\u2028b", "\U0001f600"])
)
ENTRIES = st.builds(
    '{{"field": {}, "{}": {}}}'.format,
    strings(st.sampled_from(["value", "type"])),
    st.sampled_from(["match", "match", "min"]),
    PLAIN | VALUES,
)
JOBSPECS = st.builds(
    '{{"version": 1, "name": {}, "resources": {{"a": {{"type": {}, "count": {}}}, "b": {{"requires": [{}]}}}},'
    ' "task": {{"command": [{}]}}, "attributes": {{"user": {}, "parameter": {{"x": {}}}}}}}'.format,
    strings(),
    strings(st.sampled_from(["node", "\U0001f600"])),
    st.sampled_from(["1", "2", "12"]) | NUMBERS,
    ENTRIES.map(lambda entry: '{"name": "io", ' + entry[1:]),
    strings(),
    objects(VALUES),
    PLAIN | VALUES,
)


def outcome(read):
    """What reading a text gives, as text: so that 1, 1.0 and true differ, and NaN equals itself."""
    try:
        return repr(read())
    except InputError:
        return "refused"


def written_out(text):
    """The text with every pair of surrogates as the one character that it means, since YAML has no pairs."""
    pair = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..")
    return pair.sub(lambda found: json.loads(f'"{found[0]}"'), text)


def as_yaml(text):
    return parse_jobspec(parse_yaml(text, "f"), "job", "f")


@given(objects(VALUES))
@settings(max_examples=settings.default.max_examples * 3)
def test_a_document_read_as_json_or_as_yaml_is_the_same_or_an_error(text):
    assert outcome(lambda: parse_document(text, "f")) == outcome(lambda: parse_yaml(text, "f"))


@given(JOBSPECS)
@settings(max_examples=settings.default.max_examples * 3)
def test_a_jobspec_read_as_json_or_as_yaml_is_the_same_job_or_an_error(text):
    found = outcome(lambda: jobspec_text(text, "job", "f"))
    event("refused" if found == "refused" else "read")
    assert found == outcome(lambda: as_yaml(text))


@pytest.mark.parametrize(
    "name",
    ['"NaN"', '"1.10"', '"caf\\u00e9"', '"\\ud83d\\ude00"', '"\u00e9"', '"a\\/b"', '"' + "n" * 2000 + '"'],
)
def test_json_is_not_left_to_the_yaml_reader(monkeypatch, name):
    text = f'{{"version": 1, "name": {name}, "resources": [{{"type": "node", "count": 1}}]}}'
    expected = outcome(lambda: as_yaml(written_out(text)))
    monkeypatch.setattr(reading, "parse_yaml", None)
    assert outcome(lambda: jobspec_text(text, "job", "f")) == expected != "refused"


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("1e5", "1e5"),
        ("NaN", "NaN"),
        ("1.5e3", 1500.0),
        ("-0", 0),
        ("01", "01"),
        ("'x'", "x"),
        ('"a\u2028b"', "a\u2028b"),
    ],
)
def test_what_json_and_yaml_would_read_otherwise_is_read_as_yaml(value, meant):
    assert parse_document(f'{{"a": {value}}}', "f") == {"a": meant} == parse_yaml(f'{{"a": {value}}}', "f")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "occurs twice"),
        ('{"a": 1, "\\u0061": 2}', "occurs twice"),
        ('{"a": "\\ud800"}', "not valid YAML"),
        ('{"a": ' + "9" * 5000 + "}", "4300 digits"),
        ('{"a": "\x7f"}', "not valid YAML"),
        ('{"a": ' * 101 + "1" + "}" * 101, "nested too deeply"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "nested too deeply"),
        ('{"a": 1} 2', "not valid YAML"),
    ],
)
def test_what_neither_reads_is_one_error(text, said):
    with pytest.raises(InputError, match=said):
        parse_document(text, "f")


def test_depth_up_to_the_limit_is_read_as_json(monkeypatch):
    text = '{"a": ' * DEEPEST + "1" + "}" * DEEPEST
    many = '{"many": [' + "{}," * 200 + '{}], "deep": ' + '{"a": ' * (DEEPEST - 1) + "1" + "}" * DEEPEST
    monkeypatch.setattr(reading, "parse_yaml", None)
    for one in (text, many):
        assert parse_document(one, "f") == parse_json(one, "f")
