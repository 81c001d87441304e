"""Every command of the tutorial and of the how-tos runs as written, in order, and prints what the page shows."""

import re
import sys

import pages
import pytest

# Pages that take longer than some 5 s.
SLOW = {
    "advise",
    "ask-before-submitting",
    "checking",  # tests/cli/test_checking_page.py runs it too
    "comparing-fleets",
    "dask-over-slurm",
    "describe-your-site",
    "first-decision",
    "importing",
    "learned-success",
    "outcomes",
    "replay-your-history",
    "service",
    "snakemake",
    "write-a-policy",
}

# Blocks that cannot run here, page by page, so that they do not become more unnoticed.
ELSEWHERE = {
    "ask-before-submitting": 1,  # squeue
    "choosing": 3,  # Parsl, submitit, dask-jobqueue: .ci/choosing runs them
    "closing-the-loop": 3,  # a service with a history
    "dask-over-slurm": 3,  # Slurm
    "importing": 4,  # Flux, Kubernetes; a site with Slurm and Spack
    "kueue": 1,  # Kubernetes
    "near-misses": 2,  # public data
    "operating": 2,  # a service that goes on
    "outcomes": 1,  # public data
    "replay": 4,  # public traces; squeue
    "replay-your-history": 1,  # sacct
    "running-elsewhere": 2,  # a Dask cluster: dask-over-slurm runs one
    "service": 1,  # a service that goes on
    "snakemake": 1,  # Snakemake: .ci/snakemake runs it
    "spack-sites": 8,  # public data
    "streaming": 1,  # ten million jobs
    "traces": 3,  # public traces; sacct, squeue
}


def test_blocks_that_run_elsewhere_are_counted():
    found = {page.stem: pages.elsewhere(page.read_text()) for page in pages.pages()}
    assert {name: count for name, count in found.items() if count} == ELSEWHERE


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.stem)
def test_no_command_stands_in_a_block_that_nobody_runs(page):
    assert pages.strays(page.read_text()) == []


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in SLOW else [])
        for page in pages.pages()
        if any(block.runs for block in pages.blocks(page.read_text()))
    ],
)
def test_a_page_runs_as_written_and_prints_what_it_shows(page, tmp_path):
    if page.stem == "write-a-policy":
        pytest.importorskip("hatchling", reason="hatchling, which builds the page's package, comes with the extra dev")
    folder = tmp_path / "page"
    folder.mkdir()
    ran = pages.run(page, folder, tmp_path / "scratch")
    assert "\n".join(pages.differences(ran)) == ""


@pytest.mark.parametrize("page", sorted(pages.GUIDES[0].glob("*.md")), ids=lambda page: page.stem)
def test_figures_in_sentences_are_those_of_the_blocks(page):
    text = page.read_text()
    fenced = "".join(block.text for block in pages.blocks(text))
    figures = re.findall(
        r"(?<![\d.])\d+\.\d+(?= %| points)", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    assert figures
    assert [figure for figure in figures if figure not in fenced] == []


MARKDOWN = """
Text, and `code`.

```sh
mkdir made && cd made
kept=yes
echo one; echo two >&2; echo three
```

```text output
one
...
three
```

```python
from pathlib import Path

print(Path.cwd().name)
```

```text output
made
```

```sh
echo "$kept"; ls ..
```

```text output
yes
docs
made
```

```sh elsewhere
exit 1
```
"""


def made(tmp_path, markdown):
    page, folder = tmp_path / "page.md", tmp_path / "folder"
    page.write_text(markdown)
    folder.mkdir()
    return pages.run(page, folder, tmp_path / "scratch")


def test_a_page_is_one_shell_and_its_output_is_compared(tmp_path):
    ran = made(tmp_path, MARKDOWN)
    assert [one.block.info for one in ran] == ["sh", "python", "sh"]
    assert ran[0].text == "one\ntwo\nthree\n"
    assert list(pages.differences(ran)) == []
    assert pages.elsewhere(MARKDOWN) == 1


@pytest.mark.parametrize(
    ("shown", "instead"), [("\nthree\n", "\nfour\n"), ("made\n```", "made\nmore\n```"), ("\none\n", "\n")]
)
def test_what_is_shown_and_not_printed_is_found_and_mended(tmp_path, shown, instead):
    wrong = MARKDOWN.replace(shown, instead).replace("...\n", "two\n")
    ran = made(tmp_path, wrong)
    assert len(list(pages.differences(ran))) >= 1
    assert pages.updated(wrong, ran) == MARKDOWN.replace("...\n", "two\n")


@pytest.mark.parametrize(
    "block", ["false\necho after", "false | cat", "echo $nothing_of_this_name", "(exit 3)", "echo 'not ended"]
)
def test_a_command_that_fails_fails_the_page(tmp_path, block):
    with pytest.raises(pages.PageError, match=r"page\.md:"):
        made(tmp_path, f"```sh\n{block}\n```\n\n```sh\necho never\n```\n")


def test_a_program_that_fails_or_warns_fails_the_page(tmp_path):
    with pytest.raises(pages.PageError, match="a warning"):
        made(tmp_path, "```python\nimport warnings\n\nwarnings.warn('a warning')\n```\n")


def test_output_without_a_command_is_an_error(tmp_path):
    with pytest.raises(pages.PageError, match="without a command"):
        made(tmp_path, "```sh elsewhere\necho a\n```\n\n```text output\na\n```\n")


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("76.6\u202f%  \n", "76.6 %\n", True),
        ("took 0.1 s at 12:00\n", "took ... s at ...\n", True),
        ("took 0.1 s\nat 12:00\n", "took ... 12:00\n", False),
        ("a\nb\n", "a\n", False),
        ("a\nb\n", "a\n...\n", True),
        ("a+b\n", "a.b\n", False),
        ("", "", True),
    ],
)
def test_what_agrees(printed, shown, same):
    assert pages.agrees(printed, shown) is same


def test_a_shortened_output_is_mended_where_it_begins_and_ends():
    printed = pages.Printed(pages.Block("sh", "", 1, (0, 0)), "a\nb\nc\nd\ne\n", None)
    (block,) = pages.blocks("```text output\nx\n...\ny\n```\n")
    ran = [pages.Printed(printed.block, printed.text, block)]
    assert pages.updated("```text output\nx\n...\ny\n```\n", ran) == "```text output\na\n...\ne\n```\n"


@pytest.mark.parametrize(
    "markdown",
    [
        "    placewise match a.yaml\n",
        "```text\nplacewise check\n```\n",
        "```console\n$ ls\n```\n",
        "```\npip install a\n```\n",
    ],
)
def test_commands_in_other_blocks_are_found(markdown):
    assert len(pages.strays(markdown)) == 1


def test_the_runner_is_a_command(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text("```sh\necho a\n```\n\n```text output\nb\n```\n")
    monkeypatch.setattr(sys, "argv", ["pages.py", str(page)])
    with pytest.raises(SystemExit, match="1"):
        pages.main()
    assert "+a" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["pages.py", "--update", str(page)])
    with pytest.raises(SystemExit, match="0"):
        pages.main()
    assert page.read_text() == "```sh\necho a\n```\n\n```text output\na\n```\n"
