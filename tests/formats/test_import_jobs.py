"""Jobs from batch scripts, pods, image compatibilities and artifacts: what is asked for, and what is said not to be."""

import json
from pathlib import Path

import job_documents
import pytest
import yaml
from typer.testing import CliRunner

from placewise.cli.app import app
from placewise.errors import InputError
from placewise.formats.given import Given
from placewise.formats.jobs.imports.kinds import import_job, import_jobs
from placewise.formats.jobs.jobspec import jobspec_document, read_jobspec


def imported(content):
    text = content if isinstance(content, str) else json.dumps(content)
    (found,) = import_job(Given(Path("f.x"), text.encode()))
    jobspec_document(found.job, "nextgen")  # it can be said, and reads back equal
    return found


def shapes(found):
    return [str(one) for group in found.job.groups for one in group.shape]


def required(found):
    return {str(one) for group in found.job.groups for one in group.requirements}


def sbatch(*options):
    return imported("#!/bin/sh\n" + "".join(f"#SBATCH {one}\n" for one in options))


def test_a_script_for_sbatch():
    found = imported(job_documents.SBATCH)
    gib = 64 << 30
    assert found.job.name == "solver"
    assert shapes(found) == [f"2 node with 2 gpu (gpu{{model=a100}}) and 32 core and {gib} B memory"]
    assert {"property{name=ib}", "gres{count>=1, name=nic}"} < required(found)
    assert "property{name=icelake} or property{name=milan}" in required(found)
    assert dict(found.job.attributes) == {"queue": "gpu", "duration": 86400, "exclusive": True, "qos": "high"}
    assert [(place.rpartition("--")[2], "may be a demand" in why) for place, why in found.left_out] == [
        ("mail-type", False),
        ("output", False),
        ("frobnicate", True),
    ]


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (["-n 8"], "8 slot with 1 core"),
        (["-n 8 -c 4 --mem-per-cpu=1G"], f"8 slot with 4 core and {4 << 30} B memory"),
        (["-N 4"], "4 node with 1 core"),
        (["-N 2-4 -n 8"], "2 node with 4 core"),
        (["-N 2", "-n 5"], "2 node with 3 core"),
        (["--ntasks=8", "--ntasks-per-node=4"], "2 node with 4 core"),
        (["--gpus=4 -N 2"], "2 node with 2 gpu and 1 core"),
        (["--gpus-per-node=h100:8 -N 1 -c 64"], "1 node with 8 gpu (gpu{model=h100}) and 64 core"),
        (["--mem=1000"], f"1 slot with 1 core and {1000 << 20} B memory"),
        (["--nodes 3 --mem 2G"], f"3 node with 1 core and {2 << 30} B memory"),
        (["-N 1", "-N 2"], "2 node with 1 core"),  # the last counts
    ],
)
def test_shapes_of_sbatch(options, shape):
    (found,) = shapes(sbatch(*options))
    assert sorted(found.replace(" with ", " and ").split(" and ")) == sorted(
        shape.replace(" with ", " and ").split(" and ")
    )


@pytest.mark.parametrize(
    "option", ["-N x", "-n 0", "--mem=lots", "-t soon", "-C (a", "--gres=a:b:c:d", "-N 1 word", '-J "a', "-w"]
)
def test_options_that_cannot_be_read_name_their_line(option):
    with pytest.raises(InputError, match="line 2|the options"):
        sbatch(option)


def test_a_script_for_qsub():
    found = imported(job_documents.PBS)
    slots = [{part.type: part.count for part in group.shape[0].contents} for group in found.job.groups]
    assert slots == [{"core": 8, "memory": 16 << 30, "gpu": 1}, {"core": 4}]
    assert [group.shape[0].count for group in found.job.groups] == [2, 1]
    (asking,) = [group for group in found.job.groups if group.requirements]
    assert {str(one) for one in asking.requirements} == {"property{name=fast, value=True}"}
    assert dict(found.job.attributes) == {"queue": "long", "duration": 7200, "exclusive": True}
    old = imported("#PBS -l nodes=2:ppn=8:ib\n")
    assert (shapes(old), required(old)) == (["2 node with 8 core"], {"property{name=ib}"})


def test_pods():
    found = imported(job_documents.POD_JOB)
    (group,) = found.job.groups
    (slot,) = group.shape
    assert (slot.count, {one.type: one.count for one in slot.contents}) == (
        4,
        {"core": 3, "gpu": 1, "memory": 16 << 30},
    )
    assert "property{name=zone, value=a}" in required(found)
    (either,) = [one for one in required(found) if " or " in one]
    assert "host{name=k7}" in either
    assert "value in (A100, H100)" in either
    assert "not property{name=old}" in either
    assert "property{name=n, number>=4}" in either
    assert dict(found.job.attributes) == {"tolerations": "gpu"}
    assert not found.left_out


def pod(**spec):
    return imported({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [], **spec}})


def test_tolerations_of_pods():
    tolerations = [
        {"key": "a", "value": "b", "effect": "NoSchedule"},
        {"key": "c", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
        {"operator": "Exists"},
        {"key": "d", "operator": "Lt", "value": "3"},
    ]
    found = pod(tolerations=tolerations)
    assert dict(found.job.attributes) == {"tolerations": "a=b:NoSchedule, c:NoExecute for 300s, *"}
    assert [place for place, _ in found.left_out] == ["tolerations[3]"]
    assert required(pod(nodeName="n7")) == {"host{name=n7}"}
    for wrong in ([{"key": "a", "effect": "Odd"}], [{"key": "a b"}], [{"key": "a", "tolerationSeconds": "x"}], ["a"]):
        with pytest.raises(InputError):
            pod(tolerations=wrong)


def test_alternatives_of_which_one_is_not_understood_are_not_asked():
    known = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    odd = {"matchExpressions": [{"key": "b", "operator": "Near", "values": ["x"]}]}

    def terms(*some):
        needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(some)}}
        return pod(affinity={"nodeAffinity": needed})

    assert required(terms(known)) == {"property{name=a}"}
    assert required(terms(known, {})) == {"property{name=a}"}
    assert required(terms(known, odd)) == set()
    assert "nodeSelectorTerms" in {place for place, _ in terms(known, odd).left_out}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"op": "Gt", "value": ["4"]}, "kernel.version{major>=5}"),
        ({"op": "Ge", "value": ["4"]}, "kernel.version{major>=4}"),
        ({"op": "Lt", "value": ["4"]}, "kernel.version{major<=3}"),
        ({"op": "GtLt", "value": ["4", "8"]}, "kernel.version{major>=5, major<=7}"),
        ({"op": "Exists"}, "kernel.version{names contains major}"),
        ({"op": "InRegexp", "value": ["^(5|6)$"]}, "kernel.version{major in (5, 6)}"),
        ({"op": "InRegexp", "value": ["^5"]}, None),
        ({"op": "NotIn", "value": ["5"]}, None),
    ],
)
def test_what_an_image_asks_of_attributes(asked, expected):
    full = {"op": "In", "value": ["x"]}
    terms = [
        {"feature": "kernel.version", "matchExpressions": {"major": asked}},
        {"feature": "system.name", "matchExpressions": {"nodename": full}},
    ]
    found = imported({"compatibilities": [{"rules": [{"matchFeatures": terms}]}]})
    assert required(found) == {one for one in ("system.name{nodename=x}", expected) if one}
    assert bool(found.left_out) is (expected is None)


def test_an_attribute_that_is_to_be_absent():
    term = {"feature": "kernel.config", "matchExpressions": {"DEBUG": {"op": "DoesNotExist"}}}
    found = imported({"compatibilities": [{"rules": [{"matchFeatures": [term]}]}]})
    assert required(found) == {"kernel.config", "not kernel.config{names contains DEBUG}"}
    for wrong in ({"op": "Gt", "value": ["x"]}, {"op": "Gt", "value": []}, {"op": "GtLt", "value": ["2", "3"]}):
        with pytest.raises(InputError):
            imported(
                {"compatibilities": [{"rules": [{"matchFeatures": [{**term, "matchExpressions": {"a": wrong}}]}]}]}
            )


def test_image_compatibility_and_artifacts(public_data):
    found = imported(job_documents.IMAGE)
    assert "kernel.loadedmodule{name=vfio}" in required(found)
    assert len([one for one in required(found) if " or " in one]) == 1
    assert [place.rpartition(" ")[2] for place, _ in found.left_out] == ["InRegexp"]
    assert required(imported(job_documents.COMPSPEC)) == {"org.x{hardware.gpu.available=no, mpi.version=4.1}"}
    folder = public_data / "fleets"
    files = [folder / "nfd" / "image-compatibility.yaml", *sorted((folder / "compspec").glob("*.json"))]
    read = [file for file in files if file.name != "generated-compatibility-spec.json"]
    for one, file in zip(import_jobs(read), read, strict=True):
        attributes = yaml.safe_load(file.read_text())["compatibilities"][0].get("attributes", {})
        assert all(field in " ".join(str(each) for each in one.job.requirements) for field in attributes)


def test_a_branch_of_which_nothing_is_understood_asks_for_nothing():
    regexp = {"feature": "cpu.cpuid", "matchName": {"op": "InRegexp", "value": ["^AVX"]}}
    module = {"feature": "kernel.loadedmodule", "matchExpressions": {"a": {"op": "Exists"}}}
    rule = {"matchFeatures": [module], "matchAny": [{"matchFeatures": [regexp]}, {"matchFeatures": [module]}]}
    found = imported({"compatibilities": [{"rules": [rule]}]})
    assert required(found) == {"kernel.loadedmodule{name=a}"}
    assert any(place.endswith("matchAny") for place, _ in found.left_out)


def test_jobs_are_written_as_jobspecs_that_read_back(tmp_path):
    script = tmp_path / "run.sh"
    script.write_text(job_documents.SBATCH)
    arguments = ["import", "jobs", str(script), "--out", str(tmp_path / "jobs"), "--json"]
    result = CliRunner().invoke(app, arguments)
    (written,) = json.loads(result.stdout)["jobs"]
    (expected,) = import_jobs([script])
    assert read_jobspec(Path(written["written"])) == expected.job
    assert [one["place"] for one in written["left_out"]] == [place for place, _ in expected.left_out]
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, InputError)
    with pytest.raises(InputError, match="nothing to make jobs from"):
        import_job(Given(Path("x"), b"a: b"))


def test_a_file_given_twice_is_refused(tmp_path):
    script = tmp_path / "solve.sh"
    script.write_text(job_documents.SBATCH)
    with pytest.raises(InputError, match="given twice"):
        import_jobs([script, tmp_path / ".." / tmp_path.name / "solve.sh"])
