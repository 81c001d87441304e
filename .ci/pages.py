"""Run the commands of a page of docs/tutorial or docs/how-to as a reader would; compare what they print and it shows.

A page is run from top to bottom in one shell (`bash -euo pipefail`), in a folder that holds nothing but `docs`. What
a fence is, its first line says:

    ```sh               commands that run
    ```python           a program that runs, in the folder where the commands before it ended
    ```text output      what the block before it prints; `...` is any number of lines, in a line any text of it
    ```sh elsewhere     commands that cannot run here: they need a batch system, a network, or other data
    ```python elsewhere likewise
    ```text usage       how a command is called

Other fences hold no commands: see `strays`.

    pages.py PAGE...            run the pages
    pages.py --update PAGE...   and write what is printed into their blocks of output
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import difflib
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GUIDES = (ROOT / "docs" / "tutorial", ROOT / "docs" / "how-to")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(
    r"(\$ |placewise |pip install |python3? |sacct |squeue |scontrol |kubectl |sbatch |import placewise)"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what its fence says, its text, and where that begins: its line, and its span in the page."""

    info: str
    text: str
    line: int
    span: tuple[int, int]

    @property
    def runs(self) -> bool:
        """Whether the block is run."""
        return self.info in ("sh", "python")


@dataclass(frozen=True, slots=True)
class Printed:
    """A block that ran: what it printed, and the block of output that follows it, if one does."""

    block: Block
    text: str
    shown: Block | None


class PageError(Exception):
    """A page whose commands fail, or whose fences say nothing that is known."""


def pages() -> list[Path]:
    """All pages whose commands run, by name."""
    return sorted(page for folder in GUIDES for page in folder.rglob("*.md"))


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(found["info"], found["text"], markdown.count("\n", 0, found.start("text")) + 1, found.span("text"))
        for found in _FENCE.finditer(markdown)
    ]


def elsewhere(markdown: str) -> int:
    """How many blocks of a page say that they cannot run here."""
    return sum(block.info in ("sh elsewhere", "python elsewhere") for block in blocks(markdown))


def strays(markdown: str) -> list[str]:
    """Commands that stand in no block that says whether it runs: in other fences, or indented."""
    outside = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), markdown).splitlines()
    found = [line.strip() for line in outside if line.startswith("    ") and _COMMAND.match(line.strip())]
    for block in blocks(markdown):
        if block.info.split(" ")[0] not in ("sh", "python") and block.info not in ("text output", "text usage"):
            found += [line for line in block.text.splitlines() if _COMMAND.match(line)]
    return found


def environment(scratch: Path) -> dict[str, str]:
    """An environment in which placewise, python, pip and dask are those of this Python; `scratch` has all that is kept.

    What pip installs is for that environment alone. Ports that a page does not name are free ones.
    """
    programs, site = scratch / "bin", scratch / "site"
    programs.mkdir(parents=True, exist_ok=True)
    python = shlex.quote(sys.executable)
    base = shlex.quote(getattr(sys, "_base_executable", sys.executable))
    commands = {
        "placewise": f'{python} -c "from placewise.cli import main; main()" "$@"',
        "python": f'{python} "$@"',
        "dask": f'{python} -m dask "$@"',
        # The packages that pages install are their own, need nothing but what is there, and nothing from a network.
        "pip": f'{base} -m pip -q --disable-pip-version-check --python {python} "$@" '
        f"--no-index --no-deps --no-build-isolation --target {shlex.quote(str(site))}",
    }
    for name, command in commands.items():
        path = programs / name
        path.write_text(f"#!/bin/sh\nexec {command}\n")
        path.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONUNBUFFERED": "1",  # output and notes in the order in which a terminal shows them
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PLACEWISE_CACHE": str(scratch / "cache"),
        "PLACEWISE_SERVE_LISTEN": f"127.0.0.1:{port}",
        "PLACEWISE_SERVER": f"127.0.0.1:{port}",
        "PLACEWISE_SERVE_HTTP": "127.0.0.1:0",
        "XDG_CONFIG_HOME": str(scratch / "config"),
        "GIT_AUTHOR_NAME": "reader",
        "GIT_AUTHOR_EMAIL": "reader@example.org",
        "GIT_COMMITTER_NAME": "reader",
        "GIT_COMMITTER_EMAIL": "reader@example.org",
        "XDG_DATA_HOME": str(scratch / "data"),
    }
    return {name: value for name, value in os.environ.items() if name != "PLACEWISE_DATA"} | own


def run(page: Path, folder: Path, scratch: Path) -> list[Printed]:
    """Run a page in a folder, which gets the `docs` that pages look at, and return what each block printed.

    Raises PageError for a page that fails.
    """
    found = blocks(page.read_text(encoding="utf-8"))
    followed = list(zip(found, [*found[1:], None], strict=False))
    orphans = [block.line for block, after in followed if after and after.info == "text output" and not block.runs]
    if orphans:
        raise PageError(f"{page}: output without a command before it, after line {orphans[0]}")
    (folder / "docs").symlink_to(ROOT / "docs")
    printed = scratch / "printed"
    printed.mkdir(parents=True)
    script = ["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, block in enumerate(found):
        if block.runs:
            command = block.text
            if block.info == "python":
                program = printed / f"{number}.py"
                program.write_text(block.text, encoding="utf-8")
                command = f"python -W error {shlex.quote(str(program))}\n"
            script.append(f"{{\n{command}}} >{shlex.quote(str(printed / str(number)))} 2>&1")
    done = subprocess.run(  # noqa: S603
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", "\n".join(script)],  # noqa: S607
        cwd=folder,
        env=environment(scratch),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    ran = [number for number in range(len(found)) if (printed / str(number)).exists()]
    if done.returncode or done.stdout or done.stderr:
        last = found[ran[-1]] if ran else found[0]
        said = (printed / str(ran[-1])).read_text(errors="replace") if ran else ""
        raise PageError(f"{page}:{last.line}: exit code {done.returncode}\n{done.stdout}{done.stderr}{said}")
    return [
        Printed(block, (printed / str(number)).read_text(), after if after and after.info == "text output" else None)
        for number, (block, after) in enumerate(followed)
        if block.runs
    ]


def plain(text: str) -> list[str]:
    """The lines of a text without blanks at their ends, and with plain blanks for those that keep words together."""
    return [line.rstrip() for line in text.translate({0xA0: " ", 0x202F: " "}).splitlines()]


def agrees(printed: str, shown: str) -> bool:
    """Whether what was printed is what is shown."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == "..." else r"[^\n]*".join(map(re.escape, line.split("..."))) + r"\n"
        for line in plain(shown)
    )
    return re.fullmatch(pattern, "".join(line + "\n" for line in plain(printed))) is not None


def differences(ran: list[Printed]) -> Iterator[str]:
    """Say where blocks of output are not what was printed."""
    for one in ran:
        if one.shown and not agrees(one.text, one.shown.text):
            lines = difflib.unified_diff(plain(one.shown.text), plain(one.text), "shown", "printed", lineterm="", n=1)
            yield f"line {one.shown.line}:\n" + "\n".join(lines)


def updated(markdown: str, ran: list[Printed]) -> str:
    """The page with what was printed in its blocks of output.

    A shortened block keeps as many lines before its first line `...` and after it.
    """
    for one in reversed(ran):
        if one.shown and not agrees(one.text, one.shown.text):
            lines, shown = [line.rstrip() for line in one.text.splitlines()], one.shown.text.splitlines()
            if "..." in shown:
                head, tail = shown.index("..."), len(shown) - 1 - shown.index("...")
                lines = [*lines[:head], "...", *lines[len(lines) - tail :]]
            begin, end = one.shown.span
            markdown = markdown[:begin] + "".join(line + "\n" for line in lines) + markdown[end:]
    return markdown


def main() -> None:
    """Run the pages that the arguments name; with `--update` write into them what is printed."""
    update = "--update" in sys.argv[1:]
    wrong = 0
    for page in [Path(name).resolve() for name in sys.argv[1:] if name != "--update"]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name, "page")
            folder.mkdir()
            try:
                ran = run(page, folder, Path(name, "scratch"))
            except PageError as error:
                sys.exit(str(error))
        found = list(differences(ran))
        for one in found:
            print(f"{page}, {one}")
        if update and found:
            page.write_text(updated(page.read_text(encoding="utf-8"), ran), encoding="utf-8")
        wrong += len(found)
    sys.exit(1 if wrong and not update else 0)


if __name__ == "__main__":
    main()
