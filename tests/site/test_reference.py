"""The reference of the site has each public name, each command and option, each schema and each of its fields."""

import inspect
import pkgutil
import re
from collections import Counter

import command_pages
import docstrings
import pytest
import python_pages
import schema_pages
import typer

import placewise as pw
from placewise.cli import app
from placewise.formats import schemas


@pytest.fixture(scope="module")
def python():
    return python_pages.pages()


@pytest.fixture(scope="module")
def commands():
    return command_pages.pages()


@pytest.fixture(scope="module")
def documents():
    return schema_pages.pages()


def every_command(command, words=()):
    """Walk the tree of commands by itself."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield words, command
    for name, one in inner.items():
        yield from every_command(one, (*words, name))


def field_names(schema, definitions, followed):
    """Yield the names of the fields that a schema lets be; what only conditions look at is not among them."""
    if not isinstance(schema, dict):
        return
    for key, inner in schema.items():
        name = inner.rpartition("/")[2] if key == "$ref" and isinstance(inner, str) else None
        if name is not None and name not in followed:
            followed.add(name)
            yield from field_names(definitions[name], definitions, followed)
        elif key in {"properties", "patternProperties"}:
            yield from (name for name, one in inner.items() if key == "properties" and one is not False)
            for one in inner.values():
                yield from field_names(one, definitions, followed)
        elif key not in {"$defs", "if", "not", "contains", "propertyNames", "enum", "const", "examples"}:
            for one in inner if isinstance(inner, list) else [inner]:
                yield from field_names(one, definitions, followed)


def test_each_public_name_has_a_page_made_of_its_docstring(python):
    assert set(python) == {f"{name}.md" for name in pw.__all__}
    for name in pw.__all__:
        kind = "class" if inspect.isclass(getattr(pw, name)) else "function"
        assert f"\n.. auto{kind}:: placewise.{name}\n" in python[f"{name}.md"]


def test_each_public_name_is_in_the_overview_with_its_first_sentence():
    overview = python_pages.overview()
    for name in pw.__all__:
        row = next(line for line in overview.splitlines() if f"(python/{name}.md)" in line)
        first = inspect.getdoc(getattr(pw, name)).partition("\n\n")[0]
        assert not Counter(re.findall(r"\w+", first)) - Counter(re.findall(r"\w+", row))


def test_no_value_is_described_twice(python):
    described = Counter(re.findall(r"\.\. auto\w+:: (\S+)", "".join(python.values())))
    assert max(described.values()) == 1


@pytest.mark.parametrize("name", pw.__all__)
def test_no_word_of_a_docstring_is_lost(name):
    text = inspect.getdoc(getattr(pw, name))
    lines = text.splitlines()
    docstrings.with_parameters(None, "object", name, getattr(pw, name), None, lines)
    # What is said of attributes stands with them.
    elsewhere = docstrings.explanations(getattr(pw, name)) if inspect.isclass(getattr(pw, name)) else {}
    kept = "\n".join([*lines, *elsewhere, *elsewhere.values()])
    lost = Counter(re.findall(r"\w+", text)) - Counter(re.findall(r"\w+", kept))
    assert set(lost) <= {"Attributes", "Raises"}


def described_classes(python):
    """Each class on a page, by the name that the page has it under."""
    named = re.findall(r"\.\. autoclass:: (\S+)", "".join(python.values()))
    return {name: pkgutil.resolve_name(name) for name in named}


def test_each_attribute_of_a_public_class_is_explained(python):
    classes = described_classes(python)
    assert {getattr(pw, name) for name in pw.__all__ if inspect.isclass(getattr(pw, name))} <= set(classes.values())
    bare = [
        f"{name}.{attribute}"
        for name, one in classes.items()
        for attribute in public_attributes(one)
        if not re.search(r"\w", shown_of(name, attribute, one))
    ]
    assert not bare, "say in the class's docstring what each is, with its unit: `name : what it is.`"


def public_attributes(owner):
    """Look at the class by itself: what its annotations and its properties name."""
    for base in owner.__mro__[:-1]:
        yield from (name for name in inspect.get_annotations(base) if not name.startswith("_"))
        for name, value in vars(base).items():
            if isinstance(value, property) and not name.startswith("_"):
                yield name


def shown_of(name, attribute, owner):
    documented = inspect.getattr_static(owner, attribute, None)
    own = inspect.getdoc(documented) if isinstance(documented, property) else None
    lines = (own or "").splitlines()
    what = "property" if isinstance(documented, property) else "attribute"
    docstrings.with_parameters(None, what, f"{name}.{attribute}", documented, None, lines)
    return "\n".join(lines)


def test_an_attribute_without_an_explanation_has_none():
    class Placed:
        """Where a job runs.

        cluster : its name.
        """

        cluster: str
        wait_s: int

    assert docstrings.explanations(Placed) == {"cluster": "its name."}
    assert docstrings.attributes(Placed) == ("cluster", "wait_s")


def test_parameters_in_running_text_become_a_list():
    def asked(fleet, job, seed=0): ...

    lines = ["Ask.", "", "fleet, job : what is asked: of", "whom. seed : of chance. Raises InputError for no jobs."]
    docstrings.with_parameters(None, "function", "asked", asked, None, lines)
    assert [line for line in lines if line] == [
        "Ask.",
        ":param fleet: what is asked: of whom.",
        ":param job: what is asked: of whom.",
        ":param seed: of chance.",
        ":raises InputError: for no jobs.",
    ]


def test_each_command_and_each_option_is_on_its_page(commands):
    found = dict(every_command(typer.main.get_command(app)))
    assert set(commands) == {f"{'-'.join(words)}.md" for words, command in found.items() if not command.hidden}
    overview = command_pages.overview()
    for words, command in found.items():
        if command.hidden:
            continue
        page = commands[f"{'-'.join(words)}.md"]
        assert f"[`placewise {' '.join(words)}`]" in overview
        cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
        assert len(cells) == sum(not getattr(one, "hidden", False) for one in command.params)
        for one in command.params:
            if one.param_type_name == "option" and not one.hidden:
                for name in (*one.opts, *one.secondary_opts):
                    assert any(f"`{name}`" in cell for cell in cells), (words, name)


def test_each_option_has_a_meaning(commands):
    empty = [
        (name, line)
        for name, page in commands.items()
        for line in page.splitlines()
        if line.startswith("| `") and not re.search(r"\w", line.rstrip(" |").rpartition(" | ")[2])
    ]
    assert not empty


@pytest.mark.parametrize("name", schemas.NAMES)
def test_each_schema_has_a_page_with_each_of_its_fields(name, documents):
    page, schema = documents[f"{name}.md"], schemas.schema(name)
    tables, _, whole = page.partition("## The whole schema")
    assert f"(files/{name}.md)" in schema_pages.overview()
    assert f'"{schemas.id_of(name)}"' in whole
    fields = {field for field in field_names(schema, schema.get("$defs", {}), set()) if field}
    assert not {field for field in fields if f"| `{field}` |" not in tables}


def test_each_field_of_a_schema_has_a_meaning(documents):
    empty = [
        (name, line)
        for name, page in documents.items()
        for line in page.partition("## The whole schema")[0].splitlines()
        if line.startswith(("| `", "| *")) and not re.search(r"\w", line.rpartition(" | ")[2].replace("Required", ""))
    ]
    assert not empty
