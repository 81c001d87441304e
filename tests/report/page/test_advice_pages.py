"""The pages of `explain` and `diff`: whole, deterministic, and safe whatever clusters and jobs are called."""

import shutil
from functools import cache
from itertools import pairwise

import pytest
from page_reader import Page

from placewise.advice.asked_jobs import asked_jobs
from placewise.advice.fleet_diff import fleet_diff
from placewise.advice.job_costs import job_cost
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, unshaped
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.start_estimate import ClusterStart, StartEstimate
from placewise.report.page.diff_page import render_diff_page
from placewise.report.page.explain_page import ExplainedJob, render_explain_page

HOSTILE = "</td><script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e&{{7*7}}\x1b[2J"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def fleet(*versions, price=1.0):
    return Fleet(
        tuple(
            Cluster(
                f"{HOSTILE}{number}",
                unshaped(),
                tuple(
                    Subsystem(name, (SubsystemVertex((("version", version), ("note", HOSTILE))),))
                    for name in ("perl", "cmake")
                ),
                (("cost_per_node_hour", price + number), (HOSTILE, HOSTILE)),
            )
            for number, version in enumerate(versions)
        )
    )


def job(name, line="perl@5.30:", **attributes):
    asked = ResourceGroup((), (Requirement.parse(line),))
    return Job(name, (asked,), attributes=tuple({**attributes, HOSTILE: HOSTILE}.items()))


def explained(there, *jobs, start=False):
    index, found = FleetIndex(there), []
    for one in jobs:
        positions = match(index, one).positions
        starts = tuple(
            ClusterStart(there.names[at], "easy", 1_767_229_200 + at, at, 1, 2, bool(at % 2)) for at in positions
        )
        estimate = StartEstimate(one.name, 1_767_229_200, 4, 3600, starts, (HOSTILE,)) if start else None
        cost = job_cost(there, positions, one, processors=4)
        found.append(ExplainedJob(one, why_not(index, one), relaxations(index, one), cost, estimate))
    return render_explain_page(found, fleet=HOSTILE, command=f"placewise explain {HOSTILE}")


@cache
def pages():
    """Pages with all that they can have: many clusters and jobs, prices, starts, losses and gains."""
    before = fleet(*(f"5.{minor}" for minor in range(20, 40)))
    after = fleet(*(f"5.{minor}" for minor in range(39, 19, -1)), price=2.0)
    jobs = [job(f"{HOSTILE}{number}", f"perl@5.{20 + number}:") for number in range(18)]
    found = fleet_diff(before, after, asked_jobs(jobs))
    return {
        "one": explained(before, job(HOSTILE, duration=7200), start=True),
        "many": explained(before, job("first"), job(HOSTILE), job("nowhere", "perl@6:")),
        "diff": render_diff_page(found, before=HOSTILE, after="after", command="placewise diff"),
        "same": render_diff_page(fleet_diff(before, before), before="a", after="a", command="placewise diff"),
    }


@pytest.mark.parametrize("name", ["one", "many", "diff", "same"])
def test_a_page_is_whole_and_holds_nothing_of_strangers_but_their_text(name):
    text = pages()[name]
    page = Page(text)
    assert page.open == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert all(one.get("href", "#").startswith(("#", "data:")) for tag, one in page.tags if tag in ("a", "link"))
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "49" not in "".join(page.text)[:200]
    (policy,) = [one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


def test_a_page_has_the_same_bytes_again():
    assert pages.__wrapped__() == pages()


def test_a_page_says_where_why_not_and_what_to_relax():
    text = "".join(Page(pages()["one"]).text)
    for said in ("Fits on 10 of 20 clusters", "the cheapest", "if it runs for 2 hours", "Would start first"):
        assert said in text
    assert "perl has version 5.29, asked 5.30:" in text
    assert "perl@5.29:" in text
    assert "Why it fits nowhere" in pages()["many"]
    found = "".join(Page(pages()["diff"]).text)
    assert "20 clusters are changed" in found
    assert "cost_per_node_hour 1 -> 2" in found
    assert "Why jobs lose clusters" in found
    assert "What changed" not in "".join(Page(pages()["same"]).text).replace("What changed between", "")


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    if CHROMIUM is None:
        pytest.skip("no chromium to open the pages with")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_can_be_read_in_any_window(browser, tmp_path, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    for name, text in pages().items():
        path = tmp_path / f"{name}.html"
        path.write_text(text)
        page.goto(path.as_uri())
        assert "owned" not in page.title() or "script" in page.title()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        clipped = page.evaluate(
            """() => [...document.querySelectorAll("td, tbody th, dd, li, p")].filter((one) =>
            one.offsetParent && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
        )
        assert clipped == []
        smallest = page.evaluate(
            """() => Math.min(...[...document.querySelectorAll("td, th, p, li, dd, code")]
            .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""
        )
        assert smallest >= 12
        levels = page.locator("h1, h2, h3").evaluate_all("all => all.map((one) => Number(one.tagName[1]))")
        assert all(after - before <= 1 for before, after in pairwise(levels)), "headings go down step by step"
        heads = page.locator(".texts thead").first
        if heads.count():
            assert (heads.bounding_box()["x"] >= 0) == (width > 700), "columns are headed where there are columns"
    assert said == []
    context.close()
