"""Commands whose options are described by dataclasses."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, get_type_hints


def takes(*kinds: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that the fields of dataclasses describe; its first parameters are their values."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        described = {kind: _parameters(kind) for kind in kinds}
        parameters = list(inspect.signature(command, eval_str=True).parameters.values())
        values, own = parameters[: len(kinds)], parameters[len(kinds) :]
        shared = [parameter for one in described.values() for parameter in one]
        # What has to be given comes first, as in any signature.
        parameters = sorted([*shared, *own], key=lambda one: one.default is not inspect.Parameter.empty)

        @functools.wraps(command)
        def run(**given: Any) -> Any:
            made = {
                value.name: kind(**{parameter.name: given.pop(parameter.name) for parameter in described[kind]})
                for value, kind in zip(values, kinds, strict=True)
            }
            return command(**made, **given)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        del run.__wrapped__  # or its own signature would be looked at
        return run

    return decorate


def _parameters(kind: type) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(kind)
    ]
