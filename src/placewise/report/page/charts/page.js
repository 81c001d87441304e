// The report's own script: it draws the charts, and lets tables be sorted and filtered.
// Without it the page still has every number, and pictures in place of the charts.
"use strict";

(() => {
  // Charts. Colours are custom properties of the page, so light, dark and print need no drawing anew.

  const views = [];

  function showTip(tip, event, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
    tip.replaceChildren(...rows.map(([key, text]) => {
      const row = document.createElement("div");
      row.textContent = key ? `${key}: ${text}` : String(text);
      return row;
    }));
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = event.clientY + 14;
    const top = below + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 10 : below;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  }

  // The title of an axis, its names and those of a legend take the lines that they need: each is as long as the part of
  // the chart that it has, on a phone the half, at about six and a half pixels a letter.
  function inLines(part, width, height, across = width) {
    if (Array.isArray(part)) return part.map((one) => inLines(one, width, height, across));
    if (part === null || typeof part !== "object") return part;
    const copied = Object.entries(part).map(([key, value]) => [key, key === "values" ? value : inLines(value, width, height, across)]);
    const copy = Object.fromEntries(copied);
    const letters = Math.floor(width / 6.5);
    if (typeof copy.x?.axis?.title === "string") copy.x.axis.title = lines(copy.x.axis.title, letters);
    if (copy.legend?.columns && copy.scale?.domain) copy.legend.labelExpr = labels(copy.scale.domain, letters);
    const names = copy.y?.axis && copy.y.type === "nominal" && copy.y.scale?.domain;
    if (names && height / names.length > 30) copy.y.axis.labelExpr = labels(names, Math.floor(across / 6.5));
    return copy;
  }

  function labels(names, letters) {
    // Two lists and no object, which would have names of its own, such as constructor.
    const written = JSON.stringify(names.map((name) => lines(name, letters)));
    const position = `indexof(${JSON.stringify(names)}, datum.label)`;
    return `${position} < 0 ? datum.label : ${written}[${position}]`;
  }

  function lines(text, letters) {
    const even = Math.ceil(text.length / Math.ceil(text.length / letters)) + 3;
    const found = [];
    for (const word of text.split(" ")) {
      const last = found.at(-1);
      if (last !== undefined && last.length + word.length <= Math.min(even, letters)) found.push(`${found.pop()} ${word}`);
      else found.push(word);
    }
    return found;
  }

  async function draw(place, spec, config, tip) {
    try {
      // Expressions are interpreted from their syntax tree: the page's policy forbids making code of text.
      // On a phone names leave half of the width to the marks; where they are cut, the table has them whole.
      const half = place.clientWidth / 2;
      const within = (part) => ({ ...part, labelLimit: Math.min(part.labelLimit, Math.max(90, half)) });
      const narrow = half > 250 ? config : { ...config, axis: within(config.axis), legend: { ...config.legend, labelLimit: half } };
      const shown = half > 250 ? inLines(spec, 2 * half, spec.height, config.axis.labelLimit) : inLines(spec, half, spec.height);
      const parsed = vega.parse(vegaLite.compile(shown, { config: narrow }).spec, null, { ast: true });
      const view = new vega.View(parsed, { expr: vega.expressionInterpreter, renderer: "svg", hover: true });
      view.tooltip((_, event, item, value) => showTip(tip, event, value));
      await view.initialize(place).runAsync();
      // A legend takes as many rows as its width asks for, and the room for them is known only then.
      await view.resize().runAsync();
      views.push([view, place]);
    } catch (error) {
      console.error(error);
      const still = place.parentElement.querySelector("noscript");
      if (still) still.outerHTML = still.textContent;
      place.remove();
    }
  }

  function drawAll() {
    const block = document.getElementById("chart-data");
    if (!block) return Promise.resolve();
    const { config, charts } = JSON.parse(block.textContent);
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    tip.setAttribute("aria-hidden", "true");
    document.body.append(tip);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
    document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
    const drawn = Object.entries(charts).map(([name, spec]) => {
      const place = document.getElementById(`chart-${name}`);
      return place && draw(place, spec, config, tip);
    });
    // Paper is narrower than most windows, and a chart that is shrunk has letters too small to read.
    const fit = (width) => views.forEach(([view, place]) => { view.width(width(place)).run(); view.resize().run(); });
    addEventListener("beforeprint", () => fit(printWidth));
    addEventListener("afterprint", () => fit((place) => place.clientWidth));
    addEventListener("resize", () => requestAnimationFrame(() => fit((place) => place.clientWidth)));
    return Promise.all(drawn);
  }

  function printWidth(place) {
    return place.closest(".several") ? 330 : 680;
  }

  // Tables.

  function cellValue(row, column) {
    const cell = row.cells[column];
    const data = cell.querySelector("data");
    if (data) return Number(data.value);
    return cell.tagName === "TH" ? cell.textContent : null;
  }

  function compare(one, other) {
    if (one === null || other === null) return null;
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), "en", { numeric: true });
  }

  function sortBy(table, column, descending) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => [cellValue(row, column), row]);
    rows.sort(([one], [other]) => {
      const order = compare(one, other);
      // Rows without a number come last either way.
      if (order === null) return (one === null) - (other === null);
      return descending ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  function makeSortable(table) {
    Array.from(table.tHead.rows[0].cells).forEach((cell, column) => {
      const words = cell.firstChild;
      if (cell.tagName !== "TH" || !words) return;
      const button = document.createElement("button");
      button.type = "button";
      // Chromium leaves buttons out of the heads that it repeats on further pages.
      const onPaper = document.createElement("span");
      onPaper.className = "on-paper";
      onPaper.textContent = words.textContent;
      words.replaceWith(button, onPaper);
      button.append(words);
      button.addEventListener("click", () => {
        const now = cell.getAttribute("aria-sort");
        // Names are looked for from a to z, numbers from the largest.
        sortBy(table, column, now ? now === "ascending" : column > 0);
      });
    });
  }

  function makeFilter(table, number) {
    const rows = Array.from(table.tBodies[0].rows);
    const box = document.createElement("div");
    box.className = "filter";
    const label = document.createElement("label");
    label.htmlFor = `filter-${number}`;
    label.textContent = `Filter rows (${table.tHead.rows[0].cells[0].querySelector("button, th")?.textContent || "name"})`;
    const input = document.createElement("input");
    input.type = "search";
    input.id = label.htmlFor;
    input.autocomplete = "off";
    input.spellcheck = false;
    const count = document.createElement("output");
    count.htmlFor = input.id;
    count.setAttribute("aria-live", "polite");
    const say = (shown) => { count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`; };
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
        shown += !row.hidden;
      }
      say(shown);
    });
    say(rows.length);
    box.append(label, input, count);
    table.parentElement.before(box);
  }

  // Paper cannot be unfolded: what is short is printed, what is long only if the reader unfolded it.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = Array.from(document.querySelectorAll("details:not([open])")).filter(
      (part) => part.querySelectorAll("tr").length <= 60,
    );
    for (const part of unfolded) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of unfolded) part.open = false; });

  let filters = 0;
  for (const table of document.querySelectorAll("table[data-sorts]")) {
    const rows = table.tBodies[0].rows.length;
    if (rows > 1) makeSortable(table);
    if (rows > 12) makeFilter(table, filters++);
  }

  drawAll().then(() => { document.documentElement.dataset.ready = "yes"; });
})();
