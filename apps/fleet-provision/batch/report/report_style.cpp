#include "batch/report/report_page_parts.hpp"

namespace fleet_provision::batch {
namespace {

constexpr Literal kReportStyle = R"css(
body { max-width: 76rem; }
.note.warning { border-left: 4px solid var(--warning); }
section > .table { margin-top: 0.75rem; }
.examples { margin-top: 0.6rem; font-size: 0.92rem; columns: 2; column-gap: 2rem; }
.examples li { break-inside: avoid; overflow-wrap: anywhere; unicode-bidi: isolate; padding-block: 0.1rem; }
.examples b { font-weight: 600; margin-right: 0.6rem; unicode-bidi: isolate; }
.examples span { color: var(--muted); }
h3.what { margin: 0; }
.shared { margin-top: 0.75rem; }
p code { margin-right: 0.1rem; }

.chart { margin: 0; padding: 1.4rem 2.3rem 1rem 4rem; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.plot { display: block; width: 100%; height: 200px; overflow: visible; }
.plot text { font-size: 0.78rem; fill: var(--muted); font-variant-numeric: tabular-nums; }
.plot .y { text-anchor: end; dominant-baseline: middle; }
.plot .x { text-anchor: middle; }
.plot .x-end { text-anchor: end; }
.plot .axis { stroke: var(--muted); }
.plot .grid { stroke: var(--line); }
.plot rect { fill: var(--tone); }
.plot .mark-line { stroke: var(--ink); stroke-dasharray: 4 3; }
.plot .mark-start, .plot .mark-end { fill: var(--ink); transform: translateX(0.4rem); paint-order: stroke; stroke: var(--surface); stroke-width: 4px; }
.plot .mark-end { text-anchor: end; transform: translateX(-0.4rem); }
figcaption { margin: 2.2rem 0 0 -2.6rem; font-size: 0.92rem; }
.legend { white-space: nowrap; margin-left: 0.7rem; color: var(--muted); }
.legend::before { content: ""; display: inline-block; width: 0.75rem; height: 0.75rem; margin-right: 0.35rem; background: var(--tone); }

.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
#units table { font-size: 0.86rem; }
#units th, #units td { padding-inline: 0.7rem; }
tbody th { color: inherit; font-weight: 600; font-size: inherit; white-space: normal; min-width: 7rem; }
.outcome { min-width: 7rem; overflow-wrap: normal; color: var(--tone, inherit); }
#units td:nth-child(3) { min-width: 10rem; }
#units td:nth-child(4) { min-width: 9rem; }
#units td.id { min-width: 16.2rem; font-size: 0.76rem; word-break: break-all; }
#stations td:not(.number) { min-width: 8rem; }
#stations td:nth-child(6) { min-width: 18rem; }
#two-identities .id { min-width: 16.2rem; word-break: break-all; }
.pager { display: flex; gap: 0.8rem; align-items: center; margin-top: 0.9rem; font-size: 0.92rem; }
.pager[hidden] { display: none; }
.pager button { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--lane); border-radius: 6px; padding: 0.35rem 0.8rem; cursor: pointer; }
.pager button:disabled { color: var(--muted); cursor: default; }
.only-on-paper { display: none; }

@media (max-width: 44rem) {
  .examples { columns: 1; }
  .chart { padding: 1rem 1.9rem 0.9rem 2.9rem; }
  .plot text { font-size: 0.7rem; }
  figcaption { margin-left: -2rem; }
  .counts { grid-template-columns: repeat(2, 1fr); }
}
@media print {
  html { font-size: 12px; }
  body { font-size: 1rem; }
  h2 { margin-top: 1.8rem; }
  .pager, .scripted { display: none; }
  .chart, .counts { break-inside: avoid; }
  .table { overflow: visible; border: 0; }
  thead { display: table-header-group; }
  #units table { font-size: 0.68rem; }
  #units th, #units td { padding: 0.2rem 0.35rem; min-width: 0; }
  #units tbody th { min-width: 4.5rem; }
  #units .id { min-width: 0; font-size: 0.6rem; }
  .too-long-for-paper .table { display: none; }
  .too-long-for-paper .only-on-paper { display: block; }
}
)css";

constexpr Literal kReportScript = R"js(
(function () {
  "use strict";
  var rowsOnPage = 100;
  var rowsOnPaper = 500;
  function element(id) { return document.getElementById(id); }
  var section = element("units");
  var body = section.querySelector("tbody");
  var data = element("data");
  var words = element("filter-text");
  var choices = ["outcome", "kind", "station"];
  var selects = {};
  choices.forEach(function (name) { selects[name] = element("filter-" + name); });
  var several = selects.station !== null;
  var rows = data ? JSON.parse(data.textContent).map(fromData) : Array.prototype.map.call(body.rows, fromTable);
  if (data) data.remove();
  var fitting = rows;
  var page = 0;

  function fromTable(row) {
    var cells = row.cells;
    var kind = cells[2].firstElementChild;
    return { row: row, cells: null, text: null, outcome: cells[1].textContent, kind: kind ? kind.textContent : "",
      station: several ? cells[8].textContent : "" };
  }
  function fromData(cells) {
    return { row: null, cells: cells, text: null, outcome: cells[1], kind: cells[2], station: several ? cells[9] : "" };
  }
  function textOf(each) {
    if (each.text === null) {
      each.text = (each.cells ? each.cells.join(" ") : Array.prototype.map.call(each.row.cells, function (cell) {
        return cell.textContent;
      }).join(" ")).toLowerCase();
    }
    return each.text;
  }
  function cell(row, name, text, kind) {
    var added = document.createElement(name);
    if (kind) added.className = kind;
    if (name === "th") added.scope = "row";
    added.textContent = text;
    row.appendChild(added);
    return added;
  }
  function tone(outcome) {
    return "outcome" + (outcome === "failed for good" ? " failure" : outcome.indexOf("failed") === 0 ? " warning" : "");
  }
  function rowOf(each) {
    if (each.row) return each.row;
    var row = document.createElement("tr");
    var cells = each.cells;
    cell(row, "th", cells[0]);
    cell(row, "td", cells[1], tone(cells[1]));
    var failure = cell(row, "td", "");
    if (cells[2]) cell(failure, "code", cells[2]);
    if (cells[3]) failure.appendChild(document.createTextNode(" " + cells[3]));
    cell(row, "td", cells[4]);
    cell(row, "td", cells[5], "number");
    cell(row, "td", cells[6], "number");
    cell(row, "td", cells[7], "time");
    cell(row, "td", cells[8], "id");
    if (several) cell(row, "td", cells[9]);
    return row;
  }
  function grouped(number) { return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f"); }
  function show(some) { body.replaceChildren.apply(body, some.map(rowOf)); }
  function showPage() {
    var pages = Math.max(Math.ceil(fitting.length / rowsOnPage), 1);
    page = Math.min(Math.max(page, 0), pages - 1);
    var first = page * rowsOnPage;
    show(fitting.slice(first, first + rowsOnPage));
    element("pager").hidden = pages === 1;
    element("page-before").disabled = page === 0;
    element("page-after").disabled = page === pages - 1;
    element("page-place").textContent = grouped(first + 1) + " to " +
      grouped(Math.min(first + rowsOnPage, fitting.length)) + " of " + grouped(fitting.length);
  }
  function filter() {
    var wanted = words.value.trim().toLowerCase();
    var chosen = {};
    choices.forEach(function (name) { chosen[name] = selects[name] ? selects[name].value : ""; });
    fitting = rows.filter(function (each) {
      return (!chosen.outcome || each.outcome === chosen.outcome ||
          (chosen.outcome === "failed" && each.outcome.indexOf("failed") === 0)) &&
        (!chosen.kind || each.kind === chosen.kind) && (!chosen.station || each.station === chosen.station) &&
        (!wanted || textOf(each).indexOf(wanted) >= 0);
    });
    page = 0;
    section.classList.toggle("too-long-for-paper", fitting.length > rowsOnPaper);
    element("filter-shown").textContent = fitting.length === rows.length ? "" :
      grouped(fitting.length) + " of " + grouped(rows.length) + " units";
    showPage();
  }
  function choose() {
    var wanted = new URLSearchParams(location.hash.slice(1));
    var known = choices.filter(function (name) { return wanted.has(name) && selects[name]; });
    if (known.length === 0 && !wanted.has("text")) return false;
    words.value = wanted.get("text") || "";
    choices.forEach(function (name) { if (selects[name]) selects[name].value = wanted.get(name) || ""; });
    filter();
    section.scrollIntoView();
    return true;
  }
  function turn(pages) {
    page += pages;
    showPage();
    section.scrollIntoView();
  }

  words.addEventListener("input", filter);
  choices.forEach(function (name) { if (selects[name]) selects[name].addEventListener("change", filter); });
  element("page-before").addEventListener("click", function () { turn(-1); });
  element("page-after").addEventListener("click", function () { turn(1); });
  window.addEventListener("hashchange", choose);
  window.addEventListener("beforeprint", function () { if (fitting.length <= rowsOnPaper) show(fitting); });
  window.addEventListener("afterprint", showPage);
  Array.prototype.forEach.call(document.querySelectorAll(".scripted"), function (each) { each.hidden = false; });
  Array.prototype.forEach.call(document.querySelectorAll(".unscripted"), function (each) { each.remove(); });
  element("filter").hidden = rows.length < 2;
  if (!choose()) filter();
})();
)js";

}  // namespace

PagePart report_style() {
  return {kReportStyle, "sha256-qS8LUteKM4amNh88aZc1kJ/iIh+raDrR571tuC0dVv4="};
}

PagePart report_script() {
  return {kReportScript, "sha256-Bmj0ngbGwC+ALDZrM7WT9RosfiK58QzTceSgsZw4eS4="};
}

}  // namespace fleet_provision::batch
