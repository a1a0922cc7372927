// Colours have a contrast of at least 4.5 to 1 on their background in both schemes and on paper, and never stand alone:
// the word of the outcome is always beside them.
#include "core/page.hpp"

namespace fleet_provision {

namespace {

constexpr Literal kPageBaseStyle = R"css(
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
code, .id, dd, .what, .advice, td, tbody th { overflow-wrap: anywhere; unicode-bidi: isolate; }
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
.filter select { max-width: 100%; min-width: 0; text-overflow: ellipsis; }
.filter button { cursor: pointer; }
.filter output { color: var(--muted); flex-basis: 100%; }

.table { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 0.5rem 1rem; vertical-align: baseline; }
th { color: var(--muted); font-weight: 500; font-size: 0.83rem; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
footer { margin-top: 3rem; color: var(--muted); font-size: 0.86rem; }

@media (max-width: 44rem) {
  body { padding: 1.4rem 0.9rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { margin-top: 2.2rem; }
  .counts div { padding: 0.5rem 0.6rem; }
  .counts dd { font-size: 1.2rem; } .counts dt { font-size: 0.76rem; }
  .run { grid-template-columns: 1fr; gap: 0; }
  .run dd { margin-bottom: 0.5rem; }
  th, td { padding-inline: 0.7rem; }
}
@media print {
  :root { --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --lane: #888;
    --good: #17733f; --failure: #b3261e; --warning: #7d5200; --fault: #6338b0; --link: #000;
    --failure-tint: #fff; --warning-tint: #fff; --fault-tint: #fff; }
  body { max-width: none; padding: 0; font-size: 0.8rem; }
  .filter, .skip { display: none; }
  .problem, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
)css";

}  // namespace

PagePart page_base_style() {
  return {kPageBaseStyle, "sha256-SmuoHYL95+crdIf6WXo0v7mmh6UGvRUuGcfO2D1ozBM="};
}

}  // namespace fleet_provision
