import asyncio
import shutil
import subprocess
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.service.observing.metrics import Metrics
from placewise.service.store.rows.job import Event, StoredJob
from placewise.service.web.app import make_app
from placewise.service.web.filling import LONGEST_TEXT, Templates, brief, moment, span
from placewise.service.web.shown import ClusterRow, JobPage, Overview

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}\u202e"
NOW = 1_800_000_000.0
DEADLINE_S = 20


def cluster(name="keebler", **further):
    values = {"nodes": 3, "subsystems": 2, "waiting": 1, "running": 0, "updated_at": NOW, "state": ()}
    return ClusterRow(name, **(values | further))


def job(number=1, name="lammps", state="assigned", where="keebler", reason=None, **further):
    return StoredJob(number, name, None, where, state, NOW - 5, NOW - number, reason, None, **further)


class Told:
    """Pages as they are set."""

    def __init__(self, clusters=(), jobs=(), **further):
        self.shown = Overview("here", "0.1.0", NOW - 90_000, clusters, jobs, **further)
        self.jobs = {}
        self.well = True

    async def overview(self):
        return self.shown

    async def job(self, job_id, peer):
        assert peer == "127.0.0.1"
        return self.jobs.get(job_id)

    def healthy(self):
        return self.well


@asynccontextmanager
async def serving(pages, metrics=None):
    runner = web.AppRunner(make_app(pages, metrics or Metrics(), clock=lambda: NOW), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def ask(pages, path, method="GET", metrics=None, **further):
    """Return status, headers and text."""

    async def work():
        async with (
            asyncio.timeout(DEADLINE_S),
            serving(pages, metrics) as address,
            ClientSession() as session,
            session.request(method, address + path, **further) as response,
        ):
            return response.status, response.headers, await response.text()

    return asyncio.run(work())


class Read(HTMLParser):
    """Tags, attributes and rows of cells of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.rows, self.text = [], [], [], ""
        self.in_cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


def full():
    state = (("nodes_free", "2"), ("cost", "0.5"))
    clusters = [cluster(state=state), cluster("osprey", nodes=12_345, waiting=7, running=3)]
    history = (Event("submitted", NOW - 5, None), Event("refused", NOW - 5, "no cluster has gcc 99"))
    jobs = [job(2, "amg", "refused", None, "no cluster has gcc 99", history=history), job(1)]
    pages = Told(clusters, jobs, totals=(("clusters", 2), ("jobs waiting", 8)))
    pages.jobs[2] = JobPage(jobs[0], ("gcc: 2 clusters have 9.4.0", "resources: 1 cluster is too small"))
    return pages


def test_the_page_shows_clusters_and_jobs():
    status, headers, html = ask(full(), "/")
    page = Read(html)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    time = "2027-01-15 08:00:00"
    assert ["keebler", "3", "2", "1", "0", time, "", "nodes_free: 2cost: 0.5"] in page.rows
    assert ["osprey", "12,345", "2", "7", "3", time, "", ""] in page.rows
    assert ["2", "amg", "refused", "-", "2027-01-15 07:59:58", "no cluster has gcc 99"] in page.rows
    assert ["1", "lammps", "assigned", "keebler", "2027-01-15 07:59:59", ""] in page.rows
    assert ("a", "href", "/jobs/2") in page.attributes
    assert "up for 1 d 1 h" in page.text
    assert "2027-01-15 08:00:00 UTC" in page.text


def test_tables_say_what_they_are():
    page = Read(ask(full(), "/")[2])
    assert page.tags.count("table") == page.tags.count("caption") == 2
    assert page.tags.count("th") == sum(1 for tag, name, _ in page.attributes if tag == "th" and name == "scope")
    assert ("html", "lang", "en") in page.attributes


def test_a_jobs_page_tells_its_history_and_why():
    status, _, html = ask(full(), "/jobs/2")
    page = Read(html)
    assert status == 200
    assert ["2027-01-15 07:59:55", "refused", "as above"] in page.rows
    assert "gcc: 2 clusters have 9.4.0" in page.text
    assert page.text.count("no cluster has gcc 99") == 1
    assert page.text.index("submitted") < page.text.rindex("refused")


def test_another_jobs_reason_is_said_once_and_details_of_its_past_stay():
    history = (Event("failed", NOW - 5, "lost its node"), Event("failed", NOW - 4, "out of memory"))
    pages = Told()
    pages.jobs[3] = JobPage(job(3, "amg", "failed", reason="out of memory", history=history))
    page = Read(ask(pages, "/jobs/3")[2])
    assert page.text.count("out of memory") == 1
    assert [row[2] for row in page.rows[1:]] == ["lost its node", "as above"]


@pytest.mark.parametrize("path", ["/jobs/3", "/jobs/9999999999", "/jobs/0"])
def test_a_job_that_is_not_there_is_said_so(path):
    status, _, html = ask(full(), path)
    assert status == 404
    assert "There is no job" in html


@pytest.mark.parametrize(
    "path", ["/jobs/", "/jobs/x", "/jobs/-1", "/jobs/1/x", "/jobs/99999999999", "/x", "/jobs/%3Cb%3E"]
)
def test_any_other_path_is_not_found(path):
    status, headers, text = ask(full(), path)
    assert status == 404
    assert "<b>" not in text
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_yet_is_said_so():
    text = Read(ask(Told(), "/")[2]).text
    assert "No cluster is registered yet." in text
    assert "No job was submitted yet." in text


@pytest.mark.parametrize("path", ["/", "/jobs/2", "/jobs/3", "/healthz", "/metrics", "/x"])
def test_every_answer_carries_the_headers(path):
    _, headers, _ = ask(full(), path)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["style-src"].startswith("'sha256-")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Server"] == "placewise"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/jobs/2", "/healthz", "/metrics"])
def test_nothing_can_be_changed(path, method):
    status, headers, _ = ask(full(), path, method)
    assert status == 405
    assert headers["Allow"] == "GET,HEAD"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/jobs/2", "/healthz", "/metrics"])
def test_head_answers_without_a_body(path):
    status, _, text = ask(full(), path, "HEAD")
    assert (status, text) == (200, "")


def test_health_is_told_to_machines():
    pages = Told()
    assert ask(pages, "/healthz")[::2] == (200, '{"status": "ok"}')
    pages.well = False
    assert ask(pages, "/healthz")[::2] == (503, '{"status": "unavailable"}')


def test_metrics_are_told_to_prometheus():
    metrics = Metrics()
    metrics.submissions.labels("refused").inc()
    status, headers, text = ask(Told(), "/metrics", metrics=metrics)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert 'placewise_submissions_total{result="refused"} 1.0' in text


def test_the_page_refreshes_itself_unless_told_not_to():
    assert ("meta", "http-equiv", "refresh") in Read(ask(full(), "/")[2]).attributes
    page = Read(ask(full(), "/?refresh=off")[2])
    assert ("meta", "http-equiv", "refresh") not in page.attributes
    assert ("a", "href", "/") in page.attributes


def test_long_lists_and_texts_are_cut_with_a_count():
    many = [cluster(f"c{number}", state=[(str(key), "v") for key in range(20)]) for number in range(10_000)]
    pages = Told(many, [job(number, "n" * 5000) for number in range(1, 2000)])
    page = Read(ask(pages, "/")[2])
    assert "The first 200 of 10,000 clusters." in page.text
    assert "The first 100 of 1,999 jobs." in page.text
    assert "and 12 more" in page.text
    assert len(page.rows) == 2 + 200 + 100
    assert max(len(row[1]) for row in page.rows) == LONGEST_TEXT


def test_nothing_comes_from_elsewhere():
    for path in ("/", "/jobs/2", "/jobs/3"):
        page = Read(ask(full(), path)[2])
        assert not {"script", "iframe", "object", "embed", "form", "img"} & set(page.tags)
        for _, name, value in page.attributes:
            if name in ("src", "href", "action"):
                assert value.startswith(("/", "data:,"))
            assert not name.startswith("on")
            assert name != "style"


def everything_hostile(text):
    row = cluster(text, state=[(text, text)])
    shown = StoredJob(7, text, None, text, text, NOW, NOW, text, 3.0, history=(Event(text, NOW, text),))
    pages = Told([row], [shown])
    pages.shown = Overview(text, "0.1.0", NOW, [row], [shown], [("jobs", 1)])
    pages.jobs[7] = JobPage(shown, (text,))
    return pages


@settings(max_examples=settings.default.max_examples // 2)
@given(st.text(min_size=1, max_size=60) | st.just(HOSTILE))
def test_names_of_strangers_are_text_and_nothing_else(text):
    pages, plain, templates = everything_hostile(text), everything_hostile("x"), Templates()
    for fill in (
        lambda told: templates.overview(told.shown, NOW, refresh=True),
        lambda told: templates.job(told.jobs[7], NOW),
    ):
        page, expected = Read(fill(pages)), Read(fill(plain))
        assert page.tags == expected.tags
        assert [(tag, name) for tag, name, _ in page.attributes] == [
            (tag, name) for tag, name, _ in expected.attributes
        ]
        cell = brief(text)
        assert all(row[1] == cell or row[1] in ("Name", "State") for row in page.rows if len(row) in (3, 6))


@given(st.floats())
def test_any_number_is_shown_as_a_time_or_not_at_all(seconds):
    assert moment(seconds) == "-" or len(moment(seconds)) == 19


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_durations_are_told_in_their_largest_units(seconds, text):
    assert span(seconds) == text


OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--no-proxy-server",
)  # fmt: skip


async def browse(pages, path, profile, *options):
    async with serving(pages) as address:
        browser = await asyncio.create_subprocess_exec(
            CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", *options, address + path,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(120):
            out, err = await browser.communicate()
        assert browser.returncode == 0
        return out.decode(), err.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page with")
@pytest.mark.parametrize("path", ["/", "/jobs/7"])
def test_a_browser_shows_hostile_names_as_text_and_does_not_complain(path, tmp_path):
    shown, complaints = asyncio.run(browse(everything_hostile(HOSTILE), path, tmp_path / "profile", "--dump-dom"))
    assert "&lt;script&gt;document.title" in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<title>owned" not in shown
    # The browser's own machinery complains about its surroundings; a page complains as CONSOLE.
    assert "CONSOLE" not in complaints


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page with")
def test_on_a_phone_the_history_of_a_job_needs_no_scrolling(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    page_file = tmp_path / "job.html"
    page_file.write_text(Templates().job(full().jobs[2], NOW))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(page_file.as_uri())
        assert page.locator(".scroll").evaluate("one => one.scrollWidth - one.clientWidth") == 0
        # A date is never broken at its hyphens.
        heights = page.locator("time span").evaluate_all("all => all.map((one) => one.getClientRects().length)")
        assert set(heights) == {1}
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page with")
def test_a_browser_applies_the_style(tmp_path):
    picture = tmp_path / "page.png"
    options = (f"--screenshot={picture}", "--window-size=1100,700", "--hide-scrollbars")
    _, complaints = asyncio.run(browse(full(), "/", tmp_path / "profile", *options))
    assert "CONSOLE" not in complaints
    assert picture.read_bytes().startswith(b"\x89PNG")
