"""What is unknown or cannot be compared is named beside the answer, over every way to ask."""

import asyncio
import json
import urllib.request

import grpc
import pytest
from running import running_server
from talking import jobspec, refused, subsystem, talking

from placewise.cli.serving.service_answers import undecided_lines
from placewise.errors import InputError
from placewise.matching.incomparable import Incomparable
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.service.calls.matchers import refuse_what_is_not_judged
from placewise.service.calls.undecided import incomparable_in_words, unknown_in_words
from placewise.service.client import AsyncClient, Client, Credentials, JobState, Matched
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

WORDS = """\
subsystems:
  cmake: {complete: false, fields: {version: {}}}
  memory: {fields: {value: {kind: quantity}}}
clusters:
  gray: {subsystems: {cmake: {complete: true}}}
"""
CMAKE = jobspec([{"name": "cmake", "field": "version", "min": "3.20"}])
BOTH = jobspec(
    [
        {"name": "cmake", "field": "version", "min": "3.20"},
        {"name": "memory", "field": "value", "min": "16 GB"},
    ]
)


@pytest.fixture
def incomplete(tmp_path):
    """A server of clusters of which cmake is described at some; of gray it is said that there is none."""
    words = tmp_path / "vocabulary.yaml"
    words.write_text(WORDS)
    with running_server(tmp_path / "placewise.db", vocabulary=words) as server:
        with talking(server) as talk:
            for name, size in (("gray", "64 GB"), ("blue", "64 GB"), ("teal", "32 GB"), ("bad", "lots")):
                talk.register(name, subsystems={"memory": subsystem({"value": size})})
        yield server


def test_a_job_goes_only_where_it_is_known_to_run_unless_it_says_otherwise(incomplete):
    with talking(incomplete) as talk:
        done = talk.submit(CMAKE)
        assert (done.state, done.cluster, list(done.unknown)) == (v1.JOB_STATE_REFUSED, "", ["blue", "teal", "bad"])
        assert "cmake" in done.reason.split(";")[0]
        assert "fails on 1 of 4" in done.reason
        assert "3 more clusters may match: what they have of cmake is not described" in done.reason
        assert [one.cluster for one in done.explanation.unknown] == ["blue", "teal", "bad"]
        assert all(fact.line for one in done.explanation.unknown for fact in one.facts)
        placed = talk.submit(CMAKE, unknown=v1.UNKNOWN_YES, select_algorithm="first")
        assert (placed.cluster, placed.matching_clusters) == ("blue", 3)
        assert talk.submit(CMAKE, unknown=v1.UNKNOWN_NO).cluster == ""
        request = v1.SubmitRequest(jobspec=CMAKE, credentials=talk.everything, unknown=7)
        assert refused(talk.v1.Submit, request)[0] == grpc.StatusCode.INVALID_ARGUMENT
        talk.register("full", subsystems={"cmake": subsystem({"version": "3.25.1"})})
        assert talk.submit(CMAKE).cluster == "full"


def test_what_cannot_be_compared_is_not_chosen_although_what_is_unknown_may_be(incomplete):
    with talking(incomplete) as talk:
        chosen = {talk.submit(BOTH, unknown=v1.UNKNOWN_YES).cluster for _ in range(20)}
        assert chosen <= {"blue", "teal"}
        found = talk.v1.Match(v1.MatchRequest(jobspec=BOTH, credentials=talk.everything))
        assert (list(found.clusters), list(found.unknown)) == ([], ["blue", "teal"])
        assert [one.cluster for one in found.incomparable] == ["bad"]
        tokens = [{"name": "bad", "token": "the-global-token"}, {"name": "blue", "token": "the-global-token"}]
        request = rainbow.SubmitJobRequest(jobspec=BOTH, clusters=tokens)
        code, details = refused(talk.rainbow.SubmitJob, request)
        assert code == grpc.StatusCode.FAILED_PRECONDITION
        assert "1 more cluster may match: what it has of cmake is not described" in details
        assert "bad cannot be compared" in details


def test_the_clients_name_them(incomplete):
    credentials = Credentials(global_token=incomplete.global_token)
    with Client(incomplete.target) as client:
        matched = client.match(BOTH, credentials)
        explained = client.explain(BOTH, credentials)
        done = client.submit(BOTH, credentials)
        placed = client.submit(BOTH, credentials, unknown=True)
    assert (matched.clusters, matched.unknown) == ((), ("blue", "teal"))
    assert [one.cluster for one in explained.unknown] == ["blue", "teal"]
    assert {str(fact) for one in explained.unknown for fact in one.facts}
    assert done.unknown == matched.unknown
    assert done.incomparable == matched.incomparable == explained.incomparable
    [one] = done.incomparable
    assert (one.cluster, "lots" in one.problem) == ("bad", True)
    assert (done.state, placed.state) == (JobState.REFUSED, JobState.ASSIGNED)

    async def ask():
        async with AsyncClient(incomplete.target) as client:
            return await client.match(BOTH, credentials), await client.submit(BOTH, credentials, unknown=True)

    assert asyncio.run(ask())[0] == matched
    lines = undecided_lines(matched, most=1)
    assert lines[0].startswith("2 clusters may match")
    assert lines[0].endswith("blue and 1 more")
    assert lines[1].startswith("bad cannot be compared")
    many = Matched((), 5, (), matched.incomparable * 3)
    assert undecided_lines(many, most=2)[-1] == "1 further cluster cannot be compared with what is asked"


def test_the_page_of_a_refused_job_says_it_in_a_line(incomplete):
    with talking(incomplete) as talk:
        number = talk.submit(BOTH).job_id
    with urllib.request.urlopen(f"http://{incomplete.http}/jobs/{number}", timeout=20) as answer:
        page = answer.read().decode()
    assert "<li>2 more clusters may match: what they have of cmake is not described</li>" in page
    assert "<li>bad cannot be compared" in page


def test_entries_speak_of_one_vertex_or_are_read_as_rainbow_reads_them(tmp_path):
    both = {"s0": {"name": "gcc", "version": "9.4.0"}, "s1": {"name": "clang", "version": "15.0.4"}}
    vertices = {name: {"metadata": fields} for name, fields in both.items()}
    edges = [{"source": "n0", "target": name, "relation": "contains"} for name in vertices]
    compilers = json.dumps({"graph": {"nodes": vertices, "edges": edges}})
    wanted = jobspec(
        [{"name": "compiler", "field": "name", "match": "gcc"}, {"name": "compiler", "field": "version", "min": "12"}]
    )
    for told, found in ({}, []), ({"separate_entries": True}, ["gray"]):
        path = tmp_path / f"{len(told)}.db"
        with running_server(path, **told) as server, talking(server) as talk:
            talk.register("gray", subsystems={"compiler": compilers})
            answer = talk.v1.Match(v1.MatchRequest(jobspec=wanted, credentials=talk.everything))
            assert list(answer.clusters) == found
            assert talk.submit(wanted).cluster == "".join(found)


@pytest.mark.parametrize(
    ("matcher", "judged", "others"),
    [
        ("range", [Within("1", None), InNumericRange(1.0)], [Equals("1"), OneOf(("1", "2")), Contains(("1",))]),
        ("equals", [Equals("1"), OneOf(("1", "2")), Contains(("1",))], [Within("1", None), InNumericRange(1.0)]),
    ],
)
def test_a_matcher_looks_at_every_condition_of_an_expression(matcher, judged, others):
    def job(*predicates):
        tests = [Requirement("io", (Condition("size", one),)) for one in predicates]
        return Job("j", (ResourceGroup((), (~(tests[0] | Requirement("net")) & Requirement("gpu"), *tests[1:])),))

    for one in judged:
        refuse_what_is_not_judged(job(one, *judged), matcher)
        for other in others:
            for mixed in (job(other), job(one, other)):
                refuse_what_is_not_judged(mixed, "match")
                with pytest.raises(InputError, match=f"'{matcher}' does not judge"):
                    refuse_what_is_not_judged(mixed, matcher)


def test_many_are_counted():
    assert unknown_in_words(0, ("cmake",)) == []
    assert unknown_in_words(2, ("a", "b", "c", "d"))[0].endswith("of a or b or c or others is not described")
    one = Incomparable("gray", Requirement("io"), "is not a number")
    assert incomparable_in_words((one,) * 5)[-1] == "2 further clusters cannot be compared with what is asked"
