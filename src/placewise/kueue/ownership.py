"""What a field manager has applied to an object, read back from the object, so that it can be applied again with more.

Server-side apply takes away what a manager applied before and leaves out now. Kueue applies a workload's admission as
the manager ``kueue-admission``, and its external dispatchers have to apply as that manager too, since it alone can take
their nomination away again. So whoever nominates has to apply all that Kueue did. The fields are listed in
``metadata.managedFields``, in the format FieldsV1: ``f:NAME`` is a field, ``k:{...}`` the item of a list with these
keys, ``v:VALUE`` the item of a set; one without anything below is owned as it is (Kubernetes: Server-Side Apply).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import mapping, sequence

_ITSELF = "."


def applied_version(document: Mapping[str, Any], manager: str) -> str | None:
    """Return the apiVersion in which a manager applied a status, None where it did not."""
    entry = _entry(document, manager)
    return None if entry is None else str(entry.get("apiVersion"))


def applied_status(document: Mapping[str, Any], manager: str) -> dict[str, Any]:
    """Return what a manager applied of an object's status. Raises InputError for fields that are not understood."""
    entry = _entry(document, manager)
    if entry is None:
        return {}
    fields = mapping(entry.get("fieldsV1") or {}, "metadata.managedFields.fieldsV1").get("f:status")
    if not fields:
        return {}
    found = _owned(document.get("status") or {}, mapping(fields, "f:status"))
    return mapping(found, "status")


def _entry(document: Mapping[str, Any], manager: str) -> Mapping[str, Any] | None:
    metadata = mapping(document.get("metadata"), "metadata")
    for number, value in enumerate(sequence(metadata.get("managedFields") or [], "metadata.managedFields")):
        one = mapping(value, f"metadata.managedFields[{number}]")
        if (one.get("manager"), one.get("operation"), one.get("subresource")) == (manager, "Apply", "status"):
            return one
    return None


def _owned(value: Any, fields: Mapping[str, Any]) -> Any:
    below = {key: mapping(one, key) for key, one in fields.items() if key != _ITSELF}
    if not fields:
        return value
    if isinstance(value, dict):
        names = {key.removeprefix("f:"): one for key, one in below.items() if key.startswith("f:")}
        if len(names) < len(below):
            raise InputError("is not a field", place="metadata.managedFields", found=sorted(below))
        return {name: _owned(value[name], one) for name, one in names.items() if name in value}
    if isinstance(value, list):
        return list(_items(value, below))
    return value


def _items(value: list[Any], below: Mapping[str, Mapping[str, Any]]) -> Iterator[Any]:
    """Yield the items of a list that are owned, in its order."""
    keyed = [(mapping(json.loads(key[2:]), key), one) for key, one in below.items() if key.startswith("k:")]
    plain = [json.loads(key[2:]) for key in below if key.startswith("v:")]
    for item in value:
        if item in plain:
            yield item
        for keys, fields in keyed:
            if isinstance(item, dict) and keys.items() <= item.items():
                yield {**keys, **_owned(item, fields)} if fields else item
