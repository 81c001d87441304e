import builtins

import grpc
import pytest
from one_loop import run
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from placewise.errors import InputError
from placewise.service.guard.limits import Limiter
from placewise.service.guard.refusals import NotFound
from placewise.service.observing.metrics import Metrics
from placewise.service.observing.tracing import start_tracing
from placewise.service.protocols.interceptors import Watched


def test_each_call_is_a_span_with_its_code():
    exporter = InMemorySpanExporter()

    async def one(request, _context):
        return request

    async def missing(_request, _context):
        raise NotFound("no such job")

    async def many(request, _context):
        yield request
        yield request

    async def work():
        tracing = start_tracing("here", exporter)
        server = grpc.aio.server(interceptors=tracing.interceptors)
        handlers = {
            "One": grpc.unary_unary_rpc_method_handler(one),
            "Missing": grpc.unary_unary_rpc_method_handler(missing),
            "Many": grpc.unary_stream_rpc_method_handler(many),
        }
        Watched(server, Metrics(), Limiter(0, 60)).add_registered_method_handlers("test.Service", handlers)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert await channel.unary_unary("/test.Service/One")(b"x") == b"x"
            assert [found async for found in channel.unary_stream("/test.Service/Many")(b"x")] == [b"x", b"x"]
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/test.Service/Missing")(b"x")
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            assert caught.value.details() == "no such job"
        await server.stop(None)
        tracing.close()

    run(work())
    spans = {span.name: span for span in exporter.get_finished_spans()}
    codes = {name: span.attributes["rpc.grpc.status_code"] for name, span in spans.items()}
    assert codes == {"/test.Service/One": 0, "/test.Service/Many": 0, "/test.Service/Missing": 5}
    resource = spans["/test.Service/One"].resource.attributes
    assert (resource["service.name"], resource["service.instance.id"]) == ("placewise", "here")


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **further):
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments, **further)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"placewise\[tracing\]"):
        start_tracing("here")
