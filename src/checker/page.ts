/**
 * The history as one HTML page that needs nothing else: bars of each client on a time axis, the
 * order that explains them as a line, and the answer that no order explains.
 */
import { htmlPage, htmlText } from '../std/html.ts';
import { plural } from '../std/units.ts';
import type { Finding, Judgement } from './checker.ts';
import type { Operation } from './history.ts';
import { type Bar, type Layout, layOut } from './page-layout.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.ts';
import { actionText, type TimeUnit, timeText, valueText } from './wording.ts';

const ROW_PX = 34;
const BAR_PX = 22;
const TOP_PX = 26;
/** About, of the page's font. */
const CHARACTER_PX = 6.7;
const ROWS_MAX = 40;

export interface PageInput {
  readonly judgement: Judgement;
  /** What was judged, for the heading. */
  readonly title: string;
  readonly model: string;
  readonly timeUnit: TimeUnit;
}

const VERDICTS = {
  ok: 'linearizable',
  illegal: 'NOT linearizable',
  unknown: 'not decided',
} as const;

export function drawPage(input: PageInput): string {
  const { judgement, title, model } = input;
  const { verdict, finding, operationCount, unknownCount, keyCount } = judgement;
  const counts =
    `${plural(operationCount, 'operation')}, ${unknownCount} of unknown outcome, ` +
    `${plural(keyCount, 'key')}, model ${model}`;
  const body = `<header>
<h1><span class="verdict ${verdict}">${VERDICTS[verdict]}</span> ${htmlText(title)}</h1>
<p>${htmlText(counts)}</p>
</header>
${finding === null ? '<p>The history is empty.</p>' : drawFinding(finding, input)}
<script>${PAGE_SCRIPT}</script>`;
  return htmlPage({ title: `${title}: ${VERDICTS[verdict]}`, style: PAGE_STYLE, body });
}

function drawFinding(finding: Finding, input: PageInput): string {
  const layout = layOut(finding);
  return `<main>
${summaryOf(finding, input).join('\n')}
<p class="legend">A bar is an operation from its call to its answer; dashed: never answered. Its number is its place in the
order drawn as a line, each point a moment when it can have taken effect. Empty bars are not in the order. Long waits are drawn shorter.
${finding.isIllegal ? 'Red with a cross: the answer that no order explains.' : ''}</p>
${drawChart(layout, input.timeUnit)}
${hiddenText(layout)}
${drawTable(finding, input.timeUnit)}
</main>`;
}

function summaryOf(finding: Finding, { judgement, timeUnit }: PageInput): string[] {
  const { key, blocked, states, order, operations } = finding;
  const name = key === '' ? 'the register' : `key ${htmlText(valueText(key))}`;
  if (blocked === null || !finding.isIllegal) {
    const of = `${order.length} of the ${operations.length} operations on ${name}`;
    const rest =
      judgement.verdict === 'ok' ? '' : ' It was not decided whether there is one for all.';
    return [`<p>Below is an order that explains ${of}.${rest}</p>`];
  }
  const held = states.map((state) => `<b>${htmlText(valueText(state))}</b>`).join(' or ');
  return [
    `<p>Client <b>${htmlText(blocked.client)}</b>: <b>${htmlText(actionText(blocked))}</b> on ${name}, ` +
      `called ${timeText(blocked.calledAt, timeUnit)}, answered ${timeText(blocked.returnedAt, timeUnit)}: ` +
      'no order explains this answer together with all answers before it.</p>',
    states.length === 0 ? '' : `<p>When it had to take effect, ${name} can have held ${held}.</p>`,
    `<p>The order drawn below explains everything answered before it, in ${order.length} operations.</p>`,
  ].filter((line) => line !== '');
}

function drawChart(layout: Layout, unit: TimeUnit): string {
  const height = TOP_PX + layout.clients.length * ROW_PX + 8;
  const names = layout.clients
    .map((client) => `<li style="height:${ROW_PX}px">${htmlText(client)}</li>`)
    .join('');
  const ticks = layout.ticks.map(
    ({ x, time }) =>
      `<line class="tick" x1="${x}" x2="${x}" y1="${TOP_PX - 6}" y2="${height}"/>` +
      `<text class="time" x="${x + 3}" y="13">${timeText(time, unit)}</text>`,
  );
  const path = layout.points.map(({ x, row }) => `${x},${centreOf(row)}`).join(' ');
  const dots = layout.points.map(({ x, row }) => {
    return `<circle class="point" cx="${x}" cy="${centreOf(row)}" r="3"/>`;
  });
  return `<div class="chart">
<ul class="clients" style="padding-top:${TOP_PX}px" aria-label="clients">${names}</ul>
<div class="lanes" tabindex="0">
<svg width="${layout.width}" height="${height}" role="img" aria-label="operations of each client over time">
${ticks.join('\n')}
${layout.bars.map((bar) => drawBar(bar, unit)).join('\n')}
<polyline class="order" points="${path}"/>
${dots.join('\n')}
</svg>
</div>
</div>`;
}

function centreOf(row: number): number {
  return TOP_PX + row * ROW_PX + BAR_PX - 2;
}

function drawBar(bar: Bar, unit: TimeUnit): string {
  const { operation, row, left, right, rank, isBlocked, isFocus } = bar;
  const width = Math.max(6, right - left);
  const y = TOP_PX + row * ROW_PX + (ROW_PX - BAR_PX) / 2;
  const isOpen = operation.returnedAt === Number.POSITIVE_INFINITY;
  const kind = isBlocked ? 'blocked' : operation.action.kind === 'get' ? 'reads' : 'writes';
  const label = `${isBlocked ? '✗ ' : rank === null ? '' : `${rank} `}${actionText(operation)}`;
  const fitting = Math.floor((width - 6) / CHARACTER_PX);
  const shown = label.length <= fitting ? label : label.slice(0, Math.max(0, fitting - 1));
  const span = `${timeText(operation.calledAt, unit)} to ${timeText(operation.returnedAt, unit)}`;
  const title = `client ${operation.client}: ${label}\n${span}`;
  return (
    `<g class="bar ${kind}${isOpen ? ' open' : ''}${rank === null ? ' outside' : ''}"` +
    `${isFocus ? ' id="fault"' : ''}><title>${htmlText(title)}</title>` +
    `<rect x="${left}" y="${y}" width="${width}" height="${BAR_PX}" rx="3"/>` +
    `<text x="${left + 4}" y="${y + 10}">${htmlText(shown)}</text></g>`
  );
}

function hiddenText({ hiddenBefore, hiddenAfter }: Layout): string {
  if (hiddenBefore + hiddenAfter === 0) return '';
  return `<p>Not drawn: ${hiddenBefore} operations before these, ${hiddenAfter} after.</p>`;
}

/** The end of the order, and what blocks it, as a table. */
function drawTable({ order, blocked, isIllegal }: Finding, unit: TimeUnit): string {
  const from = Math.max(0, order.length - ROWS_MAX);
  const rows = order.slice(from).map((it, index) => tableRow(String(from + index + 1), it, unit));
  if (blocked !== null && isIllegal) rows.push(tableRow('✗', blocked, unit));
  return `<h2>The end of the order</h2>
<table><thead><tr><th>place</th><th>client</th><th>operation</th><th>called</th><th>answered</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`;
}

function tableRow(place: string, operation: Operation, unit: TimeUnit): string {
  const cells = [
    ...[place, operation.client, actionText(operation)],
    ...[timeText(operation.calledAt, unit), timeText(operation.returnedAt, unit)],
  ];
  const name = place === '✗' ? ' class="blocked"' : '';
  return `<tr${name}>${cells.map((cell) => `<td>${htmlText(cell)}</td>`).join('')}</tr>`;
}
