"""Run the three studies of the gallery, and write their pictures, their figures and their pages.

    PLACEWISE_DATA=DATA python docs/gallery/regenerate.py [--work FOLDER] [--only NAME ...]
    python docs/gallery/regenerate.py --pages           (only the pages, from figures.json)

A page is `templates/NAME.md.jinja`, filled with the figures of its study. `figures.json` keeps these under one name
each; the pages show no others, and a test holds them to a run. The pictures are those that Placewise draws, with fewer
colours.
"""

# ruff: noqa: INP001

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

import placewise as pw
from placewise.formats.results.timed_files import read_timed
from placewise.report.words.numbers import amount, number, share

GALLERY = Path(__file__).resolve().parent
ROOT = GALLERY.parents[1]
FIGURES = "figures.json"
INDEX = "index"
LARGEST_PICTURE_BYTES = 150_000
_COLOURS = 64

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GalleryStudy:
    """One page: the commands as the reader types them, the pictures by their names, and how its figures are read.

    pictures : the name here, and where the commands leave it. figures : from the folder in which the commands ran.
    """

    name: str
    commands: str
    pictures: Mapping[str, str]
    figures: Callable[[Path], Figures]


def _document(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _ends(name: str, low: float, high: float) -> Figures:
    return {f"{name}_low": low, f"{name}_high": high}


def _interval(name: str, document: Mapping[str, Any], key: str = "interval") -> Figures:
    found = document[key]
    return {} if found is None else _ends(name, found["low"], found["high"])


def _headline(results: pw.Results, name: str, experiment: str, quantity: str = "success") -> Figures:
    """Return a figure, its interval over jobs, and its range over fleets."""
    found = next(one for one in results.headlines if (one.experiment, one.quantity) == (experiment, quantity))
    over_jobs, over_fleets = found.intervals
    return {
        name: found.value,
        **_ends(name, over_jobs.low, over_jobs.high),
        **_ends(f"{name}_fleets", over_fleets.low, over_fleets.high),
        "over_jobs": over_jobs.over,
        "over_fleets": over_fleets.over,
    }


def reliabuild_figures(work: Path) -> Figures:
    """Return the figures of the study of version ranges."""
    results = pw.read_results(work / "reliabuild")
    smallest = _document(work / "smallest" / "minimal.json")
    held_out = _document(work / "smallest" / "held-out.json")
    values = _document(work / "value" / "value.json")
    count = len(smallest["metadata"])
    figures: Figures = {
        **_headline(results, "without", "none"),
        **_headline(results, "all", "all"),
        "ceiling": results.ceiling,
        "jobs": results["all"].total_jobs,
        "clusters": results["all"].clusters,
        "packages": len(values["subsystems"]),
        "unmatched_all": results["all"].unmatched / results["all"].total_jobs,
        "one_alone": results.single.macro if results.single else None,
        "target": smallest["target"],
        "set_size": count,
        "set_success": smallest["reached"],
        "set_share": smallest["reached"] / smallest["ceiling"],
        "set_proven_at_least": smallest["at_least"],
        "set_names": smallest["metadata"],
        "random_same_size": smallest["random"][1][count],
        "values_sum": values["everything"] - values["nothing"],
        "worth_nothing": sum(abs(one["value"]) < 1e-9 for one in values["subsystems"]),
    }
    for rank, one in enumerate(values["subsystems"][:5], 1):
        figures |= {f"top{rank}_name": one["name"], f"top{rank}": one["value"], f"top{rank}_jobs": one["jobs"]}
        figures |= _ends(f"top{rank}", one["interval"]["low"], one["interval"]["high"])
        figures |= _ends(f"top{rank}_fleets", one["over_fleets"]["low"], one["over_fleets"]["high"])
        figures |= _ends(f"top{rank}_rank", *one["ranks"])
    for one in held_out["sets"]:
        if one["over"] != "none":
            name = f"held_out_{one['over'].replace('-', '_')}"
            shares = one["share"]
            figures |= {
                name: sum(shares) / len(shares),
                f"{name}_size": sum(one["count"]) / len(one["count"]),
                f"{name}_splits": len(shares),
                **_ends(name, min(shares), max(shares)),
            }
    return figures


def outcomes_figures(work: Path) -> Figures:
    """Return the figures of the study of records, and of the study whose truth was learned from them."""
    found = _document(work / "outcomes" / "evidence.json")
    if found["without_model"] is not None:
        sys.exit(f"nothing was learned from the records: {found['without_model']}")
    summary, sample, choice, rules = (found[part] for part in ("summary", "sample", "choice", "rules"))
    best, base = found["levels"][-1], found["baselines"][0]
    figures: Figures = {
        "scikit_learn": importlib.metadata.version("scikit-learn"),  # learned figures differ a little between versions
        "records": summary["records"],
        "succeeded": summary["succeeded"],
        "packages": summary["packages"],
        "sample_records": sample["kept"]["records"],
        "sample_packages": sample["packages"],
        "log_loss": best["log_loss"],
        "log_loss_base": base["log_loss"],
        "choice_jobs": choice["jobs"],
        "choice_ceiling": choice["ceiling"],
        "rules_packages": rules["packages"],
        "accepted_of_succeeded": rules["accepted_of_succeeded"],
        "accepted_of_failed": rules["accepted_of_failed"],
        "rules_auc": rules["auc"],
        "values": [{"name": one["name"], "value": one["value"], **_interval("value", one)} for one in found["values"]],
        "choices": [
            {
                "name": one["name"],
                "success": one["success"],
                **_interval("success", one),
                **_interval("gain", one, "gain"),
            }
            for one in choice["levels"]
        ],
    }
    for one in found["held_out_by"]:
        figures |= {
            f"unseen_{one['hold_out']}s_log_loss": one["everything"]["log_loss"],
            f"unseen_{one['hold_out']}s_base": one["base_rate"]["log_loss"],
        }
    results = pw.read_results(work / "learned" / "results")
    figures |= {
        "study_new": results.truth.new if results.truth else None,
        "study_jobs": results["all"].total_jobs,
        "study_clusters": results["all"].clusters,
        "study_ceiling": results.ceiling,
        **{f"study_{key}": value for key, value in _headline(results, "without", "none").items()},
        **{f"study_{key}": value for key, value in _headline(results, "all", "all").items()},
        **{f"study_{key}": value for key, value in _headline(results, "both", "compiler-and-cmake").items()},
    }
    return figures


def wagap_figures(work: Path) -> Figures:
    """Return the figures of the replayed trace."""
    found = read_timed(work / "wagap")
    figures: Figures = {"jobs": found.results[0].jobs, "weeks": found.comparisons[0].weeks, "scenarios": []}
    paired = {pair.first: pair for pair in found.comparisons}
    without: dict[str, str] = {}  # the scenario without metadata under each policy, which comes first
    held = []
    for one in found.results:
        policy = one.settings.policy
        row: Figures = {
            "policy": policy,
            "level": one.level,
            "success": one.success,
            "wait_min": one.waits.wait_s.mean / 60 if one.waits.wait_s else None,
            "wasted_h": one.work.wasted_processor_s / 3600,
        }
        if without.setdefault(policy, one.name) != one.name:
            pair = paired[one.name]
            if pair.second != without[policy]:
                sys.exit(f"{one.name} is compared with {pair.second}, not with the same policy without metadata")
            wait = next(mean for mean in pair.means if mean.quantity == "wait_s")
            low, high = (wait.interval.low, wait.interval.high) if wait.interval else (-math.inf, math.inf)
            row |= {"wait_less_min": wait.difference / 60, **_ends("wait_less_min", low / 60, high / 60)}
            held.append(low <= 0 <= high)
        figures["scenarios"].append(row)
    figures |= {"differences": len(held), "differences_that_may_be_0": sum(held)}
    figures["values"] = [
        {
            "policy": one.policy,
            "piece": one.piece,
            "jobs": one.jobs,
            "wasted_h": one.wasted_s / 3600,
            **(_ends("wasted_h", *_hours(one.wasted_interval)) if one.wasted_interval else {}),
            "waiting_h": one.waiting_s / 3600,
            **(_ends("waiting_h", *_hours(one.waiting_interval)) if one.waiting_interval else {}),
        }
        for one in found.values
    ]
    easy = [row for row in figures["scenarios"] if row["policy"] == "easy"]
    zegox = next(row for row in figures["values"] if (row["policy"], row["piece"]) == ("easy", "cl_zegox"))
    return figures | {
        "easy_wasted_h": easy[0]["wasted_h"],
        "easy_wasted_with_all_h": easy[-1]["wasted_h"],
        "zegox_share_of_waste": zegox["wasted_h"] / easy[0]["wasted_h"],
    }


def _hours(interval: Any) -> tuple[float, float]:
    return interval.low / 3600, interval.high / 3600


STUDIES = (
    GalleryStudy(
        "reliabuild",
        """\
placewise simulate $PLACEWISE_DATA/reliabuild --workers 2 --out reliabuild
placewise value $PLACEWISE_DATA/reliabuild --out value
placewise minimal $PLACEWISE_DATA/reliabuild --target 0.95 --out smallest
""",
        {
            "reliabuild-trade-off": "reliabuild/img/trade-off.png",
            "reliabuild-smallest-set": "smallest/img/sufficiency.png",
            "reliabuild-value": "value/img/value-ranking.png",
            "reliabuild-held-out": "smallest/img/held-out.png",
        },
        reliabuild_figures,
    ),
    GalleryStudy(
        "spack-outcomes",
        """\
mkdir -p learned
cp docs/gallery/learned-study.toml $PLACEWISE_DATA/outcomes/spack-outcomes.parquet learned
placewise outcomes learned/spack-outcomes.parquet --rules $PLACEWISE_DATA/reliabuild --workers 2 \\
    --save-model learned/spack-model.json --out outcomes
placewise simulate learned/learned-study.toml --workers 2 --out learned/results
""",
        {
            "spack-outcomes-facts": "outcomes/img/fact-values.png",
            "spack-outcomes-reliability": "outcomes/img/reliability.png",
            "spack-outcomes-choice": "outcomes/img/choice-success.png",
            "spack-outcomes-rules": "outcomes/img/rules-against-outcomes.png",
            "spack-outcomes-fleets": "learned/results/img/fleet-spread.png",
        },
        outcomes_figures,
    ),
    GalleryStudy(
        "wagap",
        """\
placewise replay $PLACEWISE_DATA/traces/wagap-2013.swf.gz --retries 2 --fail-after 0.5 --workers 2 \\
    --scenarios docs/examples/wagap-levels.toml --out wagap
""",
        {
            "wagap-scenarios": "wagap/img/replay-scenarios.png",
            "wagap-differences": "wagap/img/replay-differences.png",
            "wagap-values": "wagap/img/replay-values.png",
        },
        wagap_figures,
    ),
)


def run(study: GalleryStudy, work: Path) -> Figures:
    """Run the commands of a study in a folder, and return its figures, to six digits."""
    if not (work / "docs").exists():
        (work / "docs").symlink_to(ROOT / "docs")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PLACEWISE_DATA": str(Path(os.environ["PLACEWISE_DATA"]).resolve()),
    }
    script = f"IFS=''\n{study.commands}"  # so that a folder's name may have spaces
    ended = subprocess.run(["bash", "-euc", script], cwd=work, env=environment, check=False)  # noqa: S603, S607, ours
    if ended.returncode:
        sys.exit(f"the study {study.name} ended with {ended.returncode}; nothing was written")
    return rounded(study.figures(work))


def rounded(value: Any) -> Any:
    """Return figures with six significant digits, so that a sum in another order changes nothing."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def shrink(source: Path, target: Path) -> None:
    """Write a picture with few colours. Raises SystemExit for one that is still too large for a page."""
    with Image.open(source) as picture:
        picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    if target.stat().st_size > LARGEST_PICTURE_BYTES:
        sys.exit(f"{target.name} has {target.stat().st_size:,} bytes, above {LARGEST_PICTURE_BYTES:,}")


def percent(value: float, digits: int = 3) -> str:
    """Write a share in percent. Raises TypeError for none: a page has no gaps."""
    if value is None:
        raise TypeError("a share that is on a page is not known")
    return share(value, digits).replace("\u202f", " ")


def signed(value: float, digits: int = 3) -> str:
    """Write an amount with its sign."""
    text = amount(abs(value), digits)
    return text if value == 0 else f"{'+' if value > 0 else '-'}{text}"


def points(value: float) -> str:
    """Write a change of a share in percentage points, with its sign."""
    return signed(100 * value)


def pages(figures: Mapping[str, Figures]) -> dict[str, str]:
    """Return the text of each page, by its name, filled with the figures; a study without figures has no page."""
    environment = Environment(
        loader=FileSystemLoader(GALLERY / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701, Markdown
    )
    environment.filters.update(percent=percent, signed=signed, points=points, number=number)
    found = {INDEX: environment.get_template(f"{INDEX}.md.jinja").render(figures=figures)}
    for study in STUDIES:
        if study.name in figures:
            commands = study.commands.strip().replace("\n", "\n    ")
            text = environment.get_template(f"{study.name}.md.jinja")
            found[study.name] = text.render(figures[study.name], commands=commands)
    return found


def write_pages(figures: Mapping[str, Figures]) -> None:
    """Write the pages beside this file."""
    for name, text in pages(figures).items():
        (GALLERY / f"{name}.md").write_text(text, encoding="utf-8")


def read_figures() -> dict[str, Figures]:
    """Return the figures as they are kept."""
    path = GALLERY / FIGURES
    found: dict[str, Figures] = _document(path) if path.exists() else {}
    return found


def regenerate(names: Iterable[str], work: Path) -> None:
    """Run the studies named; when all have ended well, write what they give."""
    studies = [study for study in STUDIES if study.name in names]
    figures = read_figures() | {study.name: run(study, work) for study in studies}
    for study in studies:
        for name, source in study.pictures.items():
            shrink(work / source, GALLERY / f"{name}.png")
    text = json.dumps(figures, indent=1, sort_keys=True)
    (GALLERY / FIGURES).write_text(f"{text}\n", encoding="utf-8")
    write_pages(figures)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="an empty folder to run in; else one that is removed")
    parser.add_argument("--only", nargs="+", choices=[study.name for study in STUDIES], help="run only these studies")
    parser.add_argument("--pages", action="store_true", help="run nothing: write the pages from figures.json")
    options = parser.parse_args()
    if options.pages:
        write_pages(read_figures())
        return
    if not ("PLACEWISE_DATA" in os.environ and Path(os.environ["PLACEWISE_DATA"], "reliabuild").is_dir()):
        sys.exit("set PLACEWISE_DATA to the folder of the public data")
    names = options.only or [study.name for study in STUDIES]
    if options.work is None:
        with tempfile.TemporaryDirectory() as folder:
            regenerate(names, Path(folder))
        return
    options.work.mkdir(parents=True, exist_ok=True)
    if any(options.work.iterdir()):
        sys.exit(f"{options.work} is not empty")
    regenerate(names, options.work.resolve())


if __name__ == "__main__":
    main()
