"""Random requirements that documents can say."""

from hypothesis import strategies as st

from placewise.model.requirements.contradictions import contradiction
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement, all_of, any_of, holds_version, negated
from placewise.model.versions.range_notation import is_range
from placewise.model.versions.version_range import parse_bounds

printable = st.characters(exclude_categories=["Cc", "Cs"])
words = st.text(printable, min_size=1, max_size=5)
numbers = st.integers() | st.floats(allow_nan=False)
versions = st.sampled_from(["1.2", "9e", "1.1.1g", "2021.4b", "stable_20191216", "1.10", "develop", "3.4.0.1"])
fields = st.sampled_from(["version", "compiler_version", "type", "value"]) | words


@st.composite
def conditions(draw):
    field = draw(fields)
    texts = words.filter(lambda text: not is_range(text)) if holds_version(field) else words | st.just(">=16 GB")
    match draw(st.integers(0, 3)):
        case 0:
            predicate = Equals(draw(texts))
        case 1:
            predicate = OneOf(tuple(draw(st.lists(texts, min_size=1, max_size=3))))
        case 2:
            predicate = Contains(tuple(draw(st.lists(words, min_size=1, max_size=3))))
        case _ if holds_version(field):
            low, high = sorted(draw(st.tuples(versions, versions)), key=lambda v: parse_bounds(v, None)._keys())
            wanted = parse_bounds(*draw(st.sampled_from([(low, None), (None, high), (low, high)])))
            predicate = InVersionRange(draw(st.sampled_from([wanted, ~wanted, wanted.exclusive()])) or wanted)
        case _:
            low, high = draw(st.tuples(numbers, numbers).map(sorted) | st.tuples(words, words))
            predicate = Within(*draw(st.sampled_from([(low, None), (None, high), (low, high)])))
    return Condition(field, predicate)


def vertices(names):
    return st.builds(Requirement, names, st.lists(conditions(), max_size=3).map(tuple)).filter(
        lambda requirement: contradiction(requirement.conditions) is None
    )


names = st.sampled_from(["io", "gpu", "any", "not", "name", "as"]) | words
expressions = st.recursive(
    vertices(names),
    lambda inner: (
        inner.map(negated)
        | st.lists(inner, min_size=1, max_size=3).map(any_of)
        | st.lists(inner, min_size=1, max_size=3).map(all_of)
    ),
    max_leaves=8,
)
