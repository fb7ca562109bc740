/** How the report of a bench looks, in light and in dark, on a screen and on paper. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #1c2330; --dim: #5d6675; --line: #d9dde4; --card: #f6f7f9;
  --a: #2563a8; --b: #c2570c; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --ink: #e6e9ef; --dim: #9aa3b2; --line: #343a45;
  --card: #1d222a; --a: #6fb0f5; --b: #f5a05c; --bad: #ff7b72 } }
body { margin: 0 auto; padding: 18px 22px; max-width: 1400px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif }
h1 { margin: 0; font-size: 20px; overflow-wrap: anywhere } h2 { margin: 26px 0 6px; font-size: 15px }
p { margin: 3px 0 } .dim { color: var(--dim) } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 4px 26px }
.name { font-weight: 600 } .a .name, .key.a { color: var(--a) } .b .name, .key.b { color: var(--b) }
.figures { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 }
.figures div { padding: 6px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 6px }
.figures b { display: block; font-size: 18px; font-variant-numeric: tabular-nums } .figures span { color: var(--dim) }
.trouble { color: var(--bad); font-weight: 600 }
svg { display: block; width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: var(--dim) }
.axes line { stroke: var(--line); stroke-width: 1 }
polyline { fill: none; stroke-width: 2 } polyline.a { stroke: var(--a) } polyline.b { stroke: var(--b); stroke-dasharray: 7 3 }
.side { stroke: var(--dim); stroke-width: 1 } .bound { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 4 4 }
.usual { fill: var(--a) } .slow { fill: var(--a); fill-opacity: .3 } .b .usual, .b .slow { fill: var(--b) }
.holds { fill: var(--a) } .misses, .doubtful { stroke: var(--bad); stroke-width: 2 } .doubtful { stroke-opacity: .5 }
.answered { fill: var(--a); fill-opacity: .55 } .b .answered { fill: var(--b) } .failed { fill: var(--bad) }
.heat1 { fill: #cfe3f5 } .heat2 { fill: #a6cdea } .heat3 { fill: #79b3dd } .heat4 { fill: #5296cb }
.heat5 { fill: #3578b4 } .heat6 { fill: #235a94 } .heat7 { fill: #173e70 } .heat8 { fill: #0c254a }
@media (prefers-color-scheme: dark) {
  .heat1 { fill: #142c47 } .heat2 { fill: #19426b } .heat3 { fill: #215d92 } .heat4 { fill: #337bb5 }
  .heat5 { fill: #539bd0 } .heat6 { fill: #82bce4 } .heat7 { fill: #b4daf2 } .heat8 { fill: #eaf6fd } }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 4px 0 } caption { text-align: left; color: var(--dim) }
th, td { padding: 2px 16px 2px 0; text-align: left; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
td.n, th { white-space: nowrap } td.n, th.n { text-align: right; padding: 2px 0 2px 12px } .pair > * { min-width: 0; overflow-x: auto }
.n + td:not(.n) { padding-left: 12px }
.wide { max-width: 900px } caption { white-space: nowrap } tr.differs td { color: var(--b); font-weight: 600 }
@media print { body { max-width: none } h2 { break-after: avoid } svg { break-inside: avoid } }
`;
