/** How the page of a history looks, in light and in dark, and how it opens: at the fault. */

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #d0d7de; --soft: #57606a;
  --read: #dbeafe; --read-edge: #3b6fb6; --write: #fdeccf; --write-edge: #a8690f;
  --bad: #ffd9d6; --bad-edge: #c4231c; --line: #1b1f24; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #30363d;
  --soft: #9da7b3; --read: #16304f; --read-edge: #6ba4f0; --write: #42300f; --write-edge: #e0a94a;
  --bad: #5a1512; --bad-edge: #ff7b72; --line: #e6edf3; } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin-top: 1.5rem; }
p { margin: .3rem 0; max-width: 75rem; } header p, .legend { color: var(--soft); }
.verdict { border: 1px solid; border-radius: .3rem; padding: .1rem .5rem; margin-right: .4rem; }
.verdict.illegal { color: var(--bad-edge); background: var(--bad); }
.verdict.ok { color: var(--read-edge); background: var(--read); }
.verdict.unknown { color: var(--write-edge); background: var(--write); }
.chart { display: flex; border: 1px solid var(--faint); border-radius: .3rem; margin: .8rem 0; }
.clients { list-style: none; margin: 0; padding: 0 .7rem; border-right: 1px solid var(--faint);
  text-align: right; white-space: nowrap; }
.clients li { display: flex; align-items: center; justify-content: flex-end; }
.lanes { overflow-x: auto; } svg { display: block; } svg text { font: 11px ui-monospace, monospace; fill: var(--ink); }
.bar text { pointer-events: none; } .tick { stroke: var(--faint); } text.time { fill: var(--soft); }
.reads rect { fill: var(--read); stroke: var(--read-edge); } .writes rect { fill: var(--write); stroke: var(--write-edge); }
.blocked rect { fill: var(--bad); stroke: var(--bad-edge); stroke-width: 2.5; }
.open rect { stroke-dasharray: 5 3; } .outside:not(.blocked) rect { fill: none; }
.order { fill: none; stroke: var(--line); stroke-width: 1; opacity: .35; } .point { fill: var(--line); }
table { border-collapse: collapse; } th, td { text-align: left; padding: .1rem .8rem .1rem 0; }
td { font: 12px ui-monospace, monospace; } th { font-weight: 600; border-bottom: 1px solid var(--faint); }
tr.blocked td { color: var(--bad-edge); font-weight: 700; }
`;

export const PAGE_SCRIPT =
  "document.getElementById('fault')?.scrollIntoView({ inline: 'center', block: 'nearest' });";
