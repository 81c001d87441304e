"""Stub."""


def learned(vocabulary, offered):
    known = {}
    for subsystem, properties in offered:
        fields = known.setdefault(subsystem, set())
        fields.update(name for name, _ in properties)
    new = {k: frozenset(v) for k, v in known.items() if k not in vocabulary.known or not v <= vocabulary.known[k]}
    return vocabulary.with_known(new, {}) if new else vocabulary
