import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.rainbow_config import RainbowConfig, read_rainbow_config
from placewise.formats.studies.selection_config import priorities_of_text, read_priorities

SECRET = "chocolate-cookies"
WHOLE = {
    "scheduler": {
        "name": "keebler",
        "secret": SECRET,
        "algorithms": {
            "selection": {"name": "constraint", "options": {"priorities": "- {priority: 1, steps: []}", "depth": 3}},
            "match": {"name": "match", "options": {"strict": True}},
        },
    },
    "cluster": {"name": "red", "secret": SECRET},
    "graphdatabase": {"name": "memory", "host": "127.0.0.1:50051", "options": {"host": "10.0.0.1:1"}},
    "clusters": [{"name": "red", "token": SECRET}, {"name": "blue", "token": "t"}],
    "further": [1],
}


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "rainbow-config.yaml"
        path.write_text(text, encoding="utf-8")
        return read_rainbow_config(path)

    return read_text


def test_all_that_a_configuration_says(read):
    config = read(yaml.safe_dump(WHOLE))
    assert config == RainbowConfig(
        scheduler_name="keebler",
        registration_secret=SECRET,
        match_algorithm="match",
        match_options={"strict": "true"},
        select_algorithm="constraint",
        select_options={"priorities": "- {priority: 1, steps: []}", "depth": "3"},
        cluster_name="red",
        cluster_secret=SECRET,
        graph_database_name="memory",
        graph_database_host="127.0.0.1:50051",
        clusters=(("red", SECRET), ("blue", "t")),
    )
    assert SECRET not in repr(config)


def test_the_public_configuration(public_data):
    path = public_data / "spack-build" / "rainbow-config.yaml"
    config = read_rainbow_config(path)
    assert (config.scheduler_name, config.registration_secret) == ("keebler", "chocolate-cookies")
    assert config.clusters == (("keebler", "rainbow"),)
    assert priorities_of_text(config.select_options["priorities"]) == read_priorities(path)


@pytest.mark.parametrize("text", ["{}", "# nothing\n~", "scheduler:\ncluster:\nclusters:\n", "scheduler: {name: ''}"])
def test_what_is_not_said_is_none(read, text):
    assert read(text) == RainbowConfig()


def test_the_host_may_stand_among_the_options(read):
    assert read("graphdatabase: {options: {host: 'a:1'}}").graph_database_host == "a:1"


def test_priorities_written_as_a_list_mean_the_same(read):
    listed = [{"priority": 1, "steps": [{"filter": "nodes_free > 0"}]}]
    document = {"scheduler": {"algorithms": {"selection": {"options": {"priorities": listed}}}}}
    text = read(yaml.safe_dump(document)).select_options["priorities"]
    assert priorities_of_text(text) == priorities_of_text(yaml.safe_dump(listed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"- {SECRET}", "the document: is not a mapping; expected a mapping; found a list"),
        (f"scheduler: [{SECRET}]", "scheduler: is not a mapping"),
        (f"scheduler: {{secret: [{SECRET}]}}", "scheduler.secret: is not text; .*found a list"),
        ("scheduler: {secret: 1234567}", "scheduler.secret: is not text; .*quote it.*found a number"),
        ("cluster: {secret: true}", "cluster.secret: is not text"),
        ("scheduler: {1: x}", "scheduler: a key is not text; .*found a number"),
        ("scheduler: {algorithms: {match: {name: 1.5}}}", "scheduler.algorithms.match.name: is not text"),
        ("scheduler: {algorithms: {match: {options: x}}}", "scheduler.algorithms.match.options: is not a mapping"),
        ("scheduler: {algorithms: {selection: {options: {priorities: [.inf]}}}}", "options.priorities: is not an opt"),
        ("scheduler: {algorithms: {selection: {options: {x: &a [*a]}}}}", "options.x: is not an option"),
        (f"clusters: {SECRET}", "clusters: is not a list"),
        (f"clusters: [{SECRET}]", r"clusters\[0\]: is not a mapping"),
        (f"clusters: [{{name: a, token: [{SECRET}]}}]", r"clusters\[0\].token: is not text"),
        (f"clusters: [{{token: {SECRET}}}]", r"clusters\[0\]: the name is missing"),
        ("clusters: [{name: a}]", r"clusters\[0\]: the token is missing"),
        (f"scheduler:\n  secret: !{SECRET} x", "line 2, column 11: is not valid YAML"),
        (f"scheduler:\n  secret: *{SECRET}", "line 2, column 11: is not valid YAML"),
        (f"scheduler: {{secret: '{SECRET}", "is not valid YAML"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_used_is_one_error_without_the_value(read, text, said):
    with pytest.raises(InputError, match=f"rainbow-config.yaml.*{said}") as caught:
        read(text)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_rainbow_config(tmp_path / "nowhere.yaml")


KEYS = ["scheduler", "algorithms", "selection", "match", "name", "secret", "options", "cluster", "clusters", "host"]
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=10,
)


@given(DOCUMENTS)
def test_any_document_is_a_configuration_or_an_error_without_secrets(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any-config.yaml"
    path.write_text(yaml.safe_dump(document))
    try:
        assert isinstance(read_rainbow_config(path), RainbowConfig)
    except InputError as error:
        assert SECRET not in str(error)


@pytest.mark.parametrize(("text", "said"), [("", "is not a list"), ("- 1", "entry 1"), ("- {", "not valid YAML")])
def test_priorities_of_another_form_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        priorities_of_text(text)
