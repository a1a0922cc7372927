// Colours have a contrast of at least 4.5 to 1 on their background in both schemes, and never stand alone: the word of
// the outcome is always beside them. Connections that are not on the screen are not laid out (content-visibility).
#include "report/style.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr Literal kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f8; --surface: #ffffff; --ink: #1b1d21; --muted: #5a6069; --line: #d9dce1; --lane: #c3c8cf;
  --good: #17733f; --failure: #b3261e; --warning: #7d5200; --fault: #6338b0; --link: #1a56b0;
  --failure-tint: #fdf1f0; --warning-tint: #fdf6e7; --fault-tint: #f5f0fd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131518; --surface: #1b1e22; --ink: #e6e8eb; --muted: #a2a9b3; --line: #31363d; --lane: #4a515a;
    --good: #63c990; --failure: #ff8f85; --warning: #e6b450; --fault: #bd9ffb; --link: #8ab8ff;
    --failure-tint: #2b1d1d; --warning-tint: #29231a; --fault-tint: #231f2f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 66rem; padding: 2.5rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2, h3, p, ol, ul, dl, dd, pre { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 3rem 0 0.9rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 2rem 0 0.75rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
code, pre, .id { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
code, .id, dd, .what, .advice, .story, .facts, td, .value { overflow-wrap: anywhere; unicode-bidi: isolate; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.muted { color: var(--muted); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--surface); padding: 0.3rem 0.8rem; }

.program { color: var(--muted); font-size: 0.875rem; margin-bottom: 0.6rem; }
.verdict { color: var(--muted); margin-top: 0.4rem; font-size: 1.05rem; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); margin-top: 1.6rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.counts div { box-shadow: 0 0 0 1px var(--line); padding: 0.75rem 1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.counts dd { font-size: 1.5rem; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
.counts dt { color: var(--muted); font-size: 0.83rem; }
.counts .failure dd { color: var(--failure); } .counts .warning dd { color: var(--warning); }
.counts .fault dd { color: var(--fault); } .counts .good dd { color: var(--good); }
.run { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.2rem; margin-top: 1.4rem; font-size: 0.92rem; }
h3 + .run { margin: 0 0 0.9rem; }
.run dt { color: var(--muted); }
.run dd code + code { margin-left: 0.6rem; }
.note { margin-top: 1rem; padding: 0.7rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); font-size: 0.92rem; }

.problem { background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 8px; padding: 0.9rem 1.1rem 1rem; }
.problem + .problem { margin-top: 0.75rem; }
.tag { color: var(--tone); font-size: 0.78rem; font-weight: 650; letter-spacing: 0.02em; }
.what { font-weight: 600; }
.advice { margin-top: 0.15rem; }
.places { margin-top: 0.6rem; font-size: 0.9rem; color: var(--muted); overflow-wrap: anywhere; }
pre { margin-top: 0.6rem; padding: 0.7rem 0.9rem; border-radius: 6px; background: var(--page); border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
.failure { --tone: var(--failure); --tint: var(--failure-tint); }
.warning { --tone: var(--warning); --tint: var(--warning-tint); }
.fault { --tone: var(--fault); --tint: var(--fault-tint); }
.good { --tone: var(--good); --tint: var(--surface); }
.plain { --tone: var(--muted); --tint: var(--surface); }

.filter { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin-bottom: 0.9rem; font-size: 0.92rem; }
.filter[hidden] { display: none; }
.filter input, .filter select, .filter button { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--lane); border-radius: 6px; padding: 0.35rem 0.65rem; }
.filter input { flex: 1 1 14rem; min-width: 0; }
.filter button { cursor: pointer; }
.filter output { color: var(--muted); flex-basis: 100%; }

.connection { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; content-visibility: auto; contain-intrinsic-size: auto 3rem; }
.connection + .connection { margin-top: 0.5rem; }
.connection[hidden] { display: none; }
summary { cursor: pointer; list-style: none; display: grid; grid-template-columns: 5.6rem minmax(8rem, 1fr) minmax(8rem, 1.4fr) auto; gap: 0 1rem; align-items: baseline; padding: 0.65rem 1.1rem; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: color-mix(in srgb, var(--page) 60%, transparent); border-radius: 8px; }
.mark { color: var(--tone); font-weight: 650; font-size: 0.86rem; white-space: nowrap; }
.who { min-width: 0; }
.who .number { display: inline-block; min-width: 1.6rem; color: var(--muted); font-size: 0.86rem; margin-right: 0.4rem; font-variant-numeric: tabular-nums; }
.story { font-size: 0.92rem; }
.took { color: var(--muted); font-size: 0.86rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.took::after { content: "▸"; display: inline-block; margin-left: 0.7rem; transition: transform 0.12s; }
[open] > summary .took::after { transform: rotate(90deg); }

.exchange { padding: 0.4rem 1.1rem 1.2rem; scroll-margin-top: 4rem; }
.ends { display: flex; justify-content: space-between; margin-left: 6.4rem; font-size: 0.83rem; font-weight: 650; color: var(--muted); padding-bottom: 0.15rem; }
.step { display: grid; grid-template-columns: 5.6rem minmax(0, 1fr); gap: 0.8rem; }
.at { color: var(--muted); font-size: 0.8rem; text-align: right; padding-top: 0.5rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.between { border-inline: 2px solid var(--lane); padding: 0.4rem 0 0.35rem; min-width: 0; }
.label { display: flex; flex-wrap: wrap; gap: 0 0.7rem; align-items: baseline; padding: 0 0.9rem; }
.label b { font-weight: 600; font-size: 0.92rem; }
.label code { min-width: 0; }
.outcome { margin-left: auto; color: var(--tone); font-size: 0.86rem; font-weight: 600; overflow-wrap: anywhere; }
.to-gateway .outcome { margin-left: 0; order: -1; }
.facts { color: var(--muted); font-size: 0.83rem; min-width: 0; }
.to-service .label, .to-gateway .label { position: relative; padding-bottom: 0.9rem; }
.to-service .label::before, .to-gateway .label::before { content: ""; position: absolute; bottom: 4px; left: 0; right: 0; border-top: 2px solid var(--arrow); }
.to-service .label::after, .to-gateway .label::after { content: ""; position: absolute; bottom: 0; right: 0; border: 5px solid transparent; border-left: 9px solid var(--arrow); border-right: 0; }
.to-gateway .label::after { right: auto; left: 0; border: 5px solid transparent; border-right: 9px solid var(--arrow); border-left: 0; }
.step { --arrow: var(--tone); }
.step.good, .step.plain { --arrow: var(--muted); }
.lost .label::before { border-top-style: dashed; right: 1.4rem; }
.lost.to-gateway .label::before { right: 0; left: 1.4rem; }
.lost .label::after, .lost.to-gateway .label::after { content: "✕"; border: 0; bottom: -0.42rem; right: 0.2rem; left: auto; color: var(--arrow); font-size: 0.95rem; line-height: 1.5rem; }
.lost.to-gateway .label::after { right: auto; left: 0.2rem; }
.at-service .label { justify-content: flex-end; }
.at-service .outcome { margin-left: 0; }
.why { margin: 0.5rem 0.9rem 0.2rem; padding: 0.6rem 0.85rem 0.7rem; background: var(--tint); border-left: 3px solid var(--tone); border-radius: 0 6px 6px 0; font-size: 0.92rem; }

.table { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 0.5rem 1rem; vertical-align: baseline; }
th { color: var(--muted); font-weight: 500; font-size: 0.83rem; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
td.id { min-width: 14rem; }
td.thing { min-width: 7rem; }
td.short { white-space: nowrap; }
footer { margin-top: 3rem; color: var(--muted); font-size: 0.86rem; }

@media (max-width: 44rem) {
  body { padding: 1.4rem 0.9rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { margin-top: 2.2rem; }
  .counts { grid-template-columns: repeat(4, 1fr); }
  .counts div { padding: 0.5rem 0.6rem; }
  .counts dd { font-size: 1.2rem; } .counts dt { font-size: 0.76rem; }
  .run { grid-template-columns: 1fr; gap: 0; }
  .run dd { margin-bottom: 0.5rem; }
  summary { grid-template-columns: 1fr auto; padding: 0.65rem 0.85rem; }
  .mark { grid-area: 1 / 1; } .took { grid-area: 1 / 2; }
  .who, .story { grid-column: 1 / -1; }
  .exchange { padding: 0.2rem 0.7rem 1rem; }
  .ends { margin-left: 0; }
  .step { display: block; }
  .at { display: block; border-inline: 2px solid var(--lane); text-align: left; padding: 0.4rem 0.7rem 0; }
  .between { padding-top: 0; }
  .label { padding-inline: 0.7rem; }
  .why { margin-inline: 0.7rem; }
  th, td { padding-inline: 0.7rem; }
}
@media (prefers-reduced-motion: reduce) { .took::after { transition: none; } }
@media print {
  :root { --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --lane: #888;
    --good: #17733f; --failure: #b3261e; --warning: #7d5200; --fault: #6338b0; --link: #000;
    --failure-tint: #fff; --warning-tint: #fff; --fault-tint: #fff; }
  body { max-width: none; padding: 0; font-size: 0.8rem; }
  .filter, .skip, .took::after { display: none; }
  .connection { content-visibility: visible; }
  .problem, .step, tr { break-inside: avoid; }
}
)css";

constexpr Literal kScript = R"js(
(function () {
  "use strict";
  var bar = document.getElementById("filter");
  if (!bar) return;
  var words = document.getElementById("filter-text");
  var result = document.getElementById("filter-result");
  var shown = document.getElementById("filter-shown");
  var all = Array.prototype.slice.call(document.querySelectorAll("details.connection"));
  var texts = all.map(function () { return null; });
  function filter() {
    var wanted = words.value.trim().toLowerCase();
    var tone = result.value;
    var count = 0;
    all.forEach(function (each, i) {
      if (wanted && texts[i] === null) texts[i] = each.textContent.toLowerCase();
      var fits = (!tone || each.dataset.tone === tone) && (!wanted || texts[i].indexOf(wanted) >= 0);
      each.hidden = !fits;
      if (fits) count += 1;
    });
    shown.textContent = wanted || tone ? count + " of " + all.length + " connections" : "";
  }
  function setOpen(open) {
    all.forEach(function (each) { if (!each.hidden) each.open = open; });
  }
  function reveal() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    var connection = target && target.closest("details.connection");
    if (!connection) return;
    connection.hidden = false;
    connection.open = true;
    connection.scrollIntoView();
  }
  words.addEventListener("input", filter);
  result.addEventListener("change", filter);
  document.getElementById("open-all").addEventListener("click", function () { setOpen(true); });
  document.getElementById("close-all").addEventListener("click", function () { setOpen(false); });
  window.addEventListener("hashchange", reveal);
  bar.hidden = false;
  reveal();
})();
)js";

}  // namespace

PagePart page_style() {
  return {kStyle, "sha256-dQjgA3Dp2jSiIDHFrQMKE7tErVXoB1WEi1pOfNcDHBw="};
}

PagePart page_script() {
  return {kScript, "sha256-BVxagSzDa7cmEBMsqVsr0bROhDGGFH0ZxStv/MFjL/Q="};
}

}  // namespace fleet_provision::simulator
