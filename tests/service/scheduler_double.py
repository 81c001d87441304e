"""A scheduler that answers as it is told, for what a real one cannot be made to say at will."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import grpc

from placewise.service.wire import placewise_pb2 as wire
from placewise.service.wire.placewise_pb2_grpc import SchedulerServicer, add_SchedulerServicer_to_server


class Double(SchedulerServicer):
    """Answers each method's calls with its steps in turn, the last one again and again; a status code is an error.

    ended : set when a client or this end has ended a stream.
    """

    def __init__(self):
        self.target = None
        self.asked = []
        # A scheduler of the first version, unless it is told otherwise.
        self.steps = {"Heartbeat": [grpc.StatusCode.UNIMPLEMENTED]}
        self.ended = threading.Event()
        self.streams = []
        for method in wire.DESCRIPTOR.services_by_name["Scheduler"].methods:
            answer = self._stream if method.name == "WatchAssignments" else self._answer
            setattr(self, method.name, partial(answer, method.name))

    def says(self, method, *steps):
        self.steps[method] = list(steps)

    def requests(self, method):
        return [request for name, request in self.asked if name == method]

    def _step(self, method, request, context):
        self.asked.append((method, request))
        steps = self.steps[method]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, grpc.StatusCode):
            context.abort(step, f"{step.name} was said")
        return step(request) if callable(step) else step

    def _answer(self, method, request, context):
        return self._step(method, request, context)

    def _stream(self, method, request, context):
        over = threading.Event()

        def end():
            over.set()
            self.ended.set()

        self.streams.append(over)
        context.add_callback(end)
        for answer in self._step(method, request, context):
            if answer is None:
                # The stream stays open until the client ends it.
                over.wait(30)
            else:
                yield answer


@contextlib.contextmanager
def running_double(listen="127.0.0.1:0"):
    server = grpc.server(ThreadPoolExecutor(8))
    double = Double()
    add_SchedulerServicer_to_server(double, server)
    double.target = f"127.0.0.1:{server.add_insecure_port(listen)}"
    server.start()
    try:
        yield double
    finally:
        for over in [double.ended, *double.streams]:
            over.set()
        server.stop(None).wait()
