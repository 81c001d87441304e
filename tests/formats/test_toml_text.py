"""What is wrong with a TOML text, in few plain words."""

import pytest

from placewise.errors import InputError
from placewise.formats.studies.toml_text import parse_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a.b]\n[a.b]\n", "a.b"),
        ("[a]\n[a]\n", "a"),
        ("a = " + "9" * 5000, ""),
        (f"[{'x' * 3000}]\n[{'x' * 3000}]\n", "x"),
        ("a = " + "[" * 5000, ""),
    ],
)
def test_what_is_no_toml_is_one_short_error(text, said):
    with pytest.raises(InputError, match="is not valid TOML") as caught:
        parse_toml(text, "f.toml")
    assert str(caught.value).startswith("f.toml: ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "('" not in str(caught.value)
