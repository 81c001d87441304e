"""`explain --queue` says when a job would start."""

import json

SQUEUE = """JOBID|PARTITION|STATE|CPUS|START_TIME|TIME|TIME_LIMIT|SUBMIT_TIME|PRIORITY|REASON|FEATURES
1|batch|RUNNING|3|2026-01-01T00:00:00|1:00:00|2:00:00|2026-01-01T00:00:00|1|None|(null)
2|batch|PENDING|4|N/A|0:00|1:00:00|2026-01-01T00:30:00|1|Resources|(null)
"""


def test_on_the_command_line(placewise, tmp_path):
    queue, job = tmp_path / "squeue.txt", tmp_path / "job.json"
    queue.write_text(SQUEUE)
    fleet = tmp_path / "fleet"
    (fleet / "small").mkdir(parents=True)
    graph = {
        "nodes": [
            {"id": "0", "metadata": {"type": "cluster"}},
            {"id": "1", "metadata": {"type": "node"}},
            *({"id": str(2 + core), "metadata": {"type": "core"}} for core in range(4)),
        ],
        "edges": [{"source": "0", "target": "1"}, *({"source": "1", "target": str(2 + core)} for core in range(4))],
    }
    (fleet / "small" / "nodes.json").write_text(json.dumps({"graph": graph}))
    resources = [{"type": "slot", "count": 1, "label": "x", "with": [{"type": "core", "count": 2}]}]
    tasks = [{"command": ["x"], "slot": "x", "count": {"per_slot": 1}}]
    spec = {"version": 1, "resources": resources, "tasks": tasks, "attributes": {"system": {"duration": 600}}}
    job.write_text(json.dumps(spec))
    asked = ("explain", job, "--fleet", fleet, "--queue", queue)
    ran = placewise(*asked, "--policy", "fcfs", "--json")
    assert ran.code == 0, ran.err
    answer = json.loads(ran.out)["starts"]
    assert answer["now_s"] == 1767229200
    assert [(one["wait_s"], one["is_bound"]) for one in answer["clusters"]] == [(7200, True)]
    printed = placewise(*asked, "--processors", "1").out
    assert "if no job is submitted later" in printed
    assert " now " in printed
    assert placewise(*asked, "--policy", "best").code == 2
    assert placewise(*asked, "--limit", "soon").code == 2
    assert placewise("explain", job, "--fleet", fleet, "--policy", "fcfs").code == 2
    assert placewise("explain", job, "--fleet", fleet, "--queue", job).code == 2
