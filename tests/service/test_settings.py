import dataclasses
import ipaddress
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.service import kept_secret
from placewise.service.kept_secret import keep_secret
from placewise.service.setting_values import Address, sqlite_file
from placewise.service.settings import PREFIX, SECRET_FILE, Settings, from_sources

SECRET = "d0-not-show"
CONFIG = """
scheduler:
    secret: chocolate-cookies
    name: keebler
    algorithms:
        selection:
            name: constraint
            options:
                priorities: |
                  - priority: 1
                    steps:
                    - filter: "nodes_free > 0"
        match:
            name: range
cluster:
    name: keebler
    secret: 4a193104
graphdatabase:
    name: memory
    host: 127.0.0.1:50051
clusters:
    - name: keebler
      token: rainbow
"""


def made(**told):
    return Settings(**({"registration_secret": SECRET} | told))


def read(config=None, environment=None, **flags):
    return from_sources(config, environment or {}, {"registration_secret": SECRET} | flags)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "rainbow-config.yaml"
    path.write_text(CONFIG)
    return path


def test_what_is_not_told_is_safe():
    settings = made()
    for text in (settings.listen, settings.http):
        assert Address.of(text, "").is_loopback
    assert not settings.insecure
    assert not settings.open_satisfy
    assert settings.global_token is None
    assert Path(settings.database).name == "placewise.db"


def test_flags_go_before_variables_and_these_before_the_configuration(config):
    environment = {f"{PREFIX}NAME": "of the variable", f"{PREFIX}SELECT_ALGORITHM": "first"}
    told = read(config, environment, select_algorithm="cheapest", registration_secret=None)
    assert (told.select_algorithm, told.name, told.match_algorithm) == ("cheapest", "of the variable", "range")
    assert told.registration_secret == "chocolate-cookies"
    assert "nodes_free > 0" in told.select_options["priorities"]
    assert read(config, environment).registration_secret == SECRET


def test_a_published_configuration_is_read_as_it_is(public_data):
    told = from_sources(public_data / "spack-build" / "rainbow-config.yaml", {}, {})
    assert (told.name, told.registration_secret) == ("keebler", "chocolate-cookies")
    assert (told.match_algorithm, told.select_algorithm) == ("match", "constraint")
    assert "nodes_free" in told.select_options["priorities"]


def test_every_setting_can_be_told_by_a_variable_and_by_a_flag():
    texts = {
        "name": "a scheduler",
        "listen": "127.0.0.1:7000",
        "http": "none",
        "database": "postgresql://somebody@127.0.0.1/somewhere",
        "registration_secret": "one",
        "global_token": "two",
        "match_algorithm": "range",
        "select_algorithm": "first",
        "select_options": '{"priorities": "x"}',
        "models": "models:model.json",
        "vocabulary": "vocabulary.yaml",
        "separate_entries": "on",
        "tls_cert": "cert.pem",
        "tls_key": "key.pem",
        "tls_ca": "ca.pem",
        "insecure": "true",
        "open_satisfy": "yes",
        "lease_s": "1.5",
        "sweep_s": "2",
        "orphans": "Requeue",
        "agent_lost_s": "2.5",
        "most_attempts": "2",
        "keep_s": "90d",
        "quota_jobs": "12",
        "quota_bytes": "13",
        "most_queued": "3",
        "most_clusters": "4",
        "most_subsystems": "5",
        "most_names": "6",
        "message_bytes": "60000",
        "metadata_bytes": "7000",
        "jobspec_bytes": "8000",
        "work_s": "8.5",
        "rate_limit": "9",
        "most_denied": "10",
        "most_connections": "12",
        "most_web_connections": "13",
        "most_streams_of_one": "14",
        "most_calls": "15",
        "most_streams": "16",
        "handshake_s": "1",
        "message_s": "2",
        "idle_s": "3",
        "stop_s": "4",
        "http_hosts": "scheduler.example, Other.example.",
        "log_level": "DEBUG",
        "log_format": "json",
        "seed": "11",
        "tracing": "on",
        "processes": "2",
    }
    names = {field.name for field in dataclasses.fields(Settings)} - {"registration_secret_file"}
    assert set(texts) == names
    by_variables = from_sources(None, {PREFIX + name.upper(): text for name, text in texts.items()}, {})
    assert by_variables == from_sources(None, {}, texts)
    default = made()
    for name in names - {"tls_cert", "tls_key", "tls_ca", "select_options", "http"}:
        assert getattr(by_variables, name) != getattr(default, name)
    assert (by_variables.http, by_variables.lease_s, by_variables.seed) == (None, 1.5, 11)
    assert by_variables.http_hosts == ("scheduler.example", "other.example")
    assert (by_variables.select_options, by_variables.tls_ca) == ({"priorities": "x"}, Path("ca.pem"))


def test_other_variables_are_not_looked_at():
    environment = {f"{PREFIX}NO_SUCH": "x", "PLACEWISE_SEED": "x", f"{PREFIX}SEED": "", "SEED": "x"}
    assert read(environment=environment) == read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "x" * 257),
        ("name", "a\nb"),
        ("listen", "50051"),
        ("listen", ":50051"),
        ("listen", "localhost"),
        ("listen", "localhost:"),
        ("listen", "localhost:http"),
        ("listen", "localhost:65536"),
        ("listen", "localhost:-1"),
        ("listen", "localhost:\u0661"),
        ("listen", "::1:50051"),
        ("listen", "[127.0.0.1]:50051"),
        ("listen", "[::1]50051"),
        ("listen", "127.1:50051"),
        ("listen", "2130706433:50051"),
        ("listen", "a b:50051"),
        ("listen", "none"),
        ("listen", "unix:/run/placewise"),
        ("listen", "http://localhost:50051"),
        ("listen", "localhost:" + "1" * 5000),
        ("http", ""),
        ("http", "x"),
        ("insecure", "perhaps"),
        ("insecure", 1),
        ("lease_s", 0),
        ("lease_s", -1),
        ("lease_s", "nan"),
        ("lease_s", "inf"),
        ("lease_s", "soon"),
        ("lease_s", True),
        ("sweep_s", 1e300),
        ("most_queued", 0),
        ("most_queued", "-3"),
        ("most_queued", "1.5"),
        ("most_queued", "1" * 30),
        ("most_queued", 1.0),
        ("most_clusters", 0),
        ("most_subsystems", None),
        ("message_bytes", 2**31),
        ("message_bytes", 10),
        ("metadata_bytes", 0),
        ("jobspec_bytes", 0),
        ("rate_limit", -1),
        ("most_denied", 0),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("seed", -1),
        ("select_options", "priorities"),
        ("select_options", "[1]"),
        ("select_options", "{a: 1}"),
        ("select_options", "{a: ["),
        ("match_algorithm", ""),
        ("tracing", ""),
        ("tls_cert", ""),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_name(name, value):
    with pytest.raises(InputError) as caught:
        made(**{name: value})
    assert caught.value.place.startswith(name)
    assert caught.value.expected or "YAML" in caught.value.problem
    if value is not None:
        with pytest.raises(InputError) as caught:
            read(**{name: value})
        assert caught.value.place.startswith("--" + name.removesuffix("_s").replace("_", "-"))
    if isinstance(value, str) and value:
        with pytest.raises(InputError) as caught:
            read(environment={PREFIX + name.upper(): value})
        assert caught.value.place.startswith(PREFIX + name.upper())


@pytest.mark.parametrize("text", ["scheduler: 5", f"scheduler: {{name: {'x' * 300}}}", "a: [", ""])
def test_a_configuration_that_cannot_be_used_is_named(text, tmp_path):
    path = tmp_path / "rainbow-config.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.file == str(path)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "[::]", "[2001:db8::1]", "example.org", "[::ffff:10.0.0.1]"])
@pytest.mark.parametrize("name", ["listen", "http"])
def test_an_address_that_others_reach_needs_tls_or_a_word(name, host):
    told = {name: f"{host}:7000"}
    with pytest.raises(InputError, match="others could reach") as caught:
        made(**told)
    assert caught.value.place == name
    assert getattr(made(**told, insecure=True), name) == told[name]
    assert made(**told, tls_cert="cert.pem", tls_key="key.pem").tls


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "LOCALHOST"])
def test_this_machine_alone_needs_neither(host):
    assert made(listen=f"{host}:7000", http=f"{host}:7001").listen == f"{host}:7000"


@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_is_read_as_it_is_written(host, port):
    address = Address(str(host), port)
    assert Address.of(str(address), "") == address
    assert address.is_loopback == ipaddress.ip_address(host).is_loopback


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_an_input_error(text):
    try:
        found = Address.of(text, "here")
    except InputError:
        return
    assert 0 <= found.port <= 65535
    assert found.is_loopback in (True, False)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"tls_cert": "a"}, "tls_key"),
        ({"tls_key": "a"}, "tls_cert"),
        ({"tls_ca": "a"}, "tls_ca"),
        ({"http": "127.0.0.1:50051"}, "http"),
        ({"jobspec_bytes": 5 << 20}, "jobspec_bytes"),
    ],
)
def test_values_that_do_not_go_together_are_refused(told, place):
    with pytest.raises(InputError) as caught:
        made(**told)
    assert caught.value.place == place


def test_two_free_ports_are_not_the_same():
    assert made(listen="127.0.0.1:0", http="127.0.0.1:0").http == "127.0.0.1:0"


@pytest.mark.parametrize("name", ["registration_secret", "global_token"])
@pytest.mark.parametrize("value", ["", "x" * 1025, f"{SECRET}\n", f"{SECRET}\udc80", 5, [SECRET]])
def test_a_secret_that_cannot_be_used_is_not_shown(name, value):
    with pytest.raises(InputError) as caught:
        made(**{name: value})
    assert caught.value.place == name
    assert SECRET not in str(caught.value)


def test_no_secret_is_shown():
    url = f"postgresql://me:{SECRET}@host/db"
    assert SECRET not in repr(made(global_token=SECRET, database=url))
    with pytest.raises(InputError) as caught:
        made(database=url + "\n")
    assert SECRET not in str(caught.value)


def test_a_secret_is_made_once_and_kept_beside_the_database(tmp_path):
    folder = tmp_path / "new" / "folder"
    told = {"database": str(folder / "x.db")}
    settings = from_sources(None, {}, told)
    path = folder / SECRET_FILE
    assert settings.registration_secret_file == path
    assert path.read_text().strip() == settings.registration_secret
    assert len(settings.registration_secret) >= 43  # 256 bits in base 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == [SECRET_FILE]
    assert from_sources(None, {}, told) == settings
    assert from_sources(None, {}, told | {"registration_secret": "own"}).registration_secret_file is None
    other = from_sources(None, {}, {"database": str(tmp_path / "other" / "x.db")})
    assert other.registration_secret != settings.registration_secret


def test_no_secret_is_made_for_settings_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError):
        from_sources(None, {}, {"database": str(tmp_path / "x.db"), "listen": "0.0.0.0:1"})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "database", ["postgresql://host/db", ":memory:", "sqlite://", "mysql://host/db", "nonsense://"]
)
def test_where_no_file_could_lie_the_secret_must_be_given(database):
    with pytest.raises(InputError, match="no registration secret is given") as caught:
        from_sources(None, {}, {"database": database})
    assert "--registration-secret" in caught.value.expected


@pytest.mark.parametrize(
    ("database", "path"),
    [
        ("x.db", "x.db"),
        ("sqlite:///x.db", "x.db"),
        ("sqlite:////var/x.db", "/var/x.db"),
        ("sqlite+pysqlite:////var/x.db", "/var/x.db"),
        ("postgresql+psycopg://host/db", None),
    ],
)
def test_a_sqlite_database_is_told_by_its_path_or_url(database, path):
    assert sqlite_file(database) == (None if path is None else Path(path))


def test_of_two_that_make_a_secret_at_once_both_use_the_first(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    real = kept_secret.private_file

    def late(path, content):
        keep_secret_of_the_other(path)
        return real(path, content)

    def keep_secret_of_the_other(path):
        monkeypatch.setattr(kept_secret, "private_file", real)
        assert keep_secret(path, "first") == "first"

    monkeypatch.setattr(kept_secret, "private_file", late)
    assert keep_secret(path, "second") == "first"
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"two\nlines", b"x" * 2000])
def test_a_kept_secret_that_cannot_be_used_is_refused(content, tmp_path):
    path = tmp_path / SECRET_FILE
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        from_sources(None, {}, {"database": str(tmp_path / "x.db")})
    assert caught.value.file == str(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as caught:
        from_sources(None, {}, {"database": str(tmp_path / "file" / "x.db")})
    assert caught.value.file == str(tmp_path / "file" / SECRET_FILE)


def test_a_secret_half_written_is_never_there(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("placewise.service.kept_secret.os.fsync", full)
    with pytest.raises(InputError, match="No space left"):
        keep_secret(tmp_path / "secret", "x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90d", 90 * 86_400), ("12h", 43_200), ("1w", 604_800), (60, 60), ("0.5s", 0.5), ("none", None), (None, None)],
)
def test_how_long_jobs_are_kept_is_written_as_people_do(written, seconds):
    assert made(keep_s=written).keep_s == seconds


@pytest.mark.parametrize("written", ["0", "-1d", "90 fortnights", "unlimited", "nan", "1e400", True, "101000d", [], ""])
def test_what_is_no_length_of_time_is_refused(written):
    with pytest.raises(InputError) as caught:
        made(keep_s=written)
    assert "keep_s" in str(caught.value)


@pytest.mark.parametrize("name", ["quota_jobs", "quota_bytes"])
def test_quotas_are_whole_numbers_from_one_on(name):
    assert getattr(made(), name) is None
    assert getattr(made(**{name: "5"}), name) == 5
    for written in (0, -1, 1.5, "many"):
        with pytest.raises(InputError):
            made(**{name: written})


def test_how_long_jobs_are_kept_can_be_a_variable():
    assert read(environment={f"{PREFIX}KEEP_S": "90d"}).keep_s == 90 * 86_400
