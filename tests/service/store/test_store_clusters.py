from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from stocking import new_cluster, new_job, receive_all, register, run, set_states, submit

from placewise.errors import InputError
from placewise.service.guard.refusals import ClusterGone
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import (
    add_clusters,
    delete_cluster,
    load_clusters,
    put_subsystems,
    remove_subsystems,
    revisions,
    rotate,
    update_cluster,
)
from placewise.service.store.rows.job import JobState
from placewise.service.store.rows.jobs import get_job, list_jobs, queue_lengths, report
from placewise.service.store.tables import graphs, subsystems

HOSTILE = [
    "%",
    "_",
    "'; DROP TABLE jobs; --",
    '"quoted"',
    "Aliceblue",
    "aliceblue",
    "a\\b",
    "ñ",
    "n\u0303",
    "*",
    ":x",
    "%s",
]


def loaded(database, ids=None):
    return {one.name: one for one in database.read(lambda c: load_clusters(c, ids))}


def test_a_cluster_comes_back_as_it_was_registered(database):
    new = replace(new_cluster("x", {"io": "doc 'ñ' %s", "arch": "{}"}), secret_hash=b"\0\xff", state='{"a": 1}')
    assert database.write(lambda c: add_clusters(c, [new], 1.5)) == [1]
    [one] = database.read(load_clusters)
    assert (one.id, one.name, one.secret_hash, one.token_hash) == (1, "x", b"\0\xff", new.token_hash)
    assert (one.nodes, one.subsystems, one.state) == (new.nodes, new.subsystems, new.state)
    assert (one.revision, one.registered_at, one.updated_at) == (1, 1.5, 1.5)
    assert "hash" not in repr(one) + repr(new)


def test_a_name_is_registered_once_also_within_one_call(database):
    one, other = new_cluster("a"), replace(new_cluster("a"), nodes="other")
    assert database.write(lambda c: add_clusters(c, [one, other, new_cluster("b"), one], 1.0)) == [1, None, 2, None]
    assert database.write(lambda c: add_clusters(c, [other, new_cluster("c")], 2.0))[0] is None
    assert loaded(database)["a"].nodes == one.nodes
    assert database.write(lambda c: add_clusters(c, [], 2.0)) == []


def test_names_are_exact_whatever_they_look_like(database):
    ids = register(database, *HOSTILE)
    assert None not in ids
    assert set(loaded(database)) == set(HOSTILE)
    assert register(database, *HOSTILE) == [None] * len(HOSTILE)
    for cluster_id, name in zip(ids, HOSTILE, strict=True):
        assert database.write(lambda c, i=cluster_id, n=name: put_subsystems(c, [(i, n, n)], 2.0)) == [2]
        submit(database, cluster_id, name=name, request_id=name, jobspec=name, reason=name)
    assert {name: one.subsystems for name, one in loaded(database).items()} == {n: {n: n} for n in HOSTILE}
    for cluster_id, name in zip(ids, HOSTILE, strict=True):
        [job] = receive_all(database, cluster_id)
        assert (job.name, job.jobspec) == (name, name)
    for name in HOSTILE[:3]:
        database.write(lambda c, n=name: remove_subsystems(c, [(ids[0], n)], 3.0))
    assert loaded(database)["_"].subsystems == {"_": "_"}


@pytest.mark.parametrize("name", ["", "x" * 257, "a\nb", "\0", "\x1b[31m", "\u202e", "\ud800"])
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(InputError):
        new_cluster(name)
    with pytest.raises(InputError):
        new_job(1, name=name)
    with pytest.raises(InputError):
        new_cluster("x", {name: "{}"})


@pytest.mark.parametrize("document", ["a\0b", "\udc80"])
def test_texts_that_one_of_the_databases_cannot_keep_are_refused_by_both(database, document):
    register(database)
    for act in (
        lambda c: put_subsystems(c, [(1, "io", document)], 2.0),
        lambda c: set_states(c, [(1, document)], 2.0),
        lambda c: update_cluster(c, 1, nodes=document, now=2.0),
        lambda c: update_cluster(c, 1, subsystems={"io": document}, now=2.0),
        lambda c: report(c, 1, 1, True, None, document, 2.0),
    ):
        with pytest.raises(InputError, match="cannot be kept"):
            database.write(act)
    with pytest.raises(InputError, match="cannot be kept"):
        new_job(1, jobspec=document)
    assert loaded(database)["aliceblue"].revision == 1


def test_subsystems_are_put_replaced_and_removed(database):
    a, b = register(database, "a", "b")
    put = [(a, "io", "1"), (b, "io", "2"), (99, "io", "3"), (a, "io", "4"), (a, "arch", "5")]
    assert database.write(lambda c: put_subsystems(c, put, 2.0)) == [2, 2, None, 2, 2]
    assert loaded(database)["a"].subsystems == {"arch": "5", "io": "4"}
    assert database.write(lambda c: put_subsystems(c, [(a, "io", "6")], 3.0)) == [3]
    assert loaded(database)["a"].subsystems == {"arch": "5", "io": "6"}
    removed = [(a, "io"), (a, "none"), (99, "io"), (b, "arch")]
    assert database.write(lambda c: remove_subsystems(c, removed, 4.0)) == [True, False, False, False]
    assert loaded(database)["a"].subsystems == {"arch": "5"}
    assert loaded(database)["b"].subsystems == {"io": "2"}
    assert database.write(lambda c: remove_subsystems(c, [(99, "io")], 4.0)) == [False]
    assert database.write(lambda c: put_subsystems(c, [(99, "io", "")], 4.0)) == [None]
    assert database.write(lambda c: put_subsystems(c, [], 4.0)) == []


def test_states_and_credentials_are_replaced(database):
    a, b = register(database, "a", "b")
    states = [(a, "1"), (99, "2"), (b, "3"), (a, "4")]
    assert database.write(lambda c: set_states(c, states, 2.0)) == [True, False, True, True]
    assert (loaded(database)["a"].state, loaded(database)["b"].state) == ("4", "3")
    assert database.write(lambda c: rotate(c, a, secret_hash=b"new", now=3.0))
    assert database.write(lambda c: rotate(c, b, token_hash=b"new", now=3.0))
    assert not database.write(lambda c: rotate(c, 99, token_hash=b"new", now=3.0))
    one, other = loaded(database)["a"], loaded(database)["b"]
    assert (one.secret_hash, one.token_hash) == (b"new", b"token hash")
    assert (other.secret_hash, other.token_hash) == (b"secret hash", b"new")
    assert (one.updated_at, one.registered_at) == (3.0, 1.0)


def test_several_things_of_a_cluster_change_at_once(database):
    [a] = database.write(lambda c: add_clusters(c, [new_cluster("a", {"io": "1", "arch": "2", "mpi": "3"})], 1.0))
    changes = {"nodes": "n", "subsystems": {"io": "4", "gpu": "5", "mpi": "6"}, "removed": ["arch", "mpi", "none"]}
    assert database.write(lambda c: update_cluster(c, a, **changes, state="s", now=2.0))
    one = loaded(database)["a"]
    assert (one.nodes, one.state, one.subsystems) == ("n", "s", {"io": "4", "gpu": "5", "mpi": "6"})
    assert not database.write(lambda c: update_cluster(c, 99, **changes, now=2.0))
    assert database.write(lambda c: update_cluster(c, a, now=3.0))
    assert (loaded(database)["a"].nodes, loaded(database)["a"].updated_at) == ("n", 3.0)


def test_every_change_and_nothing_else_raises_the_revision_of_its_cluster(database):
    a, b = register(database, "a", "b")
    changes = [
        lambda c: put_subsystems(c, [(a, "io", "1")], 2.0),
        lambda c: put_subsystems(c, [(a, "io", "1")], 2.0),
        lambda c: remove_subsystems(c, [(a, "io")], 2.0),
        lambda c: set_states(c, [(a, "1")], 2.0),
        lambda c: rotate(c, a, secret_hash=b"", now=2.0),
        lambda c: update_cluster(c, a, state="2", now=2.0),
        lambda c: update_cluster(c, a, removed=["io"], now=2.0),
    ]
    for change in changes:
        before = database.read(revisions)
        answer = database.write(change)
        after = database.read(revisions)
        # Some answer with the revision that they made, some that they did it.
        assert answer in (after[a], [after[a]], [True])
        assert after[a] > before[a]
        assert after[b] == before[b] == 1
    before = database.read(revisions)
    submit(database, a)
    run(database, a)
    database.write(lambda c: remove_subsystems(c, [(a, "none")], 3.0))
    assert database.read(revisions) == before == {one.id: one.revision for one in database.read(load_clusters)}


def test_deleting_a_cluster_ends_its_jobs_and_frees_its_name(database):
    a, b = register(database, "a", "b")
    database.write(lambda c: put_subsystems(c, [(a, "io", "1")], 2.0))
    [finished] = submit(database, a)
    run(database, a)
    database.write(lambda c: report(c, a, finished, True, 1.0, None, 4.0))
    [accepted] = submit(database, a)
    run(database, a)
    [received] = submit(database, a)
    receive_all(database, a)
    [assigned] = submit(database, a)
    submit(database, b)
    assert database.write(lambda c: delete_cluster(c, a, 5.0)) == [accepted, received, assigned]
    assert database.write(lambda c: delete_cluster(c, a, 5.0)) is None
    assert database.write(lambda c: delete_cluster(c, 99, 5.0)) is None
    for number in (accepted, received, assigned):
        job = database.read(lambda c, n=number: get_job(c, n))
        assert (job.state, job.cluster, job.reason) == (JobState.CANCELLED, "a", "the cluster 'a' was deleted")
        assert job.history[-1].at == 5.0
    assert database.read(lambda c: get_job(c, finished)).state == JobState.FINISHED
    assert database.read(queue_lengths) == {b: (1, 0)}
    for table in (graphs, subsystems):
        assert a not in database.read(lambda c, t=table: c.scalars(select(t.c.cluster_id)).all())
    assert list(loaded(database)) == ["b"]
    assert database.read(revisions).keys() == {b}
    for act in (
        lambda c: put_subsystems(c, [(a, "io", "1")], 6.0)[0],
        lambda c: set_states(c, [(a, "1")], 6.0)[0],
        lambda c: rotate(c, a, secret_hash=b"", now=6.0),
        lambda c: update_cluster(c, a, nodes="1", now=6.0),
        lambda c: remove_subsystems(c, [(a, "io")], 6.0)[0],
    ):
        assert not database.write(act)
    [answer] = database.write(lambda c: add_jobs(c, [new_job(a)], 6.0, 10))
    assert isinstance(answer, ClusterGone)
    assert receive_all(database, a) == []
    [again] = register(database, "a")
    assert again not in (a, b, None)
    assert loaded(database)["a"].subsystems == {}
    assert len(database.read(lambda c: list_jobs(c, cluster_ids=[again], limit=10))) == 0


def test_clusters_are_loaded_by_id_in_order(database):
    ids = register(database, *"fedcba")
    database.write(lambda c: delete_cluster(c, ids[2], 2.0))
    assert [one.id for one in database.read(load_clusters)] == [ids[0], ids[1], *ids[3:]]
    assert [one.id for one in database.read(lambda c: load_clusters(c, {ids[4], ids[2], ids[0], 99}))] == [
        ids[0],
        ids[4],
    ]
    assert database.read(lambda c: load_clusters(c, [])) == []


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=50))
def test_any_text_survives(database, text):
    register(database)
    assert database.write(lambda c: put_subsystems(c, [(1, "io", text)], 2.0)) == database.read(
        lambda c: [revisions(c)[1]]
    )
    assert loaded(database)["aliceblue"].subsystems == {"io": text}


def test_a_real_fleet_survives(database, public_data):
    folders = sorted((public_data / "reliabuild" / "clusters").iterdir())
    new = [
        replace(
            new_cluster(
                folder.name,
                {p.name.removesuffix("-subsystem.json"): p.read_text() for p in folder.glob("*-subsystem.json")},
            ),
            nodes=(folder / "nodes.json").read_text(),
        )
        for folder in folders
    ]
    database.write(lambda c: add_clusters(c, new, 1.0))
    for one, stored in zip(new, database.read(load_clusters), strict=True):
        assert (stored.name, stored.nodes, stored.subsystems) == (one.name, one.nodes, one.subsystems)
