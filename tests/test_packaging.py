"""The conda recipe says what pyproject.toml says."""

import re
import tomllib
from pathlib import Path

import yaml

import placewise

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
"""What conda-forge names otherwise."""


def requirements(listed):
    parts = (re.fullmatch(r"([\w.-]+)\s*(.*)", one) for one in listed)
    return {CONDA_NAMES.get(part[1], part[1]): part[2] for part in parts}


def test_the_conda_recipe_is_of_this_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    recipe = yaml.safe_load((ROOT / "deploy/conda/recipe.yaml").read_text())
    assert recipe["context"]["version"] == placewise.__version__
    assert recipe["build"]["python"]["entry_points"] == [
        f"{name} = {target}" for name, target in project["project"]["scripts"].items()
    ]
    python = {"python": project["project"]["requires-python"]}
    needed = recipe["requirements"]
    assert requirements(needed["run"]) == python | requirements(project["project"]["dependencies"])
    build = requirements(project["build-system"]["requires"])
    assert requirements(needed["host"]) == python | {"pip": ""} | build
