"""Streams of chance are apart from each other."""

from placewise.model import streams


def test_no_two_uses_of_chance_share_a_stream():
    # A seed sequence of (seed, stream) is that of (seed, stream, 0): those of pieces and of runs must not meet.
    numbers = [value for name, value in vars(streams).items() if name.isupper() and isinstance(value, int)]
    numbers += [*streams.BUILT_IN.values(), *streams.SENSITIVITY.values()]
    assert len(set(numbers)) == len(numbers) > 15
    assert streams.level_stream(7) not in numbers
