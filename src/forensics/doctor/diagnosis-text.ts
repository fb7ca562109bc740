/** A diagnosis as lines for people. Pure. */
import type { Paint, Style } from '../../std/paint.ts';
import { formatDurationMs, plural } from '../../std/units.ts';
import type { Diagnosis, Finding } from '../doctor.ts';
import type { Severity } from './rule.ts';

const STYLES: Readonly<Record<Severity, Style>> = {
  critical: 'red',
  warning: 'yellow',
  info: 'blue',
};
const WIDTH = Math.max(...Object.keys(STYLES).map((name) => name.length));

export function diagnosisLines(diagnosis: Diagnosis, paint: Paint): string[] {
  const { cluster, findings, rules, spanMs } = diagnosis;
  const verdict =
    findings.length === 0
      ? paint('green', 'nothing found')
      : paint('bold', plural(findings.length, 'finding'));
  const measured =
    spanMs === null ? 'figures since the nodes started' : `figures of ${formatDurationMs(spanMs)}`;
  const head = `${paint('bold', cluster)}  ${verdict} (${plural(rules, 'rule')}, ${measured})`;
  return [head, ...findings.flatMap((finding) => findingLines(finding, paint))];
}

function findingLines(finding: Finding, paint: Paint): string[] {
  const { code, severity, title, node, evidence, command } = finding;
  const place = node === null ? '' : ` ${paint('bold', node)}:`;
  const indent = ' '.repeat(WIDTH + 2);
  return [
    '',
    `${paint(STYLES[severity], severity.padEnd(WIDTH))}  ${code}${place} ${title}`,
    ...evidence.map((line) => `${indent}${line}`),
    ...(command === null ? [] : [`${indent}${paint('dim', '$')} ${command}`]),
  ];
}
