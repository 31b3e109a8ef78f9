
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);

  function sortTable(header, button) {
    const body = header.closest("table").tBodies[0];
    const column = header.cellIndex;
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const number = header.dataset.sort === "number";
    const keyed = Array.from(body.rows, (row) => {
      const text = row.cells[column].textContent.trim();
      return { row, key: number ? Number(text.replace(/,/g, "")) || 0 : text };
    });
    const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    keyed.sort((a, b) => (number ? a.key - b.key : collator.compare(a.key, b.key)));
    if (descending) keyed.reverse();
    body.append(...keyed.map((item) => item.row));
    button.focus();
  }

  for (const header of document.querySelectorAll(".sortable th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortTable(header, button));
  }

  const filter = byId("filter");
  const rows = Array.from(byId("matrix-table").tBodies[0].rows);
  const details = new Map();
  for (const one of document.querySelectorAll("details.component")) {
    details.set(one.dataset.component, one);
  }

  function ships(row, channel, platform) {
    return JSON.parse(row.dataset.ships).some((place) =>
      (!channel || place[0] === channel) && (!platform || place[1] === platform));
  }

  function applyFilter() {
    const words = byId("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const channel = byId("filter-channel").value;
    const platform = byId("filter-platform").value;
    let shown = 0;
    for (const row of rows) {
      const matches = words.every((word) => row.dataset.text.includes(word)) &&
        ((!channel && !platform) || ships(row, channel, platform));
      row.hidden = !matches;
      details.get(row.dataset.component).hidden = !matches;
      shown += matches;
    }
    byId("filter-status").textContent = shown + " of " + rows.length + " components";
  }

  filter.hidden = false;
  filter.addEventListener("input", applyFilter);
  filter.addEventListener("reset", () => setTimeout(applyFilter));
  filter.addEventListener("submit", (event) => event.preventDefault());
  applyFilter();

  function openTarget() {
    let target = null;
    try {
      target = byId(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;
    }
    if (target && target.tagName === "DETAILS") {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
