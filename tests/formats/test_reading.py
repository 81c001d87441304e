"""Strict YAML and JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats import reading
from placewise.formats.parsing import DEEPEST
from placewise.formats.reading import (
    entries_of,
    found_at,
    parse_document,
    parse_json,
    parse_yaml,
    read_bytes,
    read_json,
    read_yaml,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1.10", {"a": 1.1}),
        ("a: 12", {"a": 12}),
        ("a: -3", {"a": -3}),
        ("a: 2021-04-01", {"a": "2021-04-01"}),
        ("a: 010", {"a": "010"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 1e5", {"a": "1e5"}),
        ("a: 9e", {"a": "9e"}),
        ("a: 0x10", {"a": "0x10"}),
        ("on: yes", {"on": "yes"}),
        ("a: true", {"a": True}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ('a: "1.10"', {"a": "1.10"}),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}", {"a": {"b": 1}, "c": {"b": 2}}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_scalars_mean_what_they_look_like(tmp_path, text, value):
    path = tmp_path / "f.yaml"
    path.write_text(text)
    assert read_yaml(path) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "line 2, column 1"),
        ("a: {b: 1, c: 2, b: 3}", "'b' occurs twice"),
        ("a: [1", "not valid YAML"),
        ("a: &x [*x]", "f.yaml"),
        ("!!python/object/apply:os.system [ls]", "not valid YAML"),
        ("--- 1\n--- 2", "not valid YAML"),
        ("\x00", "not valid YAML"),
        ("? [a, b]\n: 1\n? {a: b}\n: 2", "not valid YAML"),
        ("[" * 100_000, "nested too deeply"),
        ("- " * 100_000, "nested too deeply"),
        ("{a: " * 5_000, "nested too deeply"),
        ("\n".join(" " * i + "a:" for i in range(500)), "nested too deeply"),
        ("\n".join(" " * i + "- &a" for i in range(500)), "f.yaml"),
        ("a: !!bool maybe", "tag"),
        ("a: !!timestamp x", "tag"),
        ('a: !!int ""', "tag"),
        ('a: !!float ""', "not valid YAML"),
        ("!!set [a]", "not valid YAML"),
    ],
)
def test_bad_yaml_is_one_error(text, said):
    try:
        value = parse_yaml(text, "f.yaml")
    except InputError as error:
        assert said in str(error)
    else:
        # A list that holds itself is YAML; readers refuse it by its type.
        assert text == "a: &x [*x]"
        assert value["a"][0] is value["a"]


@given(st.integers(1, DEEPEST))
def test_depth_up_to_the_limit_is_read(depth):
    assert parse_yaml("[" * depth + "]" * depth, "f") == parse_json("[" * depth + "]" * depth, "f")


@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 1_100, 200_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(
    ("parse", "ended"),  # to a reader of JSON what does not end is broken before it is deep
    [(parse_yaml, True), (parse_yaml, False), (parse_json, True), (parse_document, True), (parse_document, False)],
)
def test_past_the_limit_every_reader_names_our_limit(parse, depth, opened, closed, ended):
    text = opened * depth + (("1" + closed * depth) if ended else "")
    with pytest.raises(InputError, match="nested too deeply") as caught:
        parse(text, "f")
    assert (caught.value.file, caught.value.expected) == ("f", f"at most {DEEPEST} levels")


@pytest.mark.parametrize("parse", [parse_yaml, parse_json])
def test_other_faults_keep_their_own_words(parse):
    with pytest.raises(InputError) as caught:
        parse("[" * 50 + '"' + "[" * 200 + '"', "f")
    assert "deep" not in str(caught.value)


def test_many_flat_brackets_are_not_deep():
    assert len(parse_yaml("[" + "[],{}," * 1000 + "]", "f")) == 2000


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_an_input_error(text):
    for parse in (parse_yaml, parse_json):
        try:
            parse(text, "f")
        except InputError as error:
            assert "f" in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "'a' occurs twice"),
        ("NaN", "not finite"),
        ("[-Infinity]", "not finite"),
        ('{"a": ', "line 1, column 7"),
        ("[" * 200_000, "deep"),
        ("1" * 5000, "not valid JSON"),
        (r'{"a": "a\ud800"}', "not Unicode"),
        (r'{"\uDC00": 1}', "not Unicode"),
    ],
)
def test_bad_json_is_one_error(text, said):
    with pytest.raises(InputError, match="f.json"):
        parse_json(text, "f.json")
    with pytest.raises(InputError) as caught:
        parse_json(text, "f.json")
    assert said in str(caught.value)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "latin.json").write_bytes(b"\xe9")
    (tmp_path / "large.json").write_text("[1, 2]")
    for name, said in (
        ("empty.json", "empty"),
        ("latin.json", "UTF-8"),
        ("none.json", "cannot be read"),
        ("", "folder"),
    ):
        with pytest.raises(InputError) as caught:
            read_json(tmp_path / name)
        assert said in str(caught.value)
        assert str(tmp_path / name) in str(caught.value)
    monkeypatch.setattr(reading, "LARGEST_BYTES", 3)
    with pytest.raises(InputError, match="too large"):
        read_json(tmp_path / "large.json")


def test_whole_surrogate_pairs_and_their_likes_are_read():
    assert parse_json(r'["\ud83d\ude00", "\\ud800"]', "f") == ["\U0001f600", r"\ud800"]


def test_what_is_at_a_path(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    names = ("", "file", "link", "dangling", "nowhere", "file/below")
    found = [found_at(tmp_path / name) for name in names]
    assert found == ["folder", "file", "file", "nothing", "nothing", "nothing"]


@pytest.mark.parametrize("name", ["n" * 5000, "a\x00b", "pipe", "loop", "/dev/zero"])
@pytest.mark.parametrize("look", [found_at, read_bytes])
def test_a_path_that_cannot_be_looked_at(tmp_path, name, look):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        look(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)


def test_what_may_not_be_looked_at(tmp_path, monkeypatch):
    # For root everything may be looked at, so the system's answer is put in its mouth.
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse)
    for look in (found_at, entries_of, read_bytes):
        with pytest.raises(InputError, match="Permission denied"):
            look(tmp_path / "x")


def test_what_is_piped_in_is_read(tmp_path):
    code = "from pathlib import Path; from placewise.formats import reading; reading.LARGEST_BYTES = 10;"
    code += "print(len(reading.read_bytes(Path('/dev/stdin'))))"
    for content, said in ((b"x" * 10, "10\n"), (b"x" * 11, "")):
        done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=False)
        assert done.stdout.decode() == said
        assert said or b"too large" in done.stderr
