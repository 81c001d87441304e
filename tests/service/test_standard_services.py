"""What every gRPC server is expected to answer: health, and reflection."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

SERVICES = {
    "convergedcomputing.org.grpc.v1.RainbowScheduler",
    "service.MemoryGraph",
    "placewise.v1.Scheduler",
}


def test_health_is_told_of_the_server_and_of_each_service(server):
    with grpc.insecure_channel(server.target) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        for name in ("", *SERVICES):
            answer = check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        try:
            check(health_pb2.HealthCheckRequest(service="nothing"))
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND
        else:
            raise AssertionError("a service that is not there is healthy")


def test_reflection_lists_the_services_and_describes_their_methods(server):
    with grpc.insecure_channel(server.target) as channel:
        ask = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo
        requests = [
            reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(file_containing_symbol="placewise.v1.Scheduler"),
        ]
        listed, described = ask(iter(requests))
    assert {service.name for service in listed.list_services_response.service} >= SERVICES
    assert any(b"SubmitRequest" in file for file in described.file_descriptor_response.file_descriptor_proto)
