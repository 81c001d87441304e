"""The report page as a reader meets it: in a browser, from a file, by mouse and by keys, on a screen and on paper."""

import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pytest
from made_results import worthy
from PIL import Image

from placewise.model.quantities import MACRO
from placewise.model.results.results import SubsystemScore
from placewise.model.results.worth import Difference, Interval
from placewise.report.drawn.figures import render_figures
from placewise.report.page.report_page import write_page

sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page with")

# The browser tells a page of a scroll in its next frame, after a pointer that moved meanwhile.
SCROLLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
HOSTILE = (
    "</script><script>document.title='owned'</script><!--<img src=x onerror=document.title='owned'>\u2028\"'&{{7*7}}"
)
DEADLINE_MS = 60_000


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def written(full, tmp_path_factory):
    """Write a page with every section on worth, and return its address."""
    return page_of(worthy(full), tmp_path_factory.mktemp("page"))


def page_of(results, folder):
    path = folder / "report.html"
    write_page(results, render_figures(results), path, command="placewise simulate")
    return path.as_uri()


@contextmanager
def opened(browser, address, *, ready=True, width=1100, **options):
    """Open a page; in the end nothing may have been complained of, and nothing asked for but the page."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    context.set_default_timeout(DEADLINE_MS)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(address)
        if ready:
            page.wait_for_selector("html[data-ready]")
        yield page
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [address]
    finally:
        context.close()


def marks(page, chart, role):
    """Count the marks of a chart that are told to a screen reader, by what kind they are."""
    selector = f"#chart-{chart} [role='graphics-symbol'][aria-roledescription='{role}']"
    return page.locator(selector).count()


def drawn(page, chart, kind):
    """Count the marks of a chart that carry no words of their own: lines of rules, paths of ticks."""
    return page.locator(f"#chart-{chart} .role-mark.mark-{kind} > :is(line, path)").count()


def column(page, table, number):
    """Return the exact values of a column, or the names where it is the first, of the rows that are shown."""
    script = """(table, number) => Array.from(table.tBodies[0].rows).filter((row) => !row.hidden).map((row) =>
        number ? Number(row.cells[number].querySelector("data").value) : row.cells[0].textContent.trim())"""
    return page.locator(table).evaluate(script, number)


def test_every_chart_has_as_many_marks_as_there_are_numbers(browser, written, full):
    results = worthy(full)
    with opened(browser, written) as page:
        assert marks(page, "value-ranking", "bar") == 24
        assert marks(page, "value-ranking", "point") == 2 * 24
        assert drawn(page, "value-ranking", "rule") == 24
        assert marks(page, "sufficiency", "circle") == 2 * len(results.sufficiency.metadata) + 1
        for chart in ("pareto-levels", "pareto-waste"):
            assert marks(page, chart, "point") == len(results.front)
        assert marks(page, "headlines", "point") == drawn(page, "headlines", "rule") == 6
        assert marks(page, "differences", "point") == len(results.differences)
        assert drawn(page, "fleet-spread", "rect") == 3 * 200
        assert marks(page, "fleet-spread", "circle") == 3
        lengths = Counter(point.setting for point in results.sensitivity).values()
        for number, length in enumerate(lengths, 1):
            assert marks(page, f"sensitivity-{number}", "circle") == 4 * length
        assert marks(page, "trade-off", "point") == 4 * len(full.curve)
        assert page.locator(".chart svg").count() == 13
        assert page.locator("noscript img").count() == 0
        shown = page.locator("img").evaluate_all("images => images.map((image) => image.closest('figure').id)")
        assert not {"trade-off", "value-ranking", "sensitivity"} & set(shown), (
            "a chart and its picture are not both shown"
        )


def test_a_bar_is_as_long_as_its_value_and_says_it(browser, written, full):
    rows = worthy(full).worth.subsystems
    with opened(browser, written) as page:
        bars = page.locator("#chart-value-ranking [aria-roledescription='bar']")
        lengths = bars.evaluate_all("bars => bars.map((bar) => bar.getBBox().width)")
        for length, row in zip(lengths[:10], rows, strict=False):
            assert length / lengths[0] == pytest.approx(row.value / rows[0].value, rel=0.02)
        assert rows[0].name in bars.first.get_attribute("aria-label")
        assert "5.61" in page.locator("#chart-value-ranking").get_attribute("aria-label")
        assert page.locator("#chart-value-ranking").get_attribute("role") == "graphics-document"


def test_a_mark_that_is_pointed_at_tells_its_numbers(browser, written):
    with opened(browser, written) as page:
        bar = page.locator("#chart-value-ranking [aria-roledescription='bar']").first
        bar.scroll_into_view_if_needed()
        page.evaluate(SCROLLED)
        box = bar.bounding_box()
        page.mouse.move(box["x"] + 4, box["y"] + 4)
        page.wait_for_selector(".tip:not([hidden])")
        assert page.locator(".tip").inner_text().split("\n") == [
            "subsystem: package-0", "measure: Shapley value", "of all jobs: 5.61%",
        ]  # fmt: skip
        page.keyboard.press("Escape")
        assert page.locator(".tip").is_hidden()


def test_columns_are_sorted_as_numbers_by_mouse_and_by_keys(browser, written):
    table = "#worth table"
    with opened(browser, written) as page:
        before = column(page, table, 3)
        heads = page.locator(f"{table} thead th")
        heads.nth(3).locator("button").click()
        assert heads.nth(3).get_attribute("aria-sort") == "descending"
        assert column(page, table, 3) == sorted(before, reverse=True) != before
        heads.nth(3).locator("button").press("Enter")
        assert heads.nth(3).get_attribute("aria-sort") == "ascending"
        assert column(page, table, 3) == sorted(before)
        heads.nth(0).locator("button").focus()
        page.keyboard.press("Space")
        assert [heads.nth(i).get_attribute("aria-sort") for i in (0, 3)] == ["ascending", None]
        assert column(page, table, 0) == [f"package-{i}" for i in range(60)], "10 comes after 9"
        outline = heads.nth(0).locator("button").evaluate("button => getComputedStyle(button).outlineStyle")
        assert outline == "solid", "the focus is seen"


def test_a_filter_narrows_a_table_and_counts_aloud(browser, written):
    with opened(browser, written) as page:
        box = page.get_by_label("Filter rows (subsystem)").first
        count = page.locator("#worth output")
        assert count.get_attribute("aria-live") == "polite"
        assert count.inner_text() == "60 of 60 rows"
        box.fill("GE-5")
        assert column(page, "#worth table", 0) == ["package-5", *(f"package-{i}" for i in range(50, 60))]
        assert count.inner_text() == "11 of 60 rows"
        box.fill("nothing is named so")
        assert count.inner_text() == "0 of 60 rows"
        box.fill("")
        assert count.inner_text() == "60 of 60 rows"


@pytest.mark.slow
def test_a_value_that_is_not_known_comes_last_either_way(browser, full, tmp_path):
    score = full.subsystems[0].score
    unknown = replace(score, precision=None)
    kinds = (SubsystemScore("a", score, 0.0), SubsystemScore("b", unknown, 0.0), SubsystemScore("c", score, 0.0))
    address = page_of(replace(full, subsystems=kinds), tmp_path)
    with opened(browser, address) as page:
        button = page.locator("#subsystems thead th", has_text="precision").locator("button")
        for _ in range(2):
            button.click()
            assert page.locator("#subsystems tbody tr").last.locator("th").inner_text() == "b"


def pixel_means(page, place):
    """Return how light a place is on average, and at its corner, from 0 to 1."""
    with Image.open(BytesIO(page.locator(place).screenshot())) as image:
        grey = image.convert("L")
        return sum(grey.tobytes()) / (255 * grey.width * grey.height), grey.getpixel((1, grey.height - 2)) / 255


@pytest.mark.slow
def test_charts_are_light_by_day_and_dark_by_night(browser, written):
    colours = {}
    for scheme in ("light", "dark"):
        with opened(browser, written, color_scheme=scheme) as page:
            mean, ground = pixel_means(page, "#chart-value-ranking")
            bar = page.locator("#chart-value-ranking [aria-roledescription='bar']").first
            colours[scheme] = bar.evaluate("bar => getComputedStyle(bar).fill")
            assert (mean > 0.6) == (ground > 0.6) == (scheme == "light")
            # The scheme changes while the page is open.
            other = "dark" if scheme == "light" else "light"
            page.emulate_media(color_scheme=other)
            assert (pixel_means(page, "#chart-value-ranking")[0] > 0.6) == (other == "light")
    assert colours["light"] != colours["dark"]


def test_without_scripts_the_pictures_take_the_place_of_the_charts(browser, written):
    with opened(browser, written, ready=False, java_script_enabled=False) as page:
        for name in (
            "trade-off",
            "order-spread",
            "value-ranking",
            "sufficiency",
            "pareto-levels",
            "fleet-spread",
            "sensitivity-1",
        ):
            assert page.locator(f"#{name} img").is_visible(), name
            assert page.locator(f"#{name} img").get_attribute("alt")
        assert page.locator("svg").count() == 0
        assert page.locator("button, input, output").count() == 0, "no controls that do nothing"
        assert page.locator("#worth tbody tr").count() == 60


@pytest.mark.slow
def test_a_chart_that_fails_gives_way_to_its_picture(browser, full, tmp_path):
    page_of(worthy(full), tmp_path)
    path = tmp_path / "report.html"
    text = path.read_text()
    assert text.count('"trade-off":{') == 1
    path.write_text(text.replace('"trade-off":{', '"trade-off":null,"nowhere":{'))
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#trade-off img").is_visible()
    assert page.locator("#chart-trade-off").count() == 0
    assert page.locator("#value-ranking svg").is_visible(), "the others are drawn"
    context.close()


@pytest.mark.slow
def test_it_is_printed_in_light_colours_without_controls(browser, written, tmp_path):
    with opened(browser, written, color_scheme="dark") as page:
        document = page.pdf(path=tmp_path / "report.pdf", format="A4")
        assert document.startswith(b"%PDF")
        assert len(document) > 50_000
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
        for control in (".filter", "nav", "th button", ".skip"):
            assert page.locator(control).first.is_hidden(), control
        assert page.locator("#worth thead th").nth(1).inner_text().startswith("Shapley value")
        assert page.locator("#worth .scroll").evaluate("table => table.scrollHeight <= table.clientHeight")


@pytest.mark.slow
def test_names_of_strangers_stay_text(browser, full, tmp_path):
    results = worthy(full, subsystems=20, hostile=HOSTILE)
    score = replace(full.scores["none"], failures={HOSTILE: 1.0})
    results = replace(
        results,
        scores={**full.scores, HOSTILE: score},
        scoring=HOSTILE,
        headlines=tuple(replace(one, experiment=HOSTILE, quantity="success") for one in results.headlines),
        sensitivity=tuple(replace(one, setting=HOSTILE) for one in results.sensitivity),
        study={HOSTILE: HOSTILE},
    )
    with opened(browser, page_of(results, tmp_path)) as page:
        assert page.title().startswith("Placewise report")
        assert page.locator("img[src=x]").count() == 0
        assert page.locator(".chart svg").count() == 10
        assert "</script>" in page.locator("#worth tbody th").first.inner_text()
        assert "</script>" in page.locator("#chart-value-ranking svg").text_content()
        page.get_by_label("Filter rows (subsystem)").first.fill("</script>")
        assert page.locator("#worth output").inner_text() == "1 of 20 rows"


def test_no_script_but_its_own_runs(browser, written):
    context = browser.new_context()
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(written)
    page.wait_for_selector("html[data-ready]")
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.owned = true";
        document.body.append(script);
        const image = document.createElement("img");
        image.src = "https://example.org/x.png";
        document.body.append(image);
        // Text that becomes code a moment later; what a debugger evaluates itself is free of the policy.
        setTimeout("window.owned = true");
        return new Promise((resolve) => setTimeout(resolve, 50));
    }""")
    assert page.evaluate("window.owned") is None
    refused = [text for text in said if "Content Security Policy" in text]
    assert len(refused) == 3
    assert any("unsafe-eval" in text for text in refused)
    context.close()


def test_keys_reach_the_findings_and_headings_go_down_in_order(browser, written):
    with opened(browser, written) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'main'")
        levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map((one) => Number(one.tagName[1]))")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = page.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
        assert len(set(ids)) == len(ids)


CUT = """() => Array.from(document.querySelectorAll(".chart svg")).flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return Array.from(svg.querySelectorAll("text")).filter((text) => {
        const place = text.getBoundingClientRect();
        return place.top < box.top - 2 || place.bottom > box.bottom + 2 || place.left < box.left - 2
            || place.right > box.right + 2;
    }).map((text) => `${svg.parentElement.id}: ${text.textContent}`);
})"""
FITS = """() => Array.from(document.querySelectorAll(".chart")).every(
    (place) => Math.abs(place.clientWidth - place.querySelector("svg").getBoundingClientRect().width) < 2)"""


def test_charts_fit_the_window_and_no_word_in_them_is_cut(browser, written):
    with opened(browser, written) as page:
        for width in (1100, 520, 1500):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(FITS)
            page.wait_for_function(f"({CUT})().length === 0")


@pytest.mark.slow
def test_a_narrow_window_has_no_second_scroll_bar(browser, written):
    with opened(browser, written, width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_on_a_phone_no_word_of_a_chart_or_caption_is_cut(browser, written):
    outside = """(svgs) => svgs.flatMap((svg) => {
        const room = svg.getBoundingClientRect();
        return Array.from(svg.querySelectorAll("text"), (text) => [text.textContent, text.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.left < room.left - 1 || box.right > room.right + 1))
            .map(([text]) => text); })"""
    with opened(browser, written, width=390) as page:
        assert page.locator(".chart svg").evaluate_all(outside) == []
        right = "(captions) => Math.max(...captions.map((one) => one.getBoundingClientRect().right))"
        assert page.locator("caption").evaluate_all(right) <= 390
        letters = page.locator("#headlines .role-legend-label text").all_text_contents()
        assert not [one for one in letters if "\u2026" in one]


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_no_name_in_a_chart_of_intervals_is_cut_short(browser, full, tmp_path, width):
    """Our own words are whole; only a stranger's name may be too long."""
    long = Difference("single", "none", MACRO, 0.1, (Interval(0.05, 0.2, "3 fleets", 0.95, "fleet"),))
    address = page_of(replace(worthy(full), differences=(long,)), tmp_path)
    with opened(browser, address, width=width) as page:
        names = page.locator("#differences .role-axis-label text").all_text_contents()
        assert any("subsystems" in name for name in names), names
        assert not [name for name in names if "\u2026" in name or "..." in name]


def test_on_a_phone_a_picture_scrolls_and_keeps_letters_that_can_be_read(browser, written):
    with opened(browser, written, width=390) as page:
        pictures = page.locator(".picture")
        assert pictures.count()
        assert all(box > 700 for box in pictures.locator("img").evaluate_all("all => all.map((one) => one.width)"))
        assert set(pictures.evaluate_all("all => all.map((one) => one.tabIndex)")) == {0}


@pytest.mark.slow
def test_thousands_of_subsystems_stay_usable(browser, full, tmp_path):
    results = worthy(full, subsystems=5000)
    address = page_of(results, tmp_path)
    with opened(browser, address) as page:
        assert marks(page, "value-ranking", "bar") == 24
        page.locator("#worth thead th button").nth(3).click()
        values = column(page, "#worth table", 3)
        assert len(values) == 5000
        assert values == sorted(values, reverse=True)
        page.get_by_label("Filter rows (subsystem)").first.fill("package-4999")
        assert page.locator("#worth output").inner_text() == "1 of 5,000 rows"
        assert page.locator("#worth .scroll").bounding_box()["height"] < 700
