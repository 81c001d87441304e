"""A fleet that the public client registered, and what the server knows of it."""

from driven_client import write_config

from placewise.service.client import Client, Credentials
from placewise.service.wire.rainbow_pb2 import RegisterResponse

REGISTERED = RegisterResponse.REGISTER_SUCCESS


class Fleet:
    """Clusters of the public data, registered by the client, and the files of configuration that it works with."""

    def __init__(self, server, client, folder, tmp_path):
        self.server, self.client, self.folder, self.tmp_path = server, client, folder, tmp_path
        self.tokens, self.secrets = {}, {}
        self.anonymous = write_config(tmp_path / "anonymous.yaml", server)

    def register(self, name, like="coral"):
        """Register a cluster with the containment graph and the subsystems of a public one of spack-build."""
        source = self.folder / f"cluster-{like}"
        given = self.client.do(
            "call",
            config=self.anonymous,
            method="register",
            cluster=name,
            secret=self.server.registration_secret,
            cluster_nodes=source / "nodes.json",
        )
        assert given["status"] == REGISTERED
        self.tokens[name], self.secrets[name] = given["token"], given["secret"]
        statuses = self.client.do("register_subsystems", config=self.own(name), folder=source)
        assert statuses == [REGISTERED] * 3

    def own(self, name, secret=None):
        """Return the configuration of a cluster."""
        given = (name, self.secrets[name] if secret is None else secret)
        return write_config(self.tmp_path / "own.yaml", self.server, cluster=given)

    def user(self, tokens=None, **choices):
        """Return the configuration of a user, who may use all clusters unless told otherwise."""
        kept = self.tokens if tokens is None else tokens
        return write_config(self.tmp_path / "user.yaml", self.server, tokens=kept, **choices)

    def set_state(self, name, state):
        return self.client.do(
            "call",
            config=self.anonymous,
            method="update_state",
            cluster=name,
            state_data=state,
            secret=self.secrets[name],
        )

    def receive(self, name, secret=None, **options):
        return self.client.attempt("call", config=self.own(name, secret), method="receive_jobs", **options)


def asking(server):
    return Client(server.target)


def all_of(server):
    return Credentials(global_token=server.global_token)


def jobs_of(server):
    """Return all jobs, the oldest first, with everything that is known of them."""
    with asking(server) as connection:
        listed = list(connection.list_jobs(all_of(server)))
        return [connection.get_job(job.id, all_of(server)) for job in reversed(listed)]


def clusters_of(server):
    with asking(server) as connection:
        return {cluster.name: cluster for cluster in connection.list_clusters(all_of(server))}
