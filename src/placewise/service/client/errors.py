"""What a client raises."""

from __future__ import annotations

import grpc

from placewise.errors import InputError, PlacewiseError


class ServiceError(PlacewiseError):
    """A scheduler that cannot be reached, or that refuses a request.

    Attributes
    ----------
    code : the status with which the call ended.
    """

    def __init__(self, problem: str, *, code: grpc.StatusCode, place: str | None = None) -> None:
        super().__init__(problem, place=place)
        self.code = code

    @property
    def passes(self) -> bool:
        """Whether the same request may be answered later."""
        return self.code in _PASSING


class OtherServerError(InputError):
    """Credentials were given by another scheduler than the one that would be shown them."""


_PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
)


def failure(error: grpc.RpcError, target: str) -> PlacewiseError:
    """Return the error to raise for a call that failed: InputError for a request that cannot be understood.

    What the server says of a request stands as it said it; what concerns the connection names the target.
    """
    code, details = _facts(error)
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return InputError(details)
    if code is grpc.StatusCode.UNAVAILABLE:
        details = f"the scheduler cannot be reached: {details}"
    elif code is grpc.StatusCode.DEADLINE_EXCEEDED:
        details = f"the scheduler did not answer in time: {details}"
    elif code is grpc.StatusCode.UNIMPLEMENTED:
        details = f"is no scheduler that this client can talk to: {details}"
    return ServiceError(details, code=code, place=target)


def _facts(error: grpc.RpcError) -> tuple[grpc.StatusCode, str]:
    if isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return error.code() or grpc.StatusCode.UNKNOWN, error.details() or ""
    return grpc.StatusCode.UNKNOWN, str(error)
