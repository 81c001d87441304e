import math
from importlib.metadata import EntryPoint

import pytest

from placewise import plugins
from placewise.errors import InputError, PlacewiseError


@pytest.fixture
def registered(monkeypatch):
    """Let a test say what is registered under ``placewise.policies``."""

    def register(**objects):
        entries = [EntryPoint(name, value, "placewise.policies") for name, value in objects.items()]
        monkeypatch.setattr(plugins, "entry_points", lambda group: entries if group == "placewise.policies" else [])
        plugins._registered.cache_clear()

    yield register
    monkeypatch.undo()
    plugins._registered.cache_clear()


def test_what_comes_with_placewise_is_registered():
    assert {"first", "least-loaded", "random"} <= set(plugins.names("policies"))
    predicates = {name: plugins.load("predicates", name) for name in plugins.names("predicates")}
    assert {"match", "range"} <= set(predicates)
    assert all(map(callable, predicates.values()))


def test_names_are_sorted(registered):
    registered(b="math:sin", a="math:cos")
    assert plugins.names("policies") == ("a", "b")


def test_a_plugin_of_any_distribution_is_loaded(registered):
    registered(mine="math:sin")
    assert plugins.load("policies", "mine") is math.sin


@pytest.mark.parametrize(
    ("name", "near"),
    [("randm", "random, or another of"), ("least_loaded", "least-loaded, or another of"), ("zzz", "one of")],
)
def test_an_unknown_name_is_an_input_error_with_a_suggestion(name, near):
    with pytest.raises(InputError, match=f"no such policy; expected {near} .*first.*found '{name}'"):
        plugins.load("policies", name)


@pytest.mark.parametrize(("group", "kind"), [("predicates", "match predicate"), ("formats", "format")])
def test_an_unknown_name_of_each_group(group, kind):
    with pytest.raises(InputError, match=f"no such {kind}"):
        plugins.load(group, "zzz")


def test_where_nothing_is_registered_the_error_says_so(registered):
    registered()
    assert plugins.names("policies") == ()
    with pytest.raises(InputError) as caught:
        plugins.load("policies", "random")
    assert "one of ;" not in str(caught.value)
    assert "none is installed" in str(caught.value)


@pytest.mark.parametrize("value", ["no_such_module_at_all:x", "math:no_such_thing", "broken_plugin_module:x"])
def test_a_plugin_that_cannot_be_loaded_is_named(registered, value, tmp_path, monkeypatch):
    (tmp_path / "broken_plugin_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    registered(mine=value)
    with pytest.raises(PlacewiseError, match=f"the plugin 'mine' of {value} cannot be loaded") as caught:
        plugins.load("policies", "mine")
    # The fault is the plugin's, not the user's input.
    assert not isinstance(caught.value, InputError)
    assert caught.value.__cause__ is not None
