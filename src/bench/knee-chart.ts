/** A knee as a figure of the report's page: latency by rate, and its steps as a table. Pure. */
import { htmlText } from '../std/html.ts';
import { formatCount } from '../std/units.ts';
import { chart, countTicks, frameOf, point, polyline, powerTicks } from './chart.ts';
import type { Knee, KneePoint } from './knee.ts';
import { boundUs, kneeSentence } from './knee-picture.ts';
import { durationText } from './latency-text.ts';

const FIELDS = ['p50Us', 'p99Us', 'p999Us'] as const;
const FIELD_NAMES = { p50Us: 'p50', p99Us: 'p99', p999Us: 'p99.9' } as const;

export function kneeSection(knee: Knee): string {
  const { points } = knee;
  if (points.length === 0) return '';
  const rows = points.map((step) => {
    const cells = FIELDS.map((field) => `<td class="n">${durationText(step[field])}</td>`);
    const late = step.latenessP99Us === null ? '' : durationText(step.latenessP99Us);
    return (
      `<tr><td class="n">${formatCount(step.askedPerSecond)}/s</td>` +
      `<td class="n">${formatCount(step.achievedPerSecond)}/s</td>${cells.join('')}` +
      `<td class="n">${late}</td><td>${step.outcome}</td><td>${htmlText(step.run ?? '')}</td></tr>`
    );
  });
  const heads = ['asked', 'got', ...FIELDS.map((field) => FIELD_NAMES[field]), 'late'];
  return (
    '<h2>Latency by rate</h2>' +
    `<p><b>${htmlText(kneeSentence(knee))}</b></p>` +
    '<p class="dim">From the bottom: p50, p99 (each step a point: filled holds, crossed misses, ' +
    'pale is doubtful), p99.9; of several steps at one rate the median. Dashed: the objective.</p>' +
    `<div class="wide">${drawing(knee)}</div>` +
    `<table><tr>${heads.map((head) => `<th class="n">${head}</th>`).join('')}<th></th><th>run</th></tr>` +
    `${rows.join('')}</table>`
  );
}

function drawing({ points, slos }: Knee): string {
  const bound = boundUs(slos);
  const all = points.flatMap((step) => FIELDS.map((field) => step[field]));
  const filled = [...all, ...(bound === null ? [] : [bound])].filter((us) => us > 0);
  const low = Math.max(1, Math.min(...filled));
  const high = Math.max(low * 2, ...filled);
  const top = Math.max(...points.map(({ askedPerSecond }) => askedPerSecond)) * 1.02;
  const place = (us: number): number => Math.log(Math.max(us, low) / low) / Math.log(high / low);
  const frame = frameOf();
  const rates = [...new Set(points.map(({ askedPerSecond }) => askedPerSecond))];
  const lines = FIELDS.map((field) => {
    const way = rates.map((rate) => [rate / top, place(medianOf(points, rate, field))] as const);
    return polyline({ points: way, className: field === 'p99Us' ? 'a' : 'side' }, frame);
  });
  const marks = points.map((step) => {
    const [x, y] = [frame.x(step.askedPerSecond / top), frame.y(place(step.p99Us))];
    return markOf(step, x, y);
  });
  const objective =
    bound === null
      ? ''
      : polyline(
          {
            points: [0, 1].map((x) => [x, place(bound)] as const),
            className: 'bound',
          },
          frame,
        );
  return chart({
    label: 'Latency by rate',
    xTicks: countTicks(top, (value) => `${formatCount(value)}/s`),
    yTicks: powerTicks(low, high, durationText),
    content: `${objective}${lines.join('')}${marks.join('')}`,
  });
}

/** Of all steps at that rate: the lower one of two. */
function medianOf(
  points: readonly KneePoint[],
  rate: number,
  field: (typeof FIELDS)[number],
): number {
  const steps = points.filter(({ askedPerSecond }) => askedPerSecond === rate);
  const values = steps.map((step) => step[field]).sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)] ?? 0;
}

function markOf({ outcome }: KneePoint, x: number, y: number): string {
  if (outcome === 'holds') return `<circle class="holds" cx="${point(x)}" cy="${point(y)}" r="4"/>`;
  const [left, right, above, below] = [x - 4, x + 4, y - 4, y + 4].map(point);
  return `<path class="${outcome}" d="M${left} ${above}L${right} ${below}M${left} ${below}L${right} ${above}"/>`;
}
