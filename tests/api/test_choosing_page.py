"""The page on choosing shows the very examples that `.ci/choosing` runs, and the page on Snakemake its workflow."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("path", sorted((DOCS / "examples/choosing").iterdir()), ids=lambda path: path.name)
def test_the_page_shows_what_is_run(path):
    text = path.read_text()
    shown = text.split('"""\n', 1)[1] if path.suffix == ".py" else text
    assert shown.strip() in (DOCS / "how-to" / "choosing.md").read_text()
    if path.suffix == ".py":
        compile(text, str(path), "exec")


def test_the_page_on_snakemake_shows_the_workflow_that_is_run():
    assert (DOCS / "examples/snakemake/Snakefile").read_text().strip() in (DOCS / "how-to" / "snakemake.md").read_text()
