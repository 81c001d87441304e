"""Fail unless a wheel holds what the code needs beside the code: profiles, study, the marker of types, the pages.

wheel_contents.py WHEEL
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import sys
import zipfile

NEEDED = (
    "placewise/py.typed",
    "placewise/formats/data/reliabuild-profile.json",
    "placewise/formats/data/spack-build-profile.json",
    "placewise/formats/data/spack-build-study.toml",
    "placewise/report/page/templates/models.html.j2",
    "placewise/report/page/templates/report.html.j2",
)


def main() -> None:
    """Look each file up, and look for what no wheel should hold."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        names = set(wheel.namelist())
    missing = [name for name in NEEDED if name not in names]
    stray = [name for name in names if not name.startswith("placewise")]
    if missing or stray:
        sys.exit(f"the wheel lacks {missing} and holds {stray}")
    print(f"{len(names)} files, {', '.join(NEEDED)} among them")


if __name__ == "__main__":
    main()
