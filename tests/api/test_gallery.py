"""The gallery shows what its studies give: figures come from runs, pages from figures, and pictures are small."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from placewise.errors import InputError

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
# What a sentence may say in digits without asking the results: interval levels and names.
FACTS = re.compile(
    r"95 %|0\.5 is a coin|\b0\b|decision 27|Apache-2\.0|wagap-2013|--[\w-]+ [\d.]+|nfs4|x86_64|nodecpus12"
)


@pytest.fixture(scope="module")
def gallery():
    pytest.importorskip("PIL")
    spec = importlib.util.spec_from_file_location("gallery_regenerate", GALLERY / "regenerate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_each_page_is_its_template_filled_with_the_figures(gallery):
    for name, text in gallery.pages(gallery.read_figures()).items():
        assert (GALLERY / f"{name}.md").read_text(encoding="utf-8") == text, name


def test_each_study_that_was_run_has_a_page_and_no_other_page_is_there(gallery):
    assert {path.stem for path in GALLERY.glob("*.md")} == {gallery.INDEX, *gallery.read_figures()}


@pytest.mark.parametrize("path", sorted((GALLERY / "templates").iterdir()), ids=lambda path: path.name)
def test_no_template_says_a_figure_of_its_own(path):
    text = re.sub(
        r"\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)|<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert re.findall(r"\d[\d.,]*", FACTS.sub("", text)) == []


def test_pictures_are_small_and_all_shown(gallery):
    studies = [study for study in gallery.STUDIES if study.name in gallery.read_figures()]
    assert {path.stem for path in GALLERY.glob("*.png")} == {name for study in studies for name in study.pictures}
    for study in studies:
        text = (GALLERY / f"{study.name}.md").read_text(encoding="utf-8")
        for name in study.pictures:
            assert f"]({name}.png)\n\n*" in text, f"{name} has no caption"
            assert (GALLERY / f"{name}.png").stat().st_size <= gallery.LARGEST_PICTURE_BYTES


def test_the_study_file_can_be_read_where_its_records_are(tmp_path):
    import placewise as pw  # noqa: PLC0415

    (tmp_path / "study.toml").write_text((GALLERY / "learned-study.toml").read_text())
    with pytest.raises(InputError, match=r"spack-(model\.json|outcomes\.parquet)"):
        pw.read_study(tmp_path / "study.toml")


@pytest.mark.long  # one to two minutes on two quiet cores, and some more for what is learned
@pytest.mark.parametrize("name", ["reliabuild", "spack-outcomes", "wagap"])
def test_every_number_on_a_page_is_what_a_run_gives(gallery, public_data, tmp_path, monkeypatch, name):
    monkeypatch.setenv("PLACEWISE_DATA", str(public_data))
    kept = gallery.read_figures()
    if name not in kept:
        pytest.skip("the gallery has no figures of it")
    if name == "spack-outcomes":
        learn = pytest.importorskip("sklearn")
        if learn.__version__ != kept[name]["scikit_learn"]:
            pytest.skip(f"the figures were learned with scikit-learn {kept[name]['scikit_learn']}")
    study = next(study for study in gallery.STUDIES if study.name == name)
    found = kept | {name: gallery.run(study, tmp_path)}
    assert gallery.pages(found) == gallery.pages(kept)
    if name == "reliabuild":  # what the pages say in words
        assert found[name]["set_proven_at_least"] == found[name]["set_size"]
        assert all(found[name][f"top{rank}_rank_high"] <= 3 for rank in (1, 2, 3))
    if name == "spack-outcomes":
        assert found[name]["unseen_packages_log_loss"] > found[name]["unseen_packages_base"]
        assert found[name]["unseen_versions_log_loss"] > found[name]["unseen_versions_base"]
    for source in study.pictures.values():
        assert (tmp_path / source).is_file()
