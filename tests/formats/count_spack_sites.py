"""Count what packages.yaml and compilers.yaml of a folder list, by nothing but a reader of YAML: see the test."""

import sys
from pathlib import Path

import yaml


def externals_and_compilers(folder):
    sections = [yaml.safe_load(path.read_text()) for path in sorted(Path(folder).glob("*.yaml"))]
    packages = [(name.rstrip(":"), said) for one in sections for name, said in one.get("packages", {}).items()]
    externals = [(name, entry["spec"]) for name, said in packages for entry in said.get("externals", ())]
    return externals, [entry for one in sections for entry in one.get("compilers", one.get("compilers:", ()))]


if __name__ == "__main__":
    found, listed = externals_and_compilers(sys.argv[1])
    sys.stdout.write(
        f"{len(found)} externals of {len({name for name, _ in found})} packages, {len(listed)} compilers\n"
    )
