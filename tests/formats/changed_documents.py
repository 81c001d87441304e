"""Documents with one value changed, which readers must read or refuse with one clear error."""

import copy

from hypothesis import strategies as st


def places(value, path=()):
    """Every path in a document, the root's included."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(document, path, value):
    """Return a copy of a document with another value at a path."""
    if not path:
        return value
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def damaged(draw, document, values):
    """Return a copy of a document with one part of it replaced, so that the damage is met at every depth."""
    document = at = copy.deepcopy(document)
    while True:
        key = draw(st.sampled_from(list(at))) if isinstance(at, dict) else draw(st.integers(0, len(at) - 1))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.integers(0, 3)) == 0:
            at[key] = draw(values)
            return document
        at = at[key]
