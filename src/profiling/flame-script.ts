/**
 * What the page of a flame graph brings along: its look, and the script that draws the boxes on a
 * canvas, zooms, searches and explains the box under the pointer. It loads nothing.
 */

export const FLAME_STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #1c2330; --dim: #667; --line: #d5d9e0; --tip: #fffffff2 }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --ink: #e6e9ef; --dim: #9aa3b2; --line: #343a45; --tip: #20252df2 } }
body { margin: 0; padding: 14px 18px; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif }
h1 { margin: 0; font-size: 17px; overflow-wrap: anywhere }
p { margin: 2px 0 10px; color: var(--dim) }
form { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin-bottom: 10px }
input { width: 320px; max-width: 60vw; padding: 4px 8px; font: inherit }
button { padding: 4px 10px; font: inherit }
canvas { display: block; width: 100%; cursor: pointer }
footer { margin-top: 10px; color: var(--dim); font-size: 13px }
footer i { display: inline-block; width: 11px; height: 11px; margin-left: 10px; border-radius: 2px }
.raftctl { background: linear-gradient(90deg, hsl(30 80% 66%), hsl(140 50% 62%), hsl(210 70% 68%)) }
.node { background: hsl(48 25% 72%) } .native { background: hsl(220 8% 68%) }
.more { background: hsl(8 80% 62%) } .less { background: hsl(215 75% 62%) }
#tip { position: fixed; z-index: 1; max-width: 60vw; padding: 7px 10px; pointer-events: none; background: var(--tip);
  border: 1px solid var(--line); border-radius: 5px; box-shadow: 0 3px 12px #0003; font-size: 13px; overflow-wrap: anywhere }
#tip b { display: block; font-family: ui-monospace, monospace } #tip span { display: block; color: var(--dim) }
`;

export const FLAME_SCRIPT = `
'use strict';
const { unit, functions, boxes, beforeTotal } = JSON.parse(document.getElementById('data').textContent);
const ROW = 20, FONT = '12px ui-monospace, Menlo, Consolas, monospace';
const byId = (id) => document.getElementById(id);
const canvas = byId('flame'), tip = byId('tip'), search = byId('search'), found = byId('found');
const pen = canvas.getContext('2d');
const all = boxes[0][3];
// The index after the last box inside each box.
const ends = [];
{
  const open = [];
  boxes.forEach(([depth], i) => {
    while (open.length > depth) ends[open.pop()] = i;
    open.push(i);
  });
  while (open.length > 0) ends[open.pop()] = boxes.length;
}
const depthMax = boxes.reduce((most, [depth]) => Math.max(most, depth), 0);
let zoomed = 0, wanted = '', drawn = [], letter = 7;

const share = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole).toFixed(1) + ' %';
function amount(value) {
  if (unit === 'us') return value < 1000 ? value + ' us' : (value / 1000).toFixed(value < 1e5 ? 2 : 0) + ' ms';
  return value < 1024 ? value + ' B' : value < 1048576 ? (value / 1024).toFixed(1) + ' KiB' : (value / 1048576).toFixed(1) + ' MiB';
}
function tone(text, from, to) {
  let sum = 7;
  for (let i = 0; i < text.length; i += 1) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return from + (sum % (to - from));
}
/** How much the share of all grew, from -1 to 1; what is new or gone counts by its share alone. */
const grown = (box) => (all === 0 ? 0 : box[3] / all) - (beforeTotal ? box[5] / beforeTotal : 0);
function colour(box) {
  if (beforeTotal !== null) {
    const by = grown(box), strength = Math.min(1, Math.sqrt(Math.abs(by) * 8));
    if (Math.abs(by) < 0.0005) return 'hsl(220 8% 82%)';
    return by > 0 ? 'hsl(8 80% ' + (88 - 30 * strength) + '%)' : 'hsl(215 75% ' + (88 - 30 * strength) + '%)';
  }
  const [name, , group] = functions[box[1]];
  if (group === 'native') return 'hsl(220 8% ' + tone(name, 66, 78) + '%)';
  if (group === 'node') return 'hsl(48 25% ' + tone(name, 66, 78) + '%)';
  return 'hsl(' + tone(group, 0, 340) + ' 62% ' + tone(name, 66, 76) + '%)';
}
function matches(box) {
  const [name, place] = functions[box[1]];
  return wanted !== '' && (name + ' ' + place).toLowerCase().includes(wanted);
}
function draw() {
  const width = canvas.parentElement.clientWidth, height = (depthMax + 1) * ROW, ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = height + 'px';
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = FONT;
  pen.textBaseline = 'middle';
  letter = pen.measureText('m').width;
  const [zoomDepth, , from, span] = boxes[zoomed];
  drawn = [];
  for (let i = 0; i < boxes.length;) {
    const box = boxes[i], [depth, , start, total] = box;
    const left = span === 0 ? 0 : Math.max(0, ((start - from) / span) * width);
    const right = span === 0 ? width : Math.min(width, ((start + total - from) / span) * width);
    // What is too narrow to be seen is skipped with all that it called.
    if (right - left < 0.4 && i !== zoomed) { i = ends[i]; continue; }
    paint(box, left, right, depth < zoomDepth);
    drawn.push([i, left, right, depth * ROW]);
    i += 1;
  }
  summary();
}
function paint(box, left, right, isAbove) {
  const top = box[0] * ROW, wide = right - left, hit = matches(box), isDim = isAbove || (wanted !== '' && !hit);
  pen.globalAlpha = hit || !isDim ? 1 : 0.4;
  pen.fillStyle = hit ? 'hsl(300 75% 68%)' : colour(box);
  pen.fillRect(left, top, Math.max(wide - (wide > 3 ? 1 : 0), 0.4), ROW - 1);
  const room = Math.floor((wide - 7) / letter);
  if (room < 3) return;
  const [name, place] = functions[box[1]];
  let text = place === '' ? name : name + '  ' + place;
  if (text.length > room) text = name.length > room ? name.slice(0, room - 1) + '…' : name;
  pen.fillStyle = isDim && !hit && matchMedia('(prefers-color-scheme: dark)').matches ? '#e6e9ef' : '#14171c';
  pen.globalAlpha = 1;
  pen.fillText(text, left + 4, top + ROW / 2);
}
/** A match inside a match counts once. */
function summary() {
  if (wanted === '') { found.textContent = ''; return; }
  let sum = 0, count = 0;
  for (let i = 0; i < boxes.length;) {
    if (matches(boxes[i])) { sum += boxes[i][3]; count += 1; i = ends[i]; } else i += 1;
  }
  found.textContent = count === 0 ? 'nothing found' : 'found: ' + amount(sum) + ', ' + share(sum, all) + ' of all';
}
function boxAt(event) {
  const { left, top } = canvas.getBoundingClientRect(), x = event.clientX - left, y = event.clientY - top;
  const hit = drawn.find(([, from, to, row]) => x >= from && x < to && y >= row && y < row + ROW);
  return hit === undefined ? null : hit[0];
}
function line(kind, text) {
  const part = document.createElement(kind);
  part.textContent = text;
  return part;
}
function explain(event) {
  const at = boxAt(event);
  tip.hidden = at === null;
  if (at === null) return;
  const box = boxes[at], [, index, , total, self] = box, [name, place] = functions[index];
  const lines = [line('b', name), line('span', place)];
  lines.push(line('div', 'with what it calls ' + amount(total) + ', ' + share(total, all) + ' of all'));
  lines.push(line('div', 'itself ' + amount(self) + ', ' + share(self, all)));
  if (beforeTotal !== null) {
    const by = grown(box) * 100;
    const change = (by < 0 ? '' : '+') + by.toFixed(1) + ' points';
    lines.push(line('div', 'before ' + amount(box[5]) + ', ' + share(box[5], beforeTotal) + ': ' + change));
  }
  tip.replaceChildren(...lines);
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8)) + 'px';
  const isLow = event.clientY + 18 + height > innerHeight;
  tip.style.top = (isLow ? Math.max(4, event.clientY - height - 10) : event.clientY + 18) + 'px';
}
function zoom(at) { zoomed = at; draw(); }
canvas.addEventListener('mousemove', explain);
canvas.addEventListener('mouseleave', () => { tip.hidden = true; });
canvas.addEventListener('click', (event) => { const at = boxAt(event); if (at !== null) zoom(at); });
search.addEventListener('input', () => { wanted = search.value.trim().toLowerCase(); draw(); });
search.form.addEventListener('submit', (event) => event.preventDefault());
byId('reset').addEventListener('click', () => zoom(0));
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { search.value = wanted = ''; search.blur(); zoom(0); }
  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
});
addEventListener('resize', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
draw();
`;
