"""Files of other tools as strangers may write them: each is read or refused in time, and what is read reads back."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import fuzzing_documents
import job_documents
import slurm_documents as site_as
import spack_documents as spack
from fuzzing_documents import Found, _Fuzz

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.formats.fleets.imports.kinds import KINDS, import_given, kind_of
from placewise.formats.given import Given
from placewise.formats.jobs.imports.kinds import import_job
from placewise.formats.jobs.jobspec import jobspec_document, parse_jobspec
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.service.guard.own_process import peak_bytes

MOST_BYTES = 2 << 30
SITE = [
    {
        **dict.fromkeys(("sockets", "threads"), 2),
        "name": f"n{number}",
        "cores": 8,
        "cpus": 32,
        "memory": 1000,
        "disk": 0,
        "gres": gres,
        "features": ["ib"],
        "state": ("IDLE",),
        "partitions": ["batch", "debug"],
    }
    for number, gres in enumerate(("gpu:a100:4(S:0-1)", "gpu:4,nic:1", ""))
]
KUBERNETES_NODE = {
    "kind": "Node",
    "apiVersion": "v1",
    "metadata": {
        "name": "k1",
        "labels": {"kubernetes.io/hostname": "k1", "nvidia.com/gpu.product": "A100", "zone": "a"},
    },
    "spec": {"taints": [{"key": "gpu", "value": "x", "effect": "NoSchedule"}], "unschedulable": False},
    "status": {
        "allocatable": {"cpu": "3920m", "memory": "16Gi", "nvidia.com/gpu": "2", "pods": "110", "x.org/nic": "1"},
        "conditions": [{"type": "Ready", "status": "True"}],
        "nodeInfo": {"architecture": "amd64", "kernelVersion": "5.1", "containerRuntimeVersion": "containerd://1.7"},
    },
}
NODE_FEATURE = {
    "kind": "NodeFeature",
    "apiVersion": "nfd.k8s-sigs.io/v1alpha1",
    "metadata": {"name": "k1"},
    "spec": {
        "features": {
            "attributes": {"kernel.version": {"elements": {"major": "6"}}},
            "flags": {"cpu.cpuid": {"elements": {"AVX": {}}}},
            "instances": {"pci.device": {"elements": [{"attributes": {"vendor": "10de"}}]}},
        },
        "labels": {"a": "b"},
    },
}
RULE = {
    "kind": "NodeFeatureRule",
    "apiVersion": "nfd.k8s-sigs.io/v1alpha1",
    "spec": {"rules": [{"name": "r", "labels": {"x": "@kernel.version.major"}, "matchFeatures": [{"feature": "a.b"}]}]},
}
APPLIED = {
    "kind": "NodeFeatureRule",
    "apiVersion": "nfd.k8s-sigs.io/v1alpha1",
    "spec": {
        "rules": [
            {
                "name": "a",
                "labels": {"x.org/y": "@kernel.version.major"},
                "vars": {"v": "1"},
                "extendedResources": {"x.org/n": "@kernel.version.major"},
                "taints": [{"key": "x.org/t", "value": "v", "effect": "NoSchedule"}],
                "matchFeatures": [
                    {"feature": "kernel.version", "matchExpressions": {"major": {"op": "Gt", "value": ["5"]}}},
                    {"feature": "cpu.cpuid", "matchName": {"op": "InRegexp", "value": ["^AVX[0-9]*$"]}},
                ],
            },
            {
                "labels": {"z": "true"},
                "labelsTemplate": "{{ x }}",
                "matchAny": [
                    {"matchFeatures": [{"feature": "rule.matched", "matchExpressions": {"v": {"op": "Exists"}}}]},
                    {"matchFeatures": [{"feature": "pci.device", "matchExpressions": {"vendor": ["10de"]}}]},
                ],
            },
        ]
    },
}
PBS = {
    "pbs_version": "23",
    "pbs_server": "s",
    "nodes": {
        "p1": {
            "state": "free,busy",
            "resources_available": {
                "ncpus": 4,
                "mem": "8gb",
                "ngpus": 1,
                "arch": "linux",
                "host": "p1",
                "fast": "True",
            },
            "queue": "q",
        }
    },
}
ADS = """Machine = "c1"
MyType = "Machine"
Cpus = 4
Memory = 2000
Start = (Owner == "x") && time() > 3
has_avx = true
Text = "a \\"quoted\\" one"

Machine = "c1"
MyType = "Machine"
Cpus = 4
Memory = 2000
"""
ADS_JSON = [
    {"Machine": "c1", "MyType": "Machine", "Cpus": 4, "Memory": 2000, "Start": "\\/Expr(time() > 3)\\/", "L": [1]}
]
INSTANCE = {
    "InstanceType": "x1.large",
    "VCpuInfo": {"DefaultCores": 1, "DefaultVCpus": 2},
    "MemoryInfo": {"SizeInMiB": 4096},
    "GpuInfo": {"Gpus": [{"Count": 1, "Name": "T4", "Manufacturer": "NVIDIA", "MemoryInfo": {"SizeInMiB": 16384}}]},
    "ProcessorInfo": {"SupportedArchitectures": ["x86_64"], "Manufacturer": "Intel"},
    "NetworkInfo": {"EfaSupported": True, "NetworkPerformance": "Up to 10 Gigabit"},
}
R = {
    "version": 1,
    "execution": {
        "R_lite": [{"rank": "0-3", "children": {"core": "0-7", "gpu": "0"}}],
        "nodelist": ["f[0-3]"],
        "properties": {"batch": "0-1"},
    },
}
SAMPLES: dict[str, list[Any]] = {
    "slurm": [
        site_as.old_json(SITE),
        site_as.new_json(SITE, "v0.0.43", site_as.wrapped),
        site_as.grouped(SITE, site_as.plain),
        site_as.text(SITE) + site_as.partitions_text(SITE),
        site_as.columns(SITE),
        "\x1e28\x1fo1\x1fa,b\n\x1e28\x1fo2\x1fa\n",
    ],
    "flux": [R, fuzzing_documents.CONTAINMENT],
    "kubernetes": [
        {"kind": "List", "items": [KUBERNETES_NODE, NODE_FEATURE, RULE]},
        {"kind": "List", "items": [NODE_FEATURE, APPLIED]},
        KUBERNETES_NODE,
        NODE_FEATURE,
    ],
    "pbs": [PBS],
    "condor": [ADS, ADS_JSON],
    "spack": [spack.PACKAGES, spack.COMPILERS, spack.LOCKFILE, spack.NODES, spack.INDEX],
    "aws": [{"InstanceTypes": [INSTANCE]}, {"x1.large": INSTANCE}],
}
ANY_JOB = parse_jobspec(fuzzing_documents.JOBSPECS[1], "job")
JOBS: list[Any] = [
    job_documents.SBATCH,
    job_documents.PBS,
    job_documents.POD_JOB,
    job_documents.IMAGE,
    job_documents.COMPSPEC,
]
_STARTED: list[str] = []
_RUNS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "ctypes.dlopen")


def fuzz_imports(seconds: float, seed: int = 0, most: int | None = None) -> Found:
    """Read changed files of every kind for a while, or so many."""
    folder = Path(tempfile.mkdtemp())
    try:
        fuzz = _ImportFuzz(Random(seed), folder)
        sys.addaudithook(lambda event, _: _STARTED.append(event) if event in _RUNS and fuzz.reading else None)
        found = fuzz.run(seconds, most)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if _STARTED:
        found.failures.append(f"something was run: {_STARTED[:3]}")
    if (peak_bytes() or 0) > MOST_BYTES:
        found.failures.append("too much memory was used")
    return found


class _ImportFuzz(_Fuzz):
    def __init__(self, random: Random, folder: Path) -> None:
        super().__init__(random)
        self.reading = False
        self._folder = folder
        self._kinds = {kind: lambda kind=kind: self._import(kind) for kind in SAMPLES}
        self._kinds["jobs"] = self._jobs

    def _given(self, samples: list[Any]) -> Given:
        sample = self._random.choice(samples)
        if isinstance(sample, str):
            text = self._mutated_text(sample)
        elif self._random.random() < 0.3:
            text = self._mutated_text(self._dumped(sample))
        else:
            text = json.dumps(self._mutated(sample))
        return Given(Path("file.txt"), text.encode(errors="replace"))

    def _jobs(self) -> None:
        given = self._given(JOBS)
        self.reading = True
        try:
            found = import_job(given)
        finally:
            self.reading = False
        for one in found:
            jobspec_document(one.job, "nextgen")

    def _import(self, kind: str) -> None:
        given = self._given(SAMPLES[kind])
        asked = ImportSettings(
            self._random.choice(["", "site"]), by_partition=kind == "slurm" and self._random.random() < 0.2
        )
        self.reading = True
        try:
            imported = import_given(kind, [given], asked)
        finally:
            self.reading = False
        index = FleetIndex(imported.fleet())
        match(index, ANY_JOB)
        why_not(index, with_limits(ANY_JOB, index.vocabulary))
        kind_of(given.text(), text=True)
        if self._random.random() < 0.1:
            self._round_trip(kind, imported)

    def _round_trip(self, kind: str, imported: Any) -> None:
        out = self._folder / "fleet"
        shutil.rmtree(out, ignore_errors=True)
        try:
            write_import(imported, kind, out)
        except InputError:
            return
        again = read_fleet(out)
        if sorted(again.clusters, key=lambda one: one.name) != list(imported.clusters):
            raise AssertionError("what was written reads back as other clusters")
        if again.vocabulary != imported.vocabulary:
            raise AssertionError("what was written reads back in another vocabulary")
        if {one.what for one in write_import(imported, kind, out)} != {"unchanged"}:
            raise AssertionError("the same import again changes something")


def every_kind_has_samples() -> bool:
    """Whether files of each kind are tried."""
    return KINDS.keys() <= SAMPLES.keys()
