from prometheus_client.parser import text_string_to_metric_families

from placewise.service.observing.metrics import MOST_SUBSYSTEMS, OTHER, Metrics


def samples(metrics):
    body, kind = metrics.render()
    assert kind.startswith("text/plain")
    families = text_string_to_metric_families(body.decode())
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def test_everything_told_is_rendered():
    metrics = Metrics()
    metrics.answered("/a/B", "OK", 0.003)
    metrics.answered("/a/B", "NOT_FOUND", 0.0001)
    metrics.answered("/a/Watch", "CANCELLED", None)
    metrics.open_streams.inc()
    metrics.submissions.labels("assigned").inc()
    metrics.submissions.labels("refused").inc()
    metrics.matches.observe(0)
    metrics.matches.observe(30)
    metrics.unmatched("gcc")
    metrics.jobs_waiting.set(7)
    metrics.jobs_running.set(3)
    metrics.longest_queue.set(5)
    metrics.clusters.set(2)
    metrics.subsystems.set(9)
    metrics.index_bytes.set(1000)
    metrics.index_rows.set(40)
    metrics.commit_batches.observe(12)
    metrics.lease_expiries.inc(4)
    metrics.refused_credentials.inc()
    found = samples(metrics)
    expected = {
        ("placewise_requests_total", ("code", "OK"), ("method", "/a/B")): 1,
        ("placewise_requests_total", ("code", "NOT_FOUND"), ("method", "/a/B")): 1,
        ("placewise_requests_total", ("code", "CANCELLED"), ("method", "/a/Watch")): 1,
        ("placewise_request_seconds_count", ("method", "/a/B")): 2,
        ("placewise_request_seconds_bucket", ("le", "0.0005"), ("method", "/a/B")): 1,
        ("placewise_request_seconds_bucket", ("le", "0.005"), ("method", "/a/B")): 2,
        ("placewise_open_streams",): 1,
        ("placewise_submissions_total", ("result", "assigned")): 1,
        ("placewise_submissions_total", ("result", "refused")): 1,
        ("placewise_matches_bucket", ("le", "0.0")): 1,
        ("placewise_matches_sum",): 30,
        ("placewise_unmatched_total", ("subsystem", "gcc")): 1,
        ("placewise_jobs_waiting",): 7,
        ("placewise_jobs_running",): 3,
        ("placewise_longest_queue",): 5,
        ("placewise_clusters",): 2,
        ("placewise_subsystems",): 9,
        ("placewise_index_bytes",): 1000,
        ("placewise_index_rows",): 40,
        ("placewise_commit_batch_sum",): 12,
        ("placewise_lease_expiries_total",): 4,
        ("placewise_refused_credentials_total",): 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert ("placewise_request_seconds_count", ("method", "/a/Watch")) not in found
    assert found["process_resident_memory_bytes",] > 0


def test_two_servers_in_one_process_do_not_count_together():
    one, other = Metrics(), Metrics()
    one.submissions.labels("assigned").inc()
    assert ("placewise_submissions_total", ("result", "assigned")) not in samples(other)


def test_names_of_strangers_make_a_bounded_number_of_series():
    metrics = Metrics()
    for number in range(500):
        metrics.unmatched(f'{"x" * 10}{number}\n"')
    metrics.unmatched(f'{"x" * 10}0\n"')
    found = {key: value for key, value in samples(metrics).items() if key[0] == "placewise_unmatched_total"}
    assert len(found) == MOST_SUBSYSTEMS + 1
    assert found["placewise_unmatched_total", ("subsystem", OTHER)] == 500 - MOST_SUBSYSTEMS
    assert sum(found.values()) == 501
