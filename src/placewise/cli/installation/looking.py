"""What works in this installation: libraries, extras, compiled kernels, folders and figures."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import placewise

State: TypeAlias = Literal["ok", "absent", "warning", "broken"]

ENABLES = {
    "fast": "compiled kernels for matching and replay",
    "dask": "runs on Dask workers (--dask)",
    "docs": "builds the site (.ci/docs_site.py)",
    "learn": "boosted models (fit --boosted, outcomes)",
    "service": "serve, agent, submit and the other commands of the service",
    "kubernetes": "nominate, for Kueue",
    "postgres": "PostgreSQL as the service's database",
    "tracing": "OpenTelemetry traces of the service (serve --tracing)",
    "peers": "other tools in bench",
}
"""What each extra is for; an extra for developers is none of them."""

_REQUIRED = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?>=(?P<least>[\w.]+)(; extra == '(?P<extra>\w+)')?")
_MODULES = {  # where the name of the module is not that of the distribution
    "grpcio": "grpc",
    "grpcio-health-checking": "grpc_health.v1.health",
    "grpcio-reflection": "grpc_reflection.v1alpha.reflection",
    "htcondor": "htcondor2",
    "opentelemetry-exporter-otlp-proto-grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
    "opentelemetry-instrumentation-grpc": "opentelemetry.instrumentation.grpc",
    "opentelemetry-sdk": "opentelemetry.sdk.trace",
    "protobuf": "google.protobuf",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What was found of one part. about : the part. text : what was found, in a sentence without its dot."""

    about: str
    state: State
    text: str


def looks() -> Iterator[Look]:
    """Look at each part in turn; what fails is a finding and no error."""
    yield Look("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Look("placewise", "ok", placewise.__version__)
    try:
        required = importlib.metadata.requires("placewise") or []
    except importlib.metadata.PackageNotFoundError:
        yield Look("libraries", "warning", "not checked: Placewise runs from a folder, without being installed")
        required = []
    found = [match for match in map(_REQUIRED.fullmatch, required) if match]
    for match in found:
        if match["extra"] is None:
            yield _library(match["name"], match["least"], needed=True)
    for extra, enables in ENABLES.items():
        yield from _extra(extra, enables, [(one["name"], one["least"]) for one in found if one["extra"] == extra])
    yield _kernels()
    yield _tried("figures", _drawn)
    yield _cache()
    yield _working_folder()


def _library(name: str, least: str, *, needed: bool) -> Look:
    """Look whether a library is there, is new enough and can be imported."""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Look(name, "broken" if needed else "absent", "not installed")
    if _numbers(version) < _numbers(least):
        return Look(name, "broken", f"{version} is older than {least}")
    return _tried(name, lambda: _imported(name, version))


def _imported(name: str, version: str) -> str:
    with warnings.catch_warnings():
        # What a library warns of where it is not configured does not break it.
        warnings.simplefilter("ignore")
        importlib.import_module(_MODULES.get(name.lower(), name.lower().replace("-", "_")))
    return version


def _extra(extra: str, enables: str, libraries: list[tuple[str, str]]) -> Iterator[Look]:
    """Look at the libraries of an extra: a line for the extra, and one for each library that does not work."""
    about = f"extra {extra}"
    found = [_library(name, least, needed=False) for name, least in libraries]
    broken = [one for one in found if one.state == "broken"]
    absent = [one.about for one in found if one.state == "absent"]
    if absent or not found:
        missing = f", without {', '.join(absent)}" if len(absent) < len(found) else ""
        yield Look(about, "absent", f"not installed{missing}: {enables}; pip install 'placewise[{extra}]'")
    elif not broken:
        yield Look(about, "ok", f"installed: {enables}")
    yield from (Look(f"{about}, {one.about}", "broken", one.text) for one in broken)


def _kernels() -> Look:
    """Look whether compiled kernels count as those of NumPy do."""
    if importlib.util.find_spec("numba") is None:
        return Look("kernels", "ok", "numpy; the extra fast adds compiled ones")
    return _tried("kernels", _compared)


def _compared() -> str:
    import numpy as np

    from placewise.matching.bits.kernels import load_kernels
    from placewise.matching.bits.rows import Rows

    table = np.array([[0b0111], [0b1101], [0b0010]], dtype=np.uint64)
    rows = Rows(np.array([0, 2, 3, 3]), np.array([0, 1, 2]))
    everything = np.array([0b1111], dtype=np.uint64)
    counts = [load_kernels(name).count(table, rows, everything).tolist() for name in ("numpy", "numba")]
    if counts[0] != counts[1]:
        raise RuntimeError(f"numba counts {counts[1]}, numpy {counts[0]}")
    return "numba compiles, and agrees with numpy"


def _drawn() -> str:
    """Draw a small figure with the fonts of reports."""
    import io

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, findfont

    font = Path(findfont(FontProperties())).stem
    figure = Figure(figsize=(1, 1))
    FigureCanvasAgg(figure)
    figure.text(0.1, 0.5, "95 %")
    figure.savefig(io.BytesIO(), format="png")
    return f"matplotlib {mpl.__version__} draws, in {font}"


def _cache() -> Look:
    from placewise.formats.cache.input_cache import VARIABLE, cache_folder

    folder = cache_folder()
    if folder is None:
        return Look("cache", "ok", f"off, by the variable {VARIABLE}")
    found = _folder("cache", folder)
    try:
        sizes = [one.stat().st_size for one in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        return Look("cache", "warning", f"{folder}: cannot be listed: {error.strerror or error}")
    return Look("cache", found.state, f"{found.text}; {len(sizes)} files, {sum(sizes) / 1e6:,.1f} MB")


def _working_folder() -> Look:
    try:
        folder = Path.cwd()
    except OSError:
        return Look("working folder", "warning", "is gone: change to another folder")
    return _folder("working folder", folder)


def _folder(about: str, folder: Path) -> Look:
    """Look whether files can be made in a folder, or in the one that it would be made in."""
    try:
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Look(about, "warning", f"{folder}: cannot be written to: {error.strerror or error}")
    return Look(about, "ok", f"{folder}: can be written to" + ", not made yet" * (there != folder.absolute()))


def _tried(about: str, act: Callable[[], str]) -> Look:
    try:
        return Look(about, "ok", act())
    except Exception as error:  # noqa: BLE001, libraries that are broken fail with anything
        return Look(about, "broken", " ".join(f"{type(error).__name__}: {error}".split()))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
