"""Traces as strangers and broken disks leave them: each is read, or refused with one error, in time."""

from __future__ import annotations

import gzip
import json
import time
from random import Random

import pytest

from placewise.errors import InputError
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.parquet_trace import write_parquet_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.formats.traces.swf.reading import read_swf
from placewise.model.traces.trace_cleaning import clean
from placewise.report.data.replays.trace import trace_document, trace_facts

MOST_S = 5.0
SWF = "; Computer: x\n; MaxProcs: 64\n" + "".join(
    f"{n} {n * 9} 5 60 4 -1 -1 8 100 1024 1 3 2 -1 7 -1 -1 -1\n" for n in range(9)
)
ALEA = "".join(
    f"{n} {n} 3 60 1 1 9 1 100 999 1 7 1 1 -1 1 1 1 {{1,{n}}} q_1d 1:ppn=2:cl_a:^b.c+2#excl\n" for n in range(9)
)
SACCT = (
    "JobIDRaw|User|Submit|Start|End|ElapsedRaw|Timelimit|AllocCPUS|ReqMem|State|Constraints\n"
    "1|a|2026-03-01T10:00:00|2026-03-01T10:01:00|Unknown|60|1-00:00:00|8|4Gc|COMPLETED|a&b\n"
    "2_3|b|2026-03-01T10:00:00|2026-03-01T10:01:00|2026-03-01T10:02:00|60|UNLIMITED|8|4Gn|CANCELLED by 1|\n"
)
JSON = json.dumps(
    {
        "jobs": [
            {
                "job_id": 1,
                "user": "a",
                "state": {"current": ["FAILED"]},
                "time": {"submission": 1, "start": 2, "end": 9, "elapsed": 7, "limit": {"set": True, "number": 9}},
                "tres": {"requested": [{"type": "mem", "count": 9}, {"type": "gres", "name": "gpu", "count": 1}]},
                "required": {"CPUs": 2},
            }
        ]
    }
)
OPENB = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
    "p0,6500,512,1,460,T4|G2,LS,Running,10,100,20\np1,4000,512,0,0,,BE,Failed,5,105,5\n"
)
WORDS = [
    b"NaN",
    b"-1",
    b"1" * 31,
    b"inf",
    b"\x00",
    b"\xff\xfe",
    b"|",
    b";",
    b"{",
    b"}",
    b"\r\n",
    b",",
    b'"',
    b"#",
    b"+",
    b"1e300",
    b"x" * 999,
]


def mutated(content: bytes, random: Random) -> bytes:
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(content) + 1)
        match random.randint(0, 5):
            case 0:
                content = content[:at] + random.choice(WORDS) + content[at + random.randint(0, 4) :]
            case 1:
                content = content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]
            case 2:
                content = content[:at]
            case 3:
                content = content[:at] + content[at + random.randint(1, 30) :]
            case 4:
                other = random.randrange(len(content) + 1)
                content = content[:at] + content[other : other + 40] + content[at:]
            case _:
                lines = content.split(b"\n")
                random.shuffle(lines)
                content = b"\n".join(lines)
    return content


def kinds(folder):
    write_parquet_trace(folder / "whole.parquet", [read_swf(SWF.encode(), "a")])
    texts = {"swf": SWF, "alea": ALEA, "sacct": SACCT, "json": JSON, "openb": OPENB}
    found = {name: text.encode() for name, text in texts.items()}
    return {**found, "gzip": gzip.compress(SWF.encode()), "parquet": (folder / "whole.parquet").read_bytes()}


def hold(folder, rounds, seed):
    random = Random(seed)
    path = folder / "a.trace"
    read = dict.fromkeys(kinds(folder), 0)
    for name, content in kinds(folder).items():
        for number in range(rounds):
            path.write_bytes(mutated(content, random) if number else content)
            began = time.process_time()
            try:
                trace = read_trace(path)
                read[name] += 1
            except InputError as error:
                assert len(str(error)) < 2000, error
                continue
            finally:
                assert time.process_time() - began < MOST_S
            for cleaning in ("none", "strict"):
                json.dumps(trace_document(trace_facts(clean(trace, cleaning))), allow_nan=False)
            if trace.machines:
                fleet_of_trace(trace)
            write_parquet_trace(folder / "again.parquet", [trace])
            assert len(read_trace(folder / "again.parquet")) == len(trace)
    return read


def test_each_mutation_is_read_or_refused(tmp_path):
    read = hold(tmp_path, 60, 0)
    assert all(read.values()), read


@pytest.mark.slow
def test_many_mutations_are_read_or_refused(tmp_path):
    for seed in range(1, 6):
        hold(tmp_path, 300, seed)
