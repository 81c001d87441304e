"""The notebooks of the documentation run from top to bottom, offline, in their own folder; what they assert holds."""

from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of the libraries that run them
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    read = pytest.importorskip("myst_nb.core.read", reason="needs placewise[docs]").read_myst_markdown_notebook
    nbclient = pytest.importorskip("nbclient")
    # Whatever a notebook kept in a cache or a configuration would be the user's.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = read(path.read_text(encoding="utf-8"), add_source_map=False)
    assert any(cell.cell_type == "code" for cell in notebook.cells)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()


def test_there_are_three():
    assert len(list(NOTEBOOKS.glob("*.md"))) == 3
