// What scrolls sideways can be reached by keys, and what only a sign opens has a name.
function reachable() {
  for (const place of document.querySelectorAll(".bd-article table.table, .bd-article p:has(> img:only-child)")) {
    if (place.scrollWidth > place.clientWidth + 1) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
addEventListener("DOMContentLoaded", () => {
  for (const sign of document.querySelectorAll("summary:has(> .toctree-toggle)")) {
    const link = sign.closest("li").querySelector("a");
    sign.setAttribute("aria-label", `Pages below ${link.textContent.trim()}`);
  }
});
