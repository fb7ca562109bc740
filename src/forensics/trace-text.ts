/** A traced request as a waterfall for people. Pure. */
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import type { RequestTrace } from './trace.ts';
import type { StepName, TraceStep } from './trace-story.ts';

const BAR_COLUMNS = 44;

const MEANINGS: Readonly<Record<StepName, string>> = {
  request: 'request',
  forward: 'forward to the leader',
  queue: 'wait for the batch',
  sync: 'write and sync',
  append: 'append',
  acknowledge: 'acknowledge',
  question: 'ask for an index',
  ask: 'do I still lead?',
  echo: 'you do',
  index: 'the index',
  quorum: 'majority',
  apply: 'commit and apply',
  news: 'hear of the commit',
  answer: 'answer',
};

export function traceLines(trace: RequestTrace, paint: Paint): string[] {
  const { kind, via, leader, totalMs, steps, decidedBy, first, last } = trace;
  const where = via === leader ? `${via}, which leads` : `${via}; ${leader ?? 'nobody'} leads`;
  const batch = first === null ? '' : first === last ? `, entry ${first}` : `, ${first} to ${last}`;
  const columns: readonly Column<TraceStep>[] = [
    { title: 'WHERE', cell: ({ node, to }) => (to === null ? node : `${node} -> ${to}`) },
    { title: 'WHAT', cell: ({ step }) => MEANINGS[step] },
    { title: 'AT', align: 'right', cell: ({ fromMs }) => ms(fromMs) },
    { title: 'TOOK', align: 'right', cell: ({ fromMs, toMs }) => ms(toMs - fromMs) },
    { title: 'ms', cell: (step) => paint('green', barOf(step, totalMs)) },
  ];
  const lines = [
    `A ${kind} through ${where}, term ${trace.term}${batch}: ${ms(totalMs)} ms from the client and back`,
    '',
    ...tableLines(columns, steps, paint),
  ];
  if (decidedBy !== null) {
    lines.push('', `${paint('yellow', decidedBy)} decided: its word completed the majority`);
  }
  for (const note of trace.notes) lines.push(`Note: ${note}`);
  for (const { node, offsetMs, uncertaintyMs } of trace.clocks) {
    if (offsetMs === 0) continue;
    lines.push(
      `Note: ${node} has a clock of its own; its times are good to ${ms(uncertaintyMs)} ms`,
    );
  }
  return lines;
}

function barOf({ fromMs, toMs }: TraceStep, totalMs: number): string {
  const at = (time: number): number =>
    Math.round((Math.min(Math.max(time, 0), totalMs) / totalMs) * BAR_COLUMNS);
  const isLate = toMs > totalMs;
  const [begin, end] = [Math.min(at(fromMs), BAR_COLUMNS - 1), at(toMs)];
  const bar = '='.repeat(Math.max(1, end - begin));
  return `${' '.repeat(begin)}${bar}${isLate ? '>' : ''}`;
}

function ms(value: number): string {
  return value.toFixed(3);
}
