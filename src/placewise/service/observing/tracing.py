"""OpenTelemetry traces of the calls, for those who ask for them (extra ``tracing``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc

import placewise
from placewise.errors import InputError


@dataclass(frozen=True, slots=True)
class Tracing:
    """The interceptors that trace the calls of a server, to come before all others, and how to end it."""

    interceptors: tuple[grpc.aio.ServerInterceptor, ...]
    close: Callable[[], None]


def start_tracing(name: str, exporter: Any = None) -> Tracing:
    """Return a tracer of calls.

    name : of the server, as ``service.instance.id``. exporter : an OpenTelemetry span exporter; by default OTLP over
    gRPC to where the standard variables ``OTEL_EXPORTER_OTLP_*`` say. `close` sends what is left.
    Raises InputError when the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415, an extra
        from opentelemetry.instrumentation import grpc as instrumentation  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            "traces need the extra that is not installed", found=error.name, expected="pip install 'placewise[tracing]'"
        ) from error
    resource = Resource.create(
        {"service.name": "placewise", "service.version": placewise.__version__, "service.instance.id": name}
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    interceptor: Any = instrumentation.aio_server_interceptor  # its types differ between versions
    return Tracing((interceptor(tracer_provider=provider),), provider.shutdown)
