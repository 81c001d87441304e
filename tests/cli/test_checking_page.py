"""What the page on checking leads to: the Action and the hook, which run as GitHub and pre-commit run them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pages
import pytest
import yaml
from test_check_command import check_junit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "checking.md"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment in which placewise is this one, and scontrol the example's."""
    found = pages.environment(tmp_path_factory.mktemp("scratch"))
    return {**found, "PATH": os.pathsep.join([str(ROOT / "docs" / "examples"), found["PATH"]])}


def run(script, folder, environment):
    # As GitHub runs `shell: bash`.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The folder in which the page's commands end; they print what the page says."""
    start = tmp_path_factory.mktemp("page")
    ran = pages.run(PAGE, start, tmp_path_factory.mktemp("page-scratch"))
    assert "\n".join(pages.differences(ran)) == ""
    return start / "tutorial"


@pytest.fixture
def folder(tmp_path, page):
    """What the page's commands left, to work on."""
    return Path(shutil.copytree(page, tmp_path / "tutorial"))


def steps(inputs, environment, folder):
    """Run the steps of the Action with some inputs, as a runner of GitHub's does; those of which `if` says so."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    given = {name: one["default"] for name, one in action["inputs"].items()} | inputs
    assert given.keys() == action["inputs"].keys()
    runner = {"RUNNER_TEMP": str(folder / "runner"), "GITHUB_ACTION_PATH": str(ROOT)}
    (folder / "runner").mkdir(exist_ok=True)
    for step in action["runs"]["steps"]:
        # Nothing that somebody wrote becomes part of a script.
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        condition = re.fullmatch(r"inputs\.(\w+) == ''", step.get("if", "inputs.nothing == ''"))
        if given.get(condition[1], ""):
            continue
        own = {
            key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
            for key, value in step.get("env", {}).items()
        }
        done = run(step["run"], folder, {**environment, **runner, **own})
        if done.returncode:
            break
    return done


def test_the_action_annotates_what_does_not_hold(folder, environment):
    shutil.copy(folder / "expectations.yaml", folder / "b c.yaml")
    inputs = {"placewise": "placewise", "expectations": "expectations.yaml\nb c.yaml\n", "junit": "report.xml"}
    done = steps(inputs, environment, folder)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert check_junit((folder / "report.xml").read_text()).get("failures") == "0"
    (folder / "b c.yaml").write_text((folder / "b c.yaml").read_text().replace("[north]", "[south]"))
    done = steps(inputs, environment, folder)
    assert done.returncode == 3
    assert re.match(r"::error file=b c\.yaml,line=4,title=solver\.yaml::solver\.yaml: expected south", done.stdout)
    assert check_junit((folder / "report.xml").read_text()).get("failures") == "1"
    done = steps(inputs | {"fleet": "nowhere"}, environment, folder)
    assert (done.returncode, done.stdout) == (2, "")
    done = steps(inputs | {"expectations": "$(touch hacked)\n`touch hacked`"}, environment, folder)
    assert done.returncode == 2
    assert not (folder / "hacked").exists()


def test_the_hook_runs_its_entry_as_pre_commit_does(folder, environment):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["language"] == "python"  # pre-commit installs this repository and finds the entry there
    assert not hook["pass_filenames"]
    assert hook["always_run"]
    command = shlex.join([*shlex.split(hook["entry"]), *hook["args"]])
    assert run(command, folder, environment).returncode == 0
    path = folder / "expectations.yaml"
    path.write_text(path.read_text().replace("[north]", "[north, south]"))
    done = run(command, folder, environment)
    assert done.returncode == 3
    assert "south does not match" in done.stdout.replace("\n    ", " ")


@pytest.mark.slow
def test_two_real_sites_and_a_cluster_tell_of_a_downgrade(public_data, tmp_path, environment):
    sites = public_data / "fleets" / "spack-sites"
    for path in (*sites.glob("orion.*"), *sites.glob("discover-scu17.*"), sites / "common.packages.yaml"):
        shutil.copy(path, tmp_path)
    importing = "placewise import spack *.packages.yaml *.compilers.yaml --out fleet"
    nodes, partitions = (public_data / "fleets" / "slurm" / f"owens_{what}.txt" for what in ("nodes", "partitions"))
    slurm = f"placewise import slurm {nodes} {partitions} --name owens --out fleet"
    (tmp_path / "expectations.yaml").write_text(
        "fleet: fleet\njobs:\n"
        "- {require: 'cmake@3.15:', matches: [discover-scu17, orion], unknown: [owens]}\n"
        "- {require: 'partition{name=hugemem}', matches: {at_least: [owens]}}\n"
        "- {require: 'partition{name=nope}', matches: none, because: [partition], unknown: any}\n"
    )
    for command in (importing, slurm, "placewise check"):
        done = run(command, tmp_path, environment)
        assert done.returncode == 0, done.stderr + done.stdout
    path = tmp_path / "orion.packages.yaml"
    path.write_text(path.read_text().replace("cmake@3.20.2", "cmake@3.10.2"))
    assert run(importing, tmp_path, environment).returncode == 0
    done = run("placewise check", tmp_path, environment)
    assert done.returncode == 3
    first, last = done.stdout.replace("\n    ", " ").splitlines()
    # Spack may have built another one there.
    assert re.fullmatch(
        r"expectations.yaml:3: .* expected discover-scu17, orion; orion may match \(.*3\.10\.2.*\)", first
    )
    assert "1 of 3" in last
    # Somebody who knows that it is the only one says so.
    (tmp_path / "fleet" / "vocabulary.yaml").write_text("clusters: {orion: {subsystems: {cmake: {complete: true}}}}\n")
    done = run("placewise check", tmp_path, environment)
    assert "orion does not match (cmake has version 3.10.2, asked 3.15:)" in done.stdout.replace("\n    ", " ")
    assert run("placewise check --update && placewise check", tmp_path, environment).returncode == 0


@pytest.mark.long
def test_the_action_installs_this_repository(folder, environment):
    done = steps({}, environment, folder)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (folder / "runner" / "placewise" / "bin" / "placewise").is_file()


@pytest.mark.long
def test_pre_commit_runs_the_hook(folder, environment, tmp_path):
    if shutil.which("pre-commit", path=environment["PATH"]) is None:
        pytest.skip("pre-commit is not there")
    repository = tmp_path / "placewise"
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache", "__pycache__"))
    user = "-c user.name=a -c user.email=a@example.org"
    for place in (repository, folder):
        done = run(f"git init -q && git add -A && git {user} commit -qm first", place, environment)
        assert done.returncode == 0, done.stderr
    home = {**environment, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    command = f"pre-commit try-repo {shlex.quote(str(repository))} placewise-check --all-files"
    done = run(command, folder, home)
    assert done.returncode == 0, done.stdout + done.stderr
    path = folder / "expectations.yaml"
    path.write_text(path.read_text().replace("[north]", "[north, south]"))
    done = run(command, folder, home)
    assert done.returncode == 1
    assert "south does not match" in done.stdout.replace("\n    ", " ")
