"""Round trips of every dialect, and readers that never fail otherwise than with an InputError."""

import json
from dataclasses import replace

import pytest
from changed_documents import damaged
from drawn_requirements import conditions, expressions, numbers, printable, vertices, words
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import dialects, jobspec_document, parse_jobspec
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import AllOf, Condition, Requirement, all_of, any_of, negated
from placewise.model.versions.version_range import parse_bounds

plain = st.builds(
    lambda name, condition: Requirement(name, (condition,)),
    words,
    conditions().filter(lambda condition: not isinstance(condition.predicate, Contains)),
) | vertices(st.sampled_from(["io", "gpu"])).filter(
    lambda one: one.conditions and not any(isinstance(c.predicate, Contains) for c in one.conditions)
)
SLOTS = ["slot", "or_slot", "xor_slot"]
kinds = st.sampled_from(["node", "core", "gpu", "memory"]) | words.filter(lambda kind: kind not in SLOTS)
counts = st.integers(1, 10**6)
leaves = st.builds(ResourceRequest, kinds, counts, unit=st.sampled_from(["", "GiB"]))


def requests_of(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            ResourceRequest,
            kinds | st.sampled_from(SLOTS),
            counts,
            st.lists(inner, min_size=1, max_size=3).map(tuple),
        ),
        max_leaves=6,
    )


def one_test(subsystem, field, names):
    """One test of a vertex: a field that is one of some names."""
    return st.sets(st.sampled_from(names), min_size=1).map(
        lambda some: Requirement(subsystem, (Condition(field, OneOf(tuple(some)) if len(some) > 1 else Equals(*some)),))
    )


constraints = st.recursive(
    st.sampled_from(["a", "b c"]).map(lambda name: Requirement("property", (Condition("name", Equals(name)),)))
    | one_test("host", "name", ["a0", "a1", "b"])
    | one_test("rank", "id", ["0", "1", "2", "10"]),
    lambda inner: (
        inner.map(negated)
        | st.lists(inner, min_size=2, max_size=3).flatmap(lambda some: st.sampled_from([all_of(some), any_of(some)]))
    ),
    max_leaves=5,
)
values = st.text(printable, max_size=4) | numbers | st.booleans()
requests = requests_of(leaves)
SYSTEM = ["duration", "cwd", "constraints", "job", "queue", "dependencies"]
attributes = st.dictionaries(st.sampled_from(SYSTEM) | words, values, max_size=3)


def groups(most_requests, wanted, least_requests=0):
    """Groups whose requirements stand as a document's list does: no conjunction among them."""
    return st.builds(
        ResourceGroup,
        st.lists(requests, min_size=least_requests, max_size=most_requests).map(tuple),
        wanted.map(conjuncts),
    )


def conjuncts(parts):
    whole = all_of(parts) if parts else AllOf(())
    return tuple(whole.parts) if isinstance(whole, AllOf) else (whole,)


def jobs(of, most=1):
    return st.builds(
        Job,
        st.text(printable, max_size=5),
        st.lists(of, min_size=1, max_size=most).map(tuple),
        st.lists(st.text(max_size=4), max_size=3).map(tuple).filter(lambda command: command != ("",)),
        attributes.map(lambda pairs: tuple(pairs.items())),
    )


EXPRESSIBLE = {
    "flux": jobs(groups(3, st.lists(constraints, max_size=3), least_requests=1)),
    "task-resources": jobs(groups(3, st.lists(plain, max_size=4))),
    "nextgen": jobs(groups(1, st.lists(expressions, max_size=4)), most=3),
}


def in_one_order(job):
    return Job(
        job.name,
        tuple(ResourceGroup(g.shape, tuple(sorted(g.requirements, key=repr))) for g in job.groups),
        job.command,
        job.attributes,
    )


@pytest.mark.parametrize("dialect", sorted(dialects()))
@given(data=st.data())
@settings(max_examples=settings.default.max_examples * 2)
def test_parsing_gives_back_what_was_written(dialect, data):
    job = data.draw(EXPRESSIBLE[dialect])
    document = jobspec_document(job, dialect)
    again = parse_jobspec(json.loads(json.dumps(document)), "another name" if job.name else "")
    assert in_one_order(again) == in_one_order(job)
    assert repr(again.attributes) == repr(job.attributes)
    assert next(name for name, dialect in dialects().items() if dialect.detect(document)) == dialect


@pytest.mark.parametrize("dialect", sorted(dialects()))
@given(job=jobs(groups(3, st.lists(expressions, max_size=3)), most=2))
@settings(deadline=None)
def test_any_job_is_written_truly_or_refused(dialect, job):
    try:
        document = jobspec_document(job, dialect)
    except InputError:
        return
    assert in_one_order(parse_jobspec(document, job.name)) == in_one_order(job)


NODE = ResourceRequest("node")
TWO = (Condition("a", Equals("1")), Condition("b", Equals("2")))


def asking(*wanted):
    return Job("j", (ResourceGroup((NODE,), wanted),))


@pytest.mark.parametrize(
    ("dialect", "job", "said"),
    [
        ("flux", asking(Requirement("io", TWO[:1])), "a Flux jobspec cannot express io{a=1}"),
        ("flux", Job("j"), "needs resources, and the job asks for none"),
        ("flux", Job("j", (ResourceGroup((NODE,)),) * 2), "several groups"),
        ("task-resources", Job("j", (ResourceGroup((NODE,)),) * 2), "several groups"),
        ("nextgen", Job("j", (ResourceGroup((NODE, ResourceRequest("rack"))),)), "several different requests"),
        ("nextgen", Job("j", (ResourceGroup((NODE,)),), (), (("a", 1), ("a", 2))), "two values"),
        ("nextgen", Job("j", (ResourceGroup((NODE,)),), (), (("a", float("nan")),)), "plain value"),
        ("nextgen", Job("j", (ResourceGroup((NODE,)),), ("",)), "command is empty"),
        ("task-resources", asking(Requirement("io")), "without a condition"),
        ("task-resources", asking(negated(Requirement("io", TWO))), "cannot express not io{a=1, b=2}"),
        ("task-resources", asking(Requirement("io") | Requirement("gpu")), "cannot express gpu or io"),
        (
            "task-resources",
            asking(Requirement("io", (Condition("a", Contains(("1",))),))),
            "cannot express a contains 1",
        ),
        *(
            ("nextgen", asking(Requirement("io", (Condition(field, predicate),))), said)
            for field, predicate, said in (
                ("version", InNumericRange(1, 2), "cannot express"),
                ("version", Within(1, 2), "cannot express"),
                ("version", Equals("1:2"), "cannot express"),
                ("version", OneOf(("1:2", "3")), "cannot express"),
                ("release", InVersionRange(parse_bounds("1", "2")), "cannot express"),
                ("value", InNumericRange(), "cannot express"),
                ("version", Equals(""), "is not text"),
                ("", Equals("1"), "is not text"),
            )
        ),
        (
            "nextgen",
            asking(Requirement("io", (Condition("a", Equals("1")), Condition("a", Equals("2"))))),
            "cannot meet",
        ),
        ("other", Job("j"), "no such format"),
    ],
)
def test_what_a_dialect_cannot_express_is_refused(dialect, job, said):
    with pytest.raises(InputError) as caught:
        jobspec_document(job, dialect)
    assert said in str(caught.value)


KEYS = (  # noqa: SIM905, a list would be a line a word
    "version name resources task tasks attributes type count unit with label exclusive replicas requires field "
    "match value min max range contains any all not as command slot per_slot total system parameter user "
    "duration constraints operator operand io per_resource groups schedule depends_on transform type attribute group "
    "properties hostlist ranks and or dependencies queue distribution entrypoint launch io.archspec cpu.target"
).split()
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "1.2", "node", "slot", "version"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=25,
)


@st.composite
def damaged_documents(draw):
    """The document of some job with one part of it replaced."""
    dialect = draw(st.sampled_from(sorted(dialects())))
    return damaged(draw, jobspec_document(draw(EXPRESSIBLE[dialect]), dialect), json_like)


@given(json_like | damaged_documents() | st.dictionaries(st.sampled_from([*KEYS[:6], "groups"]), json_like))
@settings(max_examples=settings.default.max_examples * 5)
def test_any_document_is_read_or_refused_with_an_input_error(document):
    try:
        job = parse_jobspec(document, "job", "file.yaml")
    except InputError as error:
        assert str(error).startswith("file.yaml, job 'job', ")
    else:
        assert all(request.count >= 1 for group in job.groups for request in group.shape)


inside = leaves.flatmap(
    lambda leaf: st.lists(expressions, max_size=2).map(lambda wanted: replace(leaf, requirements=conjuncts(wanted)))
)


@pytest.mark.parametrize("dialect", ["flux", "task-resources", "nextgen"])
@given(requests_of(inside), st.sampled_from(["node", "rack"]))
def test_requirements_inside_a_shape_are_written_and_read_again(dialect, request, around):
    job = Job("j", (ResourceGroup((ResourceRequest(around, 1, (request,)),)),))
    again = parse_jobspec(json.loads(json.dumps(jobspec_document(job, dialect))), "j")
    assert in_one_order(again) == in_one_order(job)
