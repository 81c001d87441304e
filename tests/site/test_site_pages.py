"""The pages of the site: each is reached from its folder's contents, and links lead to the same in both places."""

from pathlib import Path

import navigation
import pytest

DOCS = Path(__file__).parents[2] / "docs"
CONTENTS = [*DOCS.glob("*/index.md"), *DOCS.glob("*/README.md")]


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda path: path.parent.name)
def test_a_folders_contents_lead_to_each_of_its_pages(contents):
    text = contents.read_text(encoding="utf-8")
    pages = [page for page in contents.parent.glob("*") if page.suffix in {".md", ".ipynb"} and page != contents]
    documents = {page.relative_to(DOCS).with_suffix("").as_posix() for page in (*pages, contents)}
    name = contents.relative_to(DOCS).with_suffix("").as_posix()
    linked = navigation.linked(text, name, documents)
    assert linked == documents - {name}, "a page that the folder's contents do not list in a table or list"


def test_headings_group_and_order_what_they_link_to():
    text = "# All\n\n- [`One`](one.md)\n\n## More\n\n| [Two](sub/two.md#part) | of it |\n| [No](no.md) | absent |\n"
    inside = {"folder/one", "folder/sub/two", "folder/left"}
    made = navigation.toctrees(text, "folder/index", {"folder/index", *inside})
    assert [block.strip() for block in made.split("```{toctree}\n:hidden:\n")[1:]] == [
        "One </folder/one>\n```",
        ":caption: More\n\nTwo </folder/sub/two>\n```",
        "/folder/left\n```",
    ]


def test_pages_of_a_folder_without_contents_come_last_unless_other_contents_list_them():
    documents = {"index", "sub/index", "sub/page", "loose/one", "loose/two"}
    made = navigation.toctrees("- [Sub](sub/index.md)\n", "index", documents, elsewhere={"loose/two"})
    assert [line for line in made.splitlines() if "/" in line] == ["Sub </sub/index>", "/loose/one"]


def test_a_page_of_no_contents_has_no_toctree():
    assert navigation.toctrees("- [One](one.md)\n", "folder/page", {"folder/page", "folder/one"}) == ""


def test_an_amount_and_its_unit_stay_on_one_line():
    building = pytest.importorskip("building", reason="the extra docs is not installed")
    nodes = pytest.importorskip("docutils.nodes")
    text, code = nodes.paragraph("", "29.7 % in 3 days, 5 h; 2 hosts, 4 %x"), nodes.literal("", "95 % of")
    document = nodes.container("", text, code)
    building.keep_units(None, document)
    assert text.astext() == "29.7\u202f% in 3\u202fdays, 5\u202fh; 2 hosts, 4 %x"
    assert code.astext() == "95 % of"


def test_links_between_docs_and_the_root_lead_to_pages():
    building = pytest.importorskip("building", reason="the extra docs is not installed")
    text = "[a](../../README.md#x) [b](metrics.md) [c](../../src/a.py) [d](https://example.org) [e](#here)"
    assert building.led(text, "explanation/value.md") == (
        "[a](../project/overview.md#x) [b](metrics.md) [c](../../src/a.py) [d](https://example.org) [e](#here)"
    )
    text = "![a](docs/img/a.png) [b](CHANGELOG.md) [c](LICENSE)"
    assert building.led(text, "project/overview.md") == "![a](../img/a.png) [b](changes.md) [c](../../LICENSE)"
