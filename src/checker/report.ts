/** The verdict as lines for a terminal. */
import type { Paint } from '../std/paint.ts';
import { formatCount, plural } from '../std/units.ts';
import type { Finding, Judgement } from './checker.ts';
import type { Operation } from './history.ts';
import { actionText, type TimeUnit, timeText, valueText } from './wording.ts';

/** Of the order, its end is printed. */
const ROWS_MAX = 12;
const KEYS_MAX = 5;

export interface ReportInput {
  readonly judgement: Judgement;
  readonly model: string;
  readonly timeUnit: TimeUnit;
  readonly durationText: string;
  readonly paint: Paint;
}

export function reportLines(input: ReportInput): string[] {
  const { judgement, model, durationText, paint } = input;
  const { verdict, operationCount, unknownCount, keyCount, stepCount, finding } = judgement;
  const colour = verdict === 'ok' ? 'green' : verdict === 'illegal' ? 'red' : 'yellow';
  const counts =
    `${plural(operationCount, 'operation')} (${formatCount(unknownCount)} of unknown outcome) on ` +
    `${plural(keyCount, 'key')}, model ${model}`;
  const lines = [`${paint(colour, verdict.toUpperCase())}  ${counts}`];
  if (finding?.isIllegal) lines.push(...illegalLines(finding, input));
  if (verdict === 'unknown') lines.push(...undecidedLines(judgement));
  lines.push(paint('dim', `${formatCount(stepCount)} steps in ${durationText}`));
  return lines;
}

function illegalLines(finding: Finding, { timeUnit, paint }: ReportInput): string[] {
  const { key, blocked, order, states, operations } = finding;
  if (blocked === null) return [];
  const name = key === '' ? 'the register' : `key ${valueText(key)}`;
  const held = states.map(valueText).join(' or ');
  const shown = order.slice(-ROWS_MAX);
  const first = order.length - shown.length + 1;
  const rows = shown.map((it, index) => [String(first + index), ...cells(it, timeUnit)]);
  rows.push(['✗', ...cells(blocked, timeUnit)]);
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const table = rows.map((row) => {
    return `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  });
  const last = table.pop() ?? '';
  return [
    '',
    `No order explains what was answered on ${name}.`,
    `First at fault: client ${blocked.client}, ${paint('bold', actionText(blocked))}.`,
    ...(states.length === 0 ? [] : [`When it had to take effect, ${name} can have held ${held}.`]),
    '',
    `Longest legal prefix: ${formatCount(order.length)} of ${plural(operations.length, 'operation')}, in this order:`,
    ...(first > 1 ? [paint('dim', `  ... ${formatCount(first - 1)} more`)] : []),
    ...table,
    paint('red', last),
    '',
  ];
}

function cells(operation: Operation, unit: TimeUnit): string[] {
  const { client, calledAt, returnedAt } = operation;
  const span = `${timeText(calledAt, unit)} to ${timeText(returnedAt, unit)}`;
  return [`client ${client}`, actionText(operation), span];
}

function undecidedLines({ undecided, keyCount }: Judgement): string[] {
  const names = undecided
    .slice(0, KEYS_MAX)
    .map((key) => (key === '' ? 'the register' : valueText(key)));
  const more = undecided.length > KEYS_MAX ? `, ${undecided.length - KEYS_MAX} more` : '';
  const others = undecided.length < keyCount ? 'The others have an order. ' : '';
  return [
    `Not decided: ${undecided.length} of ${plural(keyCount, 'key')}: ${names.join(', ')}${more}.`,
    `${others}This is no pass.`,
  ];
}
