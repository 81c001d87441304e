"""YAML written so that it reads back equal, here and by readers that take more for numbers and flags."""

from __future__ import annotations

import re
import sys
from typing import Any

import yaml

# What no reader of YAML takes for anything but text. The rest is quoted: 1.5e5 is a number to our reader alone.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*|[1-9][0-9]*[hm]")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)


def yaml_text(document: Any, *, inline: bool = False) -> str:
    """Return a document as YAML, keys in their order; inline : on one line, as it can stand after a key."""
    text: str = yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=True if inline else None,
        allow_unicode=True,
        width=sys.maxsize,
    )
    return text.removesuffix("...\n").rstrip("\n") if inline else text
