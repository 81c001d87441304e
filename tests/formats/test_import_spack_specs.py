"""Specs on one line, against parts that are written in every order, and what is no spec of one package."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.imports.spack.spec import LONGEST, parse_spec

names = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)?", fullmatch=True)
versions = st.from_regex(r"[a-z0-9][a-z0-9_.]{0,6}[a-z0-9](-[a-z0-9]+)?", fullmatch=True)
values = st.from_regex(r"[a-z0-9][a-z0-9_.+]{0,5}", fullmatch=True).filter(lambda text: text not in ("true", "false"))


@st.composite
def specs(draw):
    """Return a line, and what it says."""
    name, said = draw(names), {}
    parts = []
    version = ""
    if draw(st.booleans()):
        said["version"] = draw(versions)
        version = f"@{draw(st.sampled_from(['', '=']))}{said['version']}"  # else it were that of a compiler
    if draw(st.booleans()):
        said["compiler"] = draw(names)
        parts.append(f" %{said['compiler']}")
        if draw(st.booleans()):
            said["compiler_version"] = draw(versions)
            parts[-1] += f"@{draw(st.sampled_from(['', '=']))}{said['compiler_version']}"
    for field in draw(st.sets(st.sampled_from(["platform", "os", "target"]))):
        said[field] = draw(names)
        parts.append(f" {field}={said[field]}")
    flags = draw(st.dictionaries(names.map(lambda n: f"f{n}"), st.booleans(), max_size=3))
    sets = draw(st.dictionaries(names.map(lambda n: f"s{n}"), st.lists(values, min_size=1, max_size=3, unique=True)))
    parts += [f" {draw(st.sampled_from(['+', '++'] if on else ['~', ' -', '~~']))}{flag}" for flag, on in flags.items()]
    for key, members in sets.items():
        quote = draw(st.sampled_from(["", '"', "'"]))
        parts.append(f" {key}{draw(st.sampled_from(['=', '==']))}{quote}{','.join(members)}{quote}")
    variants = flags | {key: tuple(members) for key, members in sets.items()}
    return name + version + "".join(draw(st.permutations(parts))), name, said, variants


@given(specs())
def test_what_a_spec_says_is_read_in_whatever_order(written):
    line, name, said, variants = written
    found = parse_spec(line)
    fields = ("version", "compiler", "compiler_version", "platform", "os", "target")
    assert found.name == name
    assert {field: getattr(found, field) for field in fields if getattr(found, field)} == said
    assert dict(found.variants) == variants
    assert not found.left


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("openjdk@1.8.0_362-b09", "1.8.0_362-b09"),
        ("openjdk@11.0.16_8-suse-150000.3.83.1-x8664", "11.0.16_8-suse-150000.3.83.1-x8664"),
        ("ncurses@6.1-10.20180224+termlib abi=5", "6.1-10.20180224"),
        ("openmpi@4.1.6%gcc@=12.3.0~cuda", "4.1.6"),
        ("cray-mpich@8.1.25%gcc@12.2.0 +wrappers", "8.1.25"),
        ("builtin.shumlib@git.main=1.2", "git.main=1.2"),
        ("hwloc@1.11.5rc2-git", "1.11.5rc2-git"),
    ],
)
def test_versions_as_sites_write_them(line, version):
    assert parse_spec(line).version == version


def test_a_dash_after_a_blank_switches_off_and_else_belongs_to_the_version():
    assert dict(parse_spec("a@1.0 -b").variants) == {"b": False}
    assert parse_spec("a@1.0-b").version == "1.0-b"


def test_the_parts_of_an_architecture_are_fields():
    found = parse_spec("a arch=linux-rhel8-zen2")
    assert (found.platform, found.os, found.target) == ("linux", "rhel8", "zen2")


def test_flags_of_compilers_are_separated_by_blanks():
    assert dict(parse_spec('a cflags="-O2 -g"').variants) == {"cflags": ("-O2", "-g")}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("a@1.2:1.4", "@1.2:1.4"),
        ("a@1.2,1.4", "@1.2,1.4"),
        ("a@1 target=x86_64:", "target=x86_64:"),
        ("a@1 ^[virtuals=mpi] openmpi@4+cuda", "^[virtuals=mpi] openmpi@4+cuda"),
        ("a@1 %c,cxx=gcc@12 %fortran=intel@2021", "%fortran=intel@2021"),
        ("a@1/abcdef", "/abcdef"),
    ],
)
def test_what_is_not_definite_or_not_of_the_package_is_left(line, left):
    found = parse_spec(line)
    assert (found.name, found.left) == ("a", (left,))
    assert not found.variants


@pytest.mark.parametrize(
    "line", ["", " ", "@1", "+x", "a b", "a@1@2", "a+x~x", 'a x="', "a%gcc@1 os=x os=y", "ä", "a\x1b"]
)
def test_what_is_no_spec_is_one_error(line):
    with pytest.raises(InputError):
        parse_spec(line)


@pytest.mark.parametrize("part", ["+a", " x=", '"', "@", "%[", "^a", "a.", "~", "\\", " %a@", "'\\'"])
def test_long_lines_take_no_time(part):
    start = time.process_time()
    for line in ("a" + part * (LONGEST // len(part) - 1), "a" + part * LONGEST):
        with contextlib.suppress(InputError):
            parse_spec(line)
    assert time.process_time() - start < 2
