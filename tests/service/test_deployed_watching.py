"""The alerts and the dashboard in deploy/ name metrics and labels that a server gives, and have the form they need."""

import json
import re
from pathlib import Path

import pytest
import yaml

from placewise.service.observing.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
ENDS = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
    "info": ("_info",),
}
_METRIC = re.compile(r"\b((?:placewise|process|python)_[a-z0-9_]+)\s*(?:\{([^}]*)\})?")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_BY = re.compile(r"by \(([^)]*)\)")
# Prometheus adds these; le is a histogram's.
ADDED = {"job", "instance", "le"}
SEVERITIES = {"critical", "warning", "info"}


@pytest.fixture(scope="module")
def given():
    """What a server gives: the names of its labels by the name of each series."""
    found = {}
    for collector in Metrics().registry._collector_to_names:
        for family in collector.collect() if not hasattr(collector, "_labelnames") else collector.describe():
            labels = set(getattr(collector, "_labelnames", ()))
            found |= {family.name + end: labels for end in ENDS[family.type]}
    return found


def rules():
    document = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())
    assert set(document) == {"groups"}
    [group] = document["groups"]
    assert set(group) == {"name", "rules"}
    return group["rules"]


def dashboard():
    return json.loads((DEPLOY / "grafana-dashboard.json").read_text())


def expressions():
    found = [(rule["alert"], rule["expr"]) for rule in rules()]
    return found + [(panel["title"], one["expr"]) for panel in dashboard()["panels"] for one in panel["targets"]]


@pytest.mark.parametrize(("name", "expression"), expressions())
def test_every_metric_and_label_is_one_that_a_server_gives(given, name, expression):
    metrics = _METRIC.findall(expression)
    assert metrics or expression.startswith("up{")
    for metric, labels in metrics:
        assert metric in given
        assert set(_LABEL.findall(labels)) <= given[metric] | ADDED
    known = set().union(*(given[metric] for metric, _ in metrics)) | ADDED
    for labels in _BY.findall(expression):
        assert {one.strip() for one in labels.split(",")} <= known
    assert expression.count("(") == expression.count(")")
    assert expression.count("{") == expression.count("}")


def test_alerts_have_what_prometheus_asks_for():
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"[0-9]+[smhd]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in SEVERITIES
        assert set(rule["annotations"]) == {"summary", "description"}
        shown = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        grouped = {one.strip() for labels in _BY.findall(rule["expr"]) for one in labels.split(",")}
        assert shown <= grouped or not re.search(r"\b(sum|max)\b", rule["expr"])


def test_the_dashboard_has_what_grafana_asks_for():
    document = dashboard()
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= set(document)
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    places = [tuple(panel["gridPos"].values()) for panel in document["panels"]]
    assert len(set(places)) == len(places)
    variables = {one["name"] for one in document["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(document)))
    assert used == variables | {"__rate_interval"}
    for panel in document["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        refs = [one["refId"] for one in panel["targets"]]
        assert len(set(refs)) == len(refs)


def test_no_series_says_when_another_began():
    metrics = Metrics()
    metrics.answered("/a/B", "OK", 0.1)
    assert "_created" not in metrics.render()[0].decode()


def test_every_metric_of_ours_is_on_the_dashboard(given):
    shown = {metric for _, expression in expressions() for metric, _ in _METRIC.findall(expression)}
    families = {re.sub(r"_(total|bucket|sum|count)$", "", one) for one in given if one.startswith("placewise_")}
    on = {re.sub(r"_(total|bucket|sum|count)$", "", one) for one in shown}
    assert families - on <= {"placewise_subsystems", "placewise_index_rows"}
