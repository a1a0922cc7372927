// After the base that all pages share (core/page_style.cpp). Connections that are not on the screen are not laid out
// (content-visibility).
#include "report/style.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr Literal kStyle = R"css(
.story, .facts, .value { overflow-wrap: anywhere; unicode-bidi: isolate; }
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
td.id { min-width: 14rem; }
td.thing { min-width: 7rem; }
td.short { white-space: nowrap; }

@media (max-width: 44rem) {
  .counts { grid-template-columns: repeat(4, 1fr); }
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
}
@media (prefers-reduced-motion: reduce) { .took::after { transition: none; } }
@media print {
  .took::after { display: none; }
  .connection { content-visibility: visible; }
  .step { break-inside: avoid; }
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
  return {kStyle, "sha256-O8H//KfYnj6EnXzyVPqbsHVp0+WBWRI06E506xB31gE="};
}

PagePart page_script() {
  return {kScript, "sha256-BVxagSzDa7cmEBMsqVsr0bROhDGGFH0ZxStv/MFjL/Q="};
}

}  // namespace fleet_provision::simulator
