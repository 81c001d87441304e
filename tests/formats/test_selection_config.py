import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.studies.selection_config import read_priorities
from placewise.model.studies.priority import Calc, Filter, Priority, Select, SortAscending, SortDescending

LIST = """
- priority: 2
  steps:
  - filter: "nodes_free > 0"
  - calc: "memory_min = min(100, memory_per_node - 100)"
  - calc: "cost=(cost_per_node_hour * (memory_min * seconds_per_gb)/60/60)"
  - sort_ascending: cost
  - select: random
- priority: 1
  steps:
  - filter: "nodes_free >= 2"
  - sort_descending: nodes_free
"""
PRIORITIES = (
    Priority(1, (Filter("nodes_free >= 2"), SortDescending("nodes_free"))),
    Priority(
        2,
        (
            Filter("nodes_free > 0"),
            Calc("memory_min", "min(100, memory_per_node - 100)"),
            Calc("cost", "(cost_per_node_hour * (memory_min * seconds_per_gb)/60/60)"),
            SortAscending("cost"),
            Select("random"),
        ),
    ),
)
WHERE = "scheduler.algorithms.selection.options.priorities"


def configuration(priorities, name="constraint"):
    options = {} if priorities is None else {"priorities": priorities}
    return yaml.safe_dump({"scheduler": {"algorithms": {"selection": {"name": name, "options": options}}}})


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "selection.yaml"
        path.write_text(text, encoding="utf-8")
        return read_priorities(path)

    return read_text


def test_the_public_configuration(public_data):
    priorities = read_priorities(public_data / "spack-build" / "rainbow-config.yaml")
    assert priorities == (Priority(1, (Filter("nodes_free > 0"),)),)


def test_priorities_are_read_alone_as_text_and_as_a_list(read):
    assert read(LIST) == PRIORITIES
    assert read(configuration(LIST)) == PRIORITIES
    assert read(configuration(yaml.safe_load(LIST))) == PRIORITIES


def test_the_text_may_be_an_indented_block(read):
    block = textwrap.indent(LIST.strip(), " " * 10)
    text = "scheduler:\n  algorithms:\n    selection:\n      name: constraint\n      options:\n        priorities: |\n"
    assert read(text + block) == PRIORITIES


def one_step(step):
    return f"- priority: 1\n  steps:\n  - {step}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "there are no priorities"),
        ("nonsense", "is not a list"),
        ("- 1", "entry 1: is not a mapping"),
        ("- filter: a > 0\n  select: first", "entry 1: .*the keys priority and steps"),
        ("- priority: 1", "entry 1: .*the keys priority and steps"),
        ("- {priority: 1, steps: [], more: 1}", "entry 1: .*the keys priority and steps"),
        ("- {priority: one, steps: []}", "entry 1: a priority is not a number.*'one'"),
        ("- {priority: true, steps: []}", "entry 1: a priority is not a number"),
        ("- {priority: 1.5, steps: []}", "entry 1: a priority is not a number"),
        ("- {priority: 1, steps: x}", "entry 1, steps: is not a list"),
        ("- {priority: 1, steps: {filter: x}}", "entry 1, steps: is not a list"),
        ("- {priority: 1, steps: []}\n- {priority: 1, steps: []}", "two priorities have one number"),
        (one_step("filter"), "entry 1, step 1: is not a mapping"),
        (one_step("{}"), "entry 1, step 1: a step has the wrong keys"),
        (one_step("{filter: x > 0, select: first}"), "entry 1, step 1: a step has the wrong keys"),
        (one_step("sort: x"), "a step has the wrong keys.*sort_ascending"),
        (one_step("filter:"), "entry 1, step 1, filter: is not text.*nothing"),
        (one_step("filter: true"), "entry 1, step 1, filter: is not text"),
        (one_step("filter: [x]"), "entry 1, step 1, filter: is not text"),
        (one_step("calc: x"), "entry 1, step 1, calc: .*expected name=expression"),
        (one_step("calc: '=x'"), "name=expression"),
        (one_step("calc: 'x='"), "name=expression"),
        (one_step("calc: x == 3"), "name=expression"),
        (one_step("select: best"), "entry 1, step 1, select: no such way to select"),
        (one_step("select: first\n  - filter: x > 0"), "entry 1: steps follow the one that selects"),
        ("- {priority: 1", "line ., column .*: is not valid YAML"),
    ],
)
def test_bad_priorities(read, text, message):
    with pytest.raises(InputError, match=f"selection.yaml.*{message}"):
        read(text)
    with pytest.raises(InputError, match=f"selection.yaml, {WHERE}.*{message}"):
        read(configuration(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is empty"),
        ("{}", "the document: the key 'scheduler' is missing"),
        ("scheduler: 1", "scheduler: is not a mapping"),
        ("1: 2", "the document: a key is not text"),
        ("scheduler: {algorithms: {}}", "scheduler.algorithms: the key 'selection' is missing"),
        (configuration(LIST, name="random"), "selection.name: .*expected constraint; found 'random'"),
        (configuration(LIST, name=None), "selection.name: .*expected constraint; found nothing"),
        (configuration(None), "selection.options: the key 'priorities' is missing"),
        (configuration(""), f"{WHERE}.*is not a list"),
        (configuration(3), f"{WHERE}: is not a list"),
    ],
)
def test_bad_configurations(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_priorities(tmp_path / "nowhere.yaml")


STEP_KEYS = ["filter", "calc", "sort_ascending", "select"]
KEYS = [*STEP_KEYS, "priority", "steps", "scheduler", "algorithms", "selection", "name", "options", "priorities"]
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["x > 0", "a=b", "first", "constraint", "- x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS, st.sampled_from(["alone", "inside", "as text", "an entry", "steps"]))
def test_any_document_is_priorities_or_an_input_error(tmp_path_factory, document, where):
    if where == "an entry":
        document = [document]
    elif where == "steps":
        document = [{"priority": 1, "steps": document}]
    elif where == "as text":
        document = yaml.safe_dump(document)
    path = tmp_path_factory.getbasetemp() / "selection.yaml"
    path.write_text(configuration(document) if where in {"inside", "as text"} else yaml.safe_dump(document))
    try:
        priorities = read_priorities(path)
    except InputError:
        return
    assert all(isinstance(priority, Priority) for priority in priorities)
