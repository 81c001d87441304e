"""One label, one number: the terminal, the files, the report and the figures of one run name the same numbers."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

EXPERIMENTS = {
    "none": "none",
    "single-subsystem": "single",
    "expanded-subsystems": "expanding",
    "all": "all",
}
SHARE_OR_NUMBER = r"-?[\d,]+(?:\.\d+)?(?:\s*%)?"


class Claims:
    """What is said of each label, as (where, from, to): a rounded number says that it lies within half a unit."""

    def __init__(self):
        self.by_label = defaultdict(list)

    def exact(self, where, label, value):
        if value is not None:
            self.by_label[label].append((where, float(value), float(value)))

    def read(self, where, label, text):
        """Take a number as it is written: 29.71 %, 10,506, 0.5; anything else is no number."""
        text = text.replace("\u202f", "").replace("\u2212", "-").replace(",", "").strip()
        found = re.fullmatch(r"(-?\d+(?:\.(\d+))?)\s*(%?)(?: of \d+| ±.*)?", text)
        if found is None:
            return
        scale = 0.01 if found[3] else 1.0
        # A whole number of percent is written so where it is exact, or a count.
        half = 0.5 * 10.0 ** -len(found[2]) if found[2] else 0.0
        value = float(found[1])
        self.by_label[label].append((where, scale * (value - half), scale * (value + half)))

    def contradictions(self):
        """Return the labels of which no one number meets all that is said."""
        found = {}
        for label, said in self.by_label.items():
            low, high = max(one[1] for one in said), min(one[2] for one in said)
            if low > high + 1e-9 * max(1.0, abs(high)):
                found[label] = said
        return found

    def places(self, label):
        return {where for where, _, _ in self.by_label[label]}


class Tables(HTMLParser):
    """The tables of a page as (id of the section, heads, rows); the charts' data; texts by class."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.classes, self.alts, self.data = [], [], [], ""
        self.section = self.cell = self.class_ = None
        self.script = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "section":
            self.section = attributes.get("id")
        elif tag == "table":
            self.tables.append((self.section, []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and self.tables:
            self.cell = [[""]]
            self.tables[-1][1][-1].append(self.cell)
        elif tag == "small" and self.cell is not None:
            self.cell[0].append("")
        elif tag == "img":
            self.alts.append(attributes["alt"])
        elif tag == "p" and attributes.get("class") in ("amount", "label", "ends", "answer"):
            self.class_ = attributes["class"]
            self.classes.append([self.class_, ""])
        self.script = tag == "script" and attributes.get("id") == "chart-data"

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = None
        if tag == "p":
            self.class_ = None
        if tag == "script":
            self.script = False

    def handle_data(self, data):
        if self.script:
            self.data += data
        if self.cell is not None:
            self.cell[0][-1] += data.strip()
        if self.class_:
            self.classes[-1][1] += data


def row_words(row):
    return [list(cell[0]) for cell in row]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return what one small run printed, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    command = [sys.executable, "-m", "placewise", "simulate", "--jobs", "200", "--orders", "4", "--resamples", "40"]
    environment = os.environ | {"COLUMNS": "120", "PLACEWISE_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [*command, "--out", str(folder / "out")], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout, folder / "out"


def collected(printed, out):
    claims = Claims()
    from_files(claims, out)
    from_terminal(claims, printed)
    page = Tables((out / "report.html").read_text())
    from_tables(claims, page)
    from_opening(claims, page)
    from_charts(claims, json.loads(page.data))
    from_figures(claims, out / "img")
    return claims


def from_files(claims, out):
    scores = json.loads((out / "scores.json").read_text())
    for name, word in EXPERIMENTS.items():
        score = scores[name]
        for quantity, key in {
            "submissions": ("total_jobs", "value"),
            "unmatched": ("unmatched", "value"),
            "share of unmatched jobs": ("unmatched_percent", "value"),
            "success": ("success", "value"),
            "success of matched jobs": ("build_success", "mean"),
            "precision": ("precision", "value"),
            "recall": ("recall", "value"),
        }.items():
            claims.exact("scores.json", (word, quantity), score[key[0]][key[1]])
    summary = json.loads((out / "summary.json").read_text())
    claims.exact("summary.json", ("fleet", "ceiling"), summary["ceiling"])
    claims.exact("summary.json", ("expanding", "success at the last level"), summary["expanding"]["last_level"])
    for one in json.loads((out / "uncertainty.json").read_text())["headlines"]:
        word = EXPERIMENTS.get(one["experiment"], one["experiment"])
        if one["quantity"] == "unmatched":  # the share of what scores.json counts
            one["quantity"] = "share of unmatched jobs"
        claims.exact("uncertainty.json", (word, one["quantity"]), one["value"])
        for interval in one["intervals"][:1]:
            claims.exact("uncertainty.json", (word, one["quantity"], "from"), interval["low"])
            claims.exact("uncertainty.json", (word, one["quantity"], "to"), interval["high"])
    for row in json.loads((out / "value.json").read_text())["subsystems"]:
        for field, word in WORTH.items():
            claims.exact("value.json", (row["name"], word), row[field])


WORTH = {"value": "Shapley value", "single_lift": "lift alone", "drop_one_loss": "loss if dropped"}


def from_terminal(claims, printed):
    lines = printed.splitlines()
    heads = next(line.split() for line in lines if line.split()[:1] == ["none"])
    for line in lines:
        for quantity in ("submissions", "unmatched", "success of matched jobs", "success", "precision", "recall"):
            found = re.fullmatch(rf"\s*{quantity}((?:\s+{SHARE_OR_NUMBER})+)\s*", line)
            cells = re.findall(SHARE_OR_NUMBER, found[1]) if found else []
            if len(cells) == len(heads):
                for word, cell in zip(heads, cells, strict=True):
                    claims.read("terminal", (word, quantity), cell)
    text = " ".join(printed.split())
    claims.read("terminal", ("fleet", "ceiling"), re.search(r"ceiling: ([\d.]+ %) of jobs", text)[1])
    last = re.search(r"success at the last level ([\d.]+ %)(?! to)", text)
    claims.read("terminal", ("expanding", "success at the last level"), last[1])
    from_sentence(claims, "first sentence of the terminal", text)


def from_tables(claims, page):
    for section, rows in page.tables:
        head, *body = [row_words(row) for row in rows]
        names = [cell[0] for cell in head]
        for row in body:
            (label, *meaning), cells = row[0], [cell[0] for cell in row[1:]]
            for name, cell in zip(names[1:], cells, strict=True):
                if section == "scores":
                    claims.read("table of scores", (name, label), cell)
                elif section == "worth":
                    claims.read("table of worth", (label, name), cell)
                elif section == "uncertainty" and name == "value":
                    label_of = "fleet" if label == "ceiling" else label
                    claims.read("table of intervals", (label_of, meaning[0]), cell)


def from_opening(claims, page):
    """Take the three numbers, and those of the sentence that have the same labels."""
    of = {
        "success without metadata": ("none", "success"),
        "success with all metadata": ("all", "success"),
        "ceiling": ("fleet", "ceiling"),
    }
    shown = [one for one in page.classes if one[0] != "answer"]
    for place, (kind, text) in enumerate(shown):
        if kind != "label":
            continue
        label = of.get(text) or (re.sub("Shapley value of (.*), the largest", r"\1", text), "Shapley value")
        claims.read("first numbers", label, shown[place - 1][1])
        if shown[place + 1 :] and shown[place + 1][0] == "ends":
            low, high = re.findall(r"([\d.]+\s*%)", shown[place + 1][1])[-2:]
            if text in of:
                claims.read("first numbers", (*label, "from"), low)
                claims.read("first numbers", (*label, "to"), high)
    from_sentence(claims, "sentence", next(text for kind, text in page.classes if kind == "answer"))


def from_sentence(claims, where, sentence):
    pattern = rf"Without metadata, ({SHARE_OR_NUMBER}) of ([\d,]+) jobs .* all metadata ({SHARE_OR_NUMBER})"
    found = re.search(pattern, sentence)
    claims.read(where, ("none", "success"), found[1])
    claims.read(where, ("none", "submissions"), found[2])
    claims.read(where, ("all", "success"), found[3])


def from_charts(claims, data):
    charts = {name: spec["data"]["values"] for name, spec in data["charts"].items()}
    for row in charts["value-ranking"]:
        claims.exact("chart of worth", (row["subsystem"], row["measure"]), row["share"])
    last = {row["line"]: row["share"] for row in charts["trade-off"]}
    claims.exact("chart of the trade-off", ("fleet", "ceiling"), last["ceiling"])
    claims.exact("chart of the trade-off", ("expanding", "success at the last level"), last["success"])
    for row in charts["headlines"]:
        words = row["figure"].split(": ", 1)
        label = ("fleet", "ceiling") if words == ["ceiling"] else (words[0], words[1] if words[1:] else "success")
        claims.exact("chart of intervals", label, row["value"])


def from_figures(claims, folder):
    for path in (folder / f"{name}.svg" for name in ("build-success", "sufficiency", "trade-off")):
        text = " ".join(" ".join(ET.parse(path).getroot().itertext()).split())
        for found in re.findall(rf"\bceiling (?:is )?({SHARE_OR_NUMBER})", text):
            claims.read(path.name, ("fleet", "ceiling"), found)
        if path.name == "trade-off.svg":
            found = re.search(rf"\bsuccess ({SHARE_OR_NUMBER})", text.replace("success of matched jobs", ""))
            claims.read(path.name, ("expanding", "success at the last level"), found[1])


def test_no_label_has_two_numbers(ran):
    claims = collected(*ran)
    assert claims.contradictions() == {}
    # What is compared is there: a label that no place knows compares with nothing.
    for label, least in {
        ("none", "success"): {
            "scores.json",
            "terminal",
            "table of scores",
            "sentence",
            "first sentence of the terminal",
        },
        ("all", "success"): {"uncertainty.json", "table of intervals", "chart of intervals", "sentence"},
        ("fleet", "ceiling"): {"summary.json", "terminal", "chart of the trade-off", "sufficiency.svg"},
        ("expanding", "success at the last level"): {"summary.json", "terminal", "trade-off.svg"},
        ("none", "success", "from"): {"uncertainty.json", "first numbers"},
    }.items():
        assert least <= claims.places(label), label
    named = [label for label in claims.by_label if label[1:] == ("lift alone",)]
    assert named
    assert any({"value.json", "table of worth", "chart of worth"} <= claims.places(label) for label in named)
    assert any("first numbers" in claims.places(label) for label in claims.by_label if label[1:] == ("Shapley value",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r'(class="amount">)[\d.]+', r"\g<1>99.9"),
        (r"(Without metadata, )[\d.]+", r"\g<1>99.9"),
        (r'("line":"ceiling","share":)[\d.]+', r"\g<1>0.987"),
        (r'("measure":"lift alone","share":)[\d.e-]+', r"\g<1>0.987"),
    ],
)
def test_a_number_that_is_another_in_one_place_is_found(ran, tmp_path, old, new):
    printed, out = ran
    page = (out / "report.html").read_text()
    changed = re.sub(old, new, page, count=10**6 if "ceiling" in old else 1)
    assert changed != page
    claims = Claims()
    from_files(claims, out)
    found = Tables(changed)
    from_opening(claims, found)
    from_charts(claims, json.loads(found.data))
    assert claims.contradictions()
    terminal = Claims()
    from_files(terminal, out)
    from_terminal(terminal, re.sub(r"(ceiling: )[\d.]+", r"\g<1>99.9", printed))
    assert set(terminal.contradictions()) == {("fleet", "ceiling")}
