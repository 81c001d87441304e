"""The forms in which a secret may stand somewhere."""

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

_PART = 16


def forms_of(secret):
    """Return what to look for to find a secret: itself, its beginning and its end, and each of them encoded."""
    parts = [secret] if len(secret) < 2 * _PART else [secret, secret[:_PART], secret[-_PART:]]
    found = set()
    for part in parts:
        raw = part.encode()
        found |= {raw, part.encode("utf-16-le"), part.encode("utf-16-be"), raw[::-1]}
        found |= {raw.hex().encode(), raw.hex().upper().encode(), raw.hex(" ").encode(), raw.hex(":").encode()}
        for text in (
            quote(part),
            quote(part, safe=""),
            quote_plus(part),
            html.escape(part),
            json.dumps(part)[1:-1],
            json.dumps(part, ensure_ascii=False)[1:-1],
            repr(part)[1:-1],
            ascii(part)[1:-1],
            shlex.quote(part),
        ):
            found.add(text.encode())
        found |= set(_base64(raw))
        found.add(base64.b32encode(raw).rstrip(b"="))
    return found


def _base64(raw):
    """Return how bytes look within a text in base64, wherever in it they stand."""
    for before in range(3):
        begun = base64.b64encode(bytes(before) + raw)
        # Of the first group and the last one, some bits are those of what stands beside.
        inner = begun[4 if before else 0 : len(begun) - 4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


class Needles:
    """Finds secrets by their names in bytes."""

    def __init__(self, secrets):
        self._forms = {name: forms_of(secret) for name, secret in secrets.items()}

    def found_in(self, content):
        """Return the names of the secrets that stand in some bytes in any form."""
        if isinstance(content, str):
            content = content.encode(errors="surrogateescape")
        return sorted(name for name, forms in self._forms.items() if any(form in content for form in forms))
