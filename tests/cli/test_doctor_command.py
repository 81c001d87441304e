"""What `placewise doctor` finds, and the man page."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from placewise.cli import app
from placewise.cli.helping.described import every_command
from placewise.cli.helping.man_page import man_page
from placewise.cli.installation import looking
from placewise.matching.bits import kernels


@pytest.fixture(scope="module")
def usual():
    return {one.about: one for one in looking.looks()}


def test_an_installation_that_works_is_ok(usual):
    assert [one for one in usual.values() if one.state == "broken"] == []
    assert usual["placewise"].text == "0.1.0"
    assert usual["numpy"].text == importlib.metadata.version("numpy")
    assert usual["figures"].state == "ok"
    assert {f"extra {name}" for name in looking.ENABLES} <= set(usual)


def test_every_extra_for_users_is_looked_at():
    extras = set(importlib.metadata.metadata("placewise").get_all("Provides-Extra"))
    assert set(looking.ENABLES) == extras - {"dev"}


def test_it_is_printed_in_lines_and_as_json(placewise, monkeypatch, usual):
    monkeypatch.setattr(looking, "looks", lambda: iter(usual.values()))
    ran = placewise("doctor")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == len(usual)
    assert all(line.split()[0] in ("ok", "absent", "warning") for line in ran.out.splitlines())
    assert "\x1b" not in ran.out
    found = json.loads(placewise("doctor", "--json").out)
    assert found["ok"]
    assert [part["about"] for part in found["parts"]] == list(usual)


def test_a_library_that_cannot_be_imported_is_broken(placewise, monkeypatch):
    monkeypatch.setitem(sys.modules, "lark", None)
    monkeypatch.setattr(looking, "ENABLES", {})
    ran = placewise("doctor", "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert not found["ok"]
    assert [part["about"] for part in found["parts"] if part["state"] == "broken"] == ["lark"]


def test_a_library_that_is_too_old_is_broken(monkeypatch):
    monkeypatch.setattr(looking.importlib.metadata, "version", lambda _: "0.2.6")
    assert looking._library("archspec", "0.2.7", needed=True).state == "broken"
    assert looking._library("archspec", "0.2.6", needed=True).state == "ok"


def test_an_extra_that_is_absent_is_not_broken_and_says_how_it_is_installed(monkeypatch):
    there = importlib.metadata.version

    def version(name):
        if name == "grpcio":
            raise importlib.metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(looking.importlib.metadata, "version", version)
    (found,) = looking._extra("service", "serve", [("grpcio", "1.84.0"), ("numpy", "2.0")])
    assert found.state == "absent"
    assert "grpcio" in found.text
    assert "pip install 'placewise[service]'" in found.text


@pytest.mark.parametrize("about", ["cache", "working folder"])
def test_a_folder_that_cannot_be_written_to_is_a_warning(monkeypatch, tmp_path, about):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("PLACEWISE_CACHE", str(file / "below"))
    found = looking._cache() if about == "cache" else looking._folder(about, file)
    assert (found.about, found.state) == (about, "warning")
    assert str(file) in found.text


def test_a_cache_that_is_off_or_not_made_yet_is_ok(monkeypatch, tmp_path):
    monkeypatch.setenv("PLACEWISE_CACHE", "off")
    assert looking._cache().state == "ok"
    monkeypatch.setenv("PLACEWISE_CACHE", str(tmp_path / "a" / "b"))
    found = looking._cache()
    assert found.state == "ok"
    assert "not made yet" in found.text
    assert list(tmp_path.iterdir()) == []


def test_a_working_folder_that_is_gone_is_a_warning(monkeypatch, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert looking._working_folder().state == "warning"


def test_kernels_that_count_wrong_are_broken(monkeypatch):
    monkeypatch.setattr(looking.importlib.util, "find_spec", lambda _: object())
    right = kernels.load_kernels

    class Wrong:
        def count(self, table, rows, everything):
            return right("numpy").count(table, rows, everything) + 1

    monkeypatch.setattr(kernels, "load_kernels", lambda name: Wrong() if name == "numba" else right(name))
    assert looking._kernels().state == "broken"


def test_the_man_page_has_every_command_and_option(placewise):
    page = placewise("man").out
    commands = every_command(app)
    assert page == man_page(commands, "0.1.0")
    plain = page.replace("\\-", "-")
    for command in commands:
        assert command.path in plain
        for option in command.options:
            assert option.names[0] in plain
    # A line that begins so would be a macro, unless it is one of these.
    macros = {line.split()[0] for line in page.splitlines() if line.startswith(("'", "."))}
    assert macros == {".TH", ".SH", ".SS", ".PP", ".TP", ".ad", ".nh"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_warns_of_nothing_in_the_man_page(placewise):
    page = placewise("man").out
    environment = {**os.environ, "GROFF_NO_SGR": "1"}
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww"], input=page, capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr == ""
    shown = re.sub(".\x08", "", done.stdout)
    assert "placewise replay" in shown
    assert "--queue-policy POLICY" in shown
