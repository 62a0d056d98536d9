// The look of the page. The classes of answers have colours that also differ in lightness.

export const STYLE = `
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --ink: #1d2328; --soft: #5c6770; --rule: #dfe3e6;
  --good: #13703f; --bad: #b3261e; --ok: #3b7ea8; --shed: #e0a030; --refused: #8b949b; --failed: #c0392f; --lost: #5d2a5f;
  --p50: #3b7ea8; --p95: #b5731a; --p99: #9a3b52; }
@media (prefers-color-scheme: dark) { :root { --page: #14181b; --card: #1c2226; --ink: #e6e9eb; --soft: #9fabb3;
  --rule: #333c42; --good: #6ecb97; --bad: #ff8a80; --ok: #5fa8d3; --shed: #e8b454; --refused: #8b969e; --failed: #ef6a5f;
  --lost: #c48fc7; --p50: #5fa8d3; --p95: #e8b454; --p99: #ee8aa2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.75rem; margin: 0; } h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
.question { margin: .25rem 0 1rem; max-width: 45rem; font-size: 1.1rem; } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: 1rem; margin-top: 1rem; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; } .facts div { min-width: 6rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; font-size: .85rem; color: var(--soft); } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody tr:last-child td { border-bottom: 0; }
.slos { list-style: none; margin: 0; padding: 0; } .slos li { padding: .5rem 0; border-bottom: 1px solid var(--rule); }
.slos li:last-child { border-bottom: 0; } .slos p { margin: 0; overflow-wrap: anywhere; } code { font-size: .9em; }
.wide > svg { display: block; width: 100%; min-width: 36rem; height: auto; } .tick { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--rule); fill: none; } .offered { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
.line { fill: none; stroke-width: 2; } .line.p50 { stroke: var(--p50); } .line.p95 { stroke: var(--p95); } .line.p99 { stroke: var(--p99); }
circle.p50 { fill: var(--p50); } circle.p95 { fill: var(--p95); } circle.p99 { fill: var(--p99); }
rect.ok { fill: var(--ok); } rect.shed { fill: var(--shed); } rect.refused { fill: var(--refused); } rect.failed { fill: var(--failed); }
rect.lost { fill: var(--lost); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .85rem; color: var(--soft); }
.legend svg { width: 14px; height: 10px; margin-right: .4rem; }
`;
