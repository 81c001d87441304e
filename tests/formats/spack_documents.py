"""Small files of Spack's, and the import of files that are made in a test."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.given import Given

PACKAGES = """
packages:
  all:
    target: [core2]
    compiler:: [gcc@12.2.0]
    providers:
      mpi:: [cray-mpich@8.1.25]
  mpi:
    buildable: false
  cray-mpich:
    externals:
    - spec: cray-mpich@8.1.25%gcc@12.2.0 +wrappers
      modules: [cray-mpich/8.1.25, libfabric]
  git:
    externals:
    - {spec: git@2.41.0+tcltk, prefix: /opt/git}
    - {spec: git@2.35.3, prefix: /usr}
  llvm:
    buildable: False
    externals:
    - spec: llvm@17.0.6 target=zen2
      prefix: /opt/llvm
      extra_attributes:
        compilers: {c: /opt/llvm/bin/clang, cxx: /opt/llvm/bin/clang++}
"""
COMPILERS = """
compilers::
- compiler:
    spec: gcc@=12.2.0
    paths: {cc: /usr/bin/gcc, cxx: /usr/bin/g++, f77: null, fc: null}
    operating_system: sles15
    target: x86_64
    modules: [gcc/12.2.0]
    flags: {}
"""


def node(name, version, digest, *, virtuals=(), needs=(), **variants):
    """Return a node as lockfiles of version 5 and Spack 1 have it, where the compiler is a dependency."""
    return {
        "name": name,
        "version": version,
        "arch": {"platform": "linux", "platform_os": "rhel8", "target": {"name": "zen2", "vendor": "AuthenticAMD"}},
        "namespace": "builtin",
        "parameters": {**variants, "cflags": []},
        "dependencies": [
            {"name": one, "hash": other, "parameters": {"deptypes": ["build"], "virtuals": list(provides)}}
            for one, other, provides in needs
        ],
        "hash": digest,
    }


NODES = [
    node("gcc", "12.2.0", "aaa", languages=["c", "c++"]),
    node("mvapich-of-ours", "3.0", "bbb", needs=[("gcc", "aaa", ("c", "cxx"))], fabrics=["ucx", "verbs"]),
    node(
        "hdf5",
        "1.14.3",
        "ccc",
        needs=[("gcc", "aaa", ("c",)), ("mvapich-of-ours", "bbb", ("mpi",))],
        mpi=True,
        api="v18",
    ),
]
LOCKFILE = {
    "_meta": {"file-type": "spack-lockfile", "lockfile-version": 5, "specfile-version": 4},
    "roots": [{"hash": "ccc", "spec": "hdf5"}],
    "concrete_specs": {one["hash"]: one for one in NODES},
}
INDEX = {
    "database": {
        "version": "7",
        "installs": {
            **{one["hash"]: {"spec": one, "installed": False, "in_buildcache": True} for one in NODES},
            "ddd": {"spec": node("zlib", "1.3", "ddd"), "installed": False, "in_buildcache": False},
        },
    }
}


def text_of(document):
    return document if isinstance(document, str) else json.dumps(document)


def imported(*, compiler="", name="", **files):
    """Return the import of files by name, `__` in place of a point: ``here__packages__yaml``."""
    return import_texts({key.replace("__", "."): said for key, said in files.items()}, compiler=compiler, name=name)


def import_texts(files, *, compiler="", name=""):
    given = [Given(Path(key), text_of(said).encode()) for key, said in files.items()]
    return import_given("spack", given, ImportSettings(name=name, compiler=compiler))


def vertices(found, subsystem, cluster=0):
    """Return the fields of each vertex of a subsystem of a cluster."""
    cluster = found.clusters[cluster] if isinstance(cluster, int) else {c.name: c for c in found.clusters}[cluster]
    return [dict(v.properties) for one in cluster.subsystems if one.name == subsystem for v in one.vertices]


def dropped(found, what):
    """Return the places of what was dropped, with the reason of each."""
    return {place: one.why for one in found.dropped if one.what == what for place in one.places}


def as_yaml(document):
    return yaml.safe_dump(document)
