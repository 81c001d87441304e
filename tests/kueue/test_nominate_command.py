"""`placewise nominate` against a fake API server, by a kubeconfig."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

pytest.importorskip("kubernetes")

from fake_api_server import FakeApiServer
from test_nominating import CHECK, FLEET, KEY, STATUS, nominated, workload

from placewise.errors import InputError
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.kueue.manager_cluster import connected
from placewise.model.fleets.imported import Imported

# Of some versions of the library, beside newer ones of urllib3.
pytestmark = pytest.mark.filterwarnings("ignore:HTTPResponse.getheader:DeprecationWarning")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet") / "fleet"
    write_import(Imported("f", FLEET.clusters, FLEET.vocabulary), "kubernetes", folder)
    return folder


def kubeconfig(path, url):
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "manager",
        "contexts": [{"name": "manager", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def environment(config):
    clean = {name: value for name, value in os.environ.items() if name != "KUBERNETES_SERVICE_HOST"}
    return {**clean, "KUBECONFIG": str(config)}


def nominate(fleet, config, *options):
    command = [sys.executable, "-m", "placewise", "nominate", str(fleet), *options]
    return subprocess.run(
        command,
        env=environment(config),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_once_nominates_and_says_for_whom(fleet, tmp_path):
    with FakeApiServer() as server:
        server.checks["mk"], server.configs["all"] = CHECK, {"spec": {"clusters": ["small", "big"]}}
        server.put(workload(), STATUS)
        server.put(workload("huge", cpu="500"), STATUS)
        config = kubeconfig(tmp_path / "config", server.url)
        ended = nominate(fleet, config, "--once")
        assert (ended.returncode, ended.stdout) == (0, "team/job-a: big\n")
        assert "team/huge: none: fits on no cluster" in ended.stderr
        assert nominated(server) == ["big"]
        again = nominate(fleet, config, "--once", "--json")
        lines = [json.loads(line) for line in again.stdout.splitlines()]
        assert [(one["what"], one["workload"]) for one in lines] == [
            ("Nominated", "team/job-a"),
            ("NotNominated", "team/huge"),
        ]


def test_it_runs_until_it_is_asked_to_end(fleet, tmp_path):
    with FakeApiServer() as server:
        server.checks["mk"], server.configs["all"] = CHECK, {"spec": {"clusters": ["small", "big"]}}
        command = [sys.executable, "-m", "placewise", "nominate", str(fleet)]
        running = subprocess.Popen(
            command, env=environment(kubeconfig(tmp_path / "config", server.url)), stderr=subprocess.PIPE, text=True
        )
        try:
            assert server.watching.wait(60)
            server.put(workload(), STATUS)
            until = time.monotonic() + 60
            while nominated(server, KEY) is None and time.monotonic() < until:
                time.sleep(0.02)
            assert nominated(server) == ["big"]
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=60)
            assert (running.returncode, said) == (0, "")
        finally:
            running.kill()


def test_a_server_that_cannot_be_asked_is_one_line(fleet, tmp_path):
    ended = nominate(fleet, kubeconfig(tmp_path / "config", "http://127.0.0.1:9"), "--once")
    assert ended.returncode == 2
    assert "cannot be asked" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret-token" not in ended.stderr


@pytest.mark.parametrize(
    ("content", "context"),
    [(None, None), ("clusters: [secret-token", None), ("[]", None), ("users: 3", None), ("good", "nobody")],
    ids=str,
)
def test_a_kubeconfig_that_cannot_be_used_is_bad_input(content, context, tmp_path, monkeypatch):
    path = tmp_path / "config"
    if content == "good":
        kubeconfig(path, "http://127.0.0.1:9")
    elif content is not None:
        path.write_text(content)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(InputError, match="no cluster to connect to") as refused:
        connected(context)
    assert "secret-token" not in str(refused.value)
