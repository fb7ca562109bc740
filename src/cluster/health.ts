/** A cluster's health as a list of checks, and in the formats that monitoring wants. Pure. */
import { EXIT } from '../std/errors.ts';
import type { Paint } from '../std/paint.ts';
import { plural } from '../std/units.ts';
import { type ClusterNodeRow, type ClusterStatus, LAG_ENTRIES_MAX } from '../wire/status.ts';

export interface HealthCheck {
  readonly name: string;
  /** `fail`: no writes are served; `warn`: they are, with less in reserve. */
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}

export interface Health {
  readonly name: string;
  readonly verdict: 'healthy' | 'degraded' | 'unavailable';
  readonly checks: readonly HealthCheck[];
}

export function assessHealth(status: ClusterStatus): Health {
  const { leader, serving, quorum, tolerance, nodes } = status;
  const checks: HealthCheck[] = [
    leader === null
      ? { name: 'leader', result: 'fail', detail: 'nobody leads' }
      : { name: 'leader', result: 'ok', detail: `${leader} leads term ${status.term}` },
    serving
      ? { name: 'quorum', result: 'ok', detail: `writes are served, ${tolerance} more may fail` }
      : {
          name: 'quorum',
          result: 'fail',
          detail: `no writes: ${plural(quorum, 'node')} must be up`,
        },
    ...nodes.map(nodeCheck),
  ];
  // A leader that does not serve yet is a cluster that is not well, not one that is gone.
  const verdict = leader === null ? 'unavailable' : status.healthy ? 'healthy' : 'degraded';
  return { name: status.name, verdict, checks };
}

function nodeCheck(row: ClusterNodeRow): HealthCheck {
  const name = `node ${row.id}`;
  const why = row.error === null ? '' : `: ${row.error}`;
  if (row.state !== 'up') return { name, result: 'warn', detail: `${row.state}${why}` };
  if (row.error !== null) return { name, result: 'warn', detail: row.error };
  if ((row.lag ?? 0) > LAG_ENTRIES_MAX) {
    return { name, result: 'warn', detail: `${row.lag} entries behind` };
  }
  return { name, result: 'ok', detail: `${row.role}, ${row.lag ?? 0} entries behind` };
}

export function healthExit(health: Health): number {
  if (health.verdict === 'healthy') return EXIT.ok;
  return health.verdict === 'degraded' ? EXIT.unhealthy : EXIT.unreachable;
}

const NAGIOS = {
  healthy: { exit: 0, word: 'OK' },
  degraded: { exit: 1, word: 'WARNING' },
  unavailable: { exit: 2, word: 'CRITICAL' },
} as const;

/** Exit code of a plugin: 0 to 3 by Nagios's own rules. */
export function nagiosExit(health: Health): number {
  return NAGIOS[health.verdict].exit;
}

export function nagiosLine(health: Health, status: ClusterStatus): string {
  const bad = health.checks.filter((check) => check.result !== 'ok');
  const words = (bad.length === 0 ? health.checks.slice(0, 2) : bad).map(
    (check) => `${check.name} ${check.detail}`,
  );
  const up = status.nodes.filter((row) => row.state === 'up').length;
  const figures = `up=${up};;;0;${status.nodes.length} tolerance=${status.tolerance}`;
  // A pipe sign begins the figures: none may stand in the text.
  const text = words.join(', ').replaceAll('|', '/').replaceAll('\n', ' ');
  return `RAFT ${NAGIOS[health.verdict].word} - ${health.name}: ${text} | ${figures}`;
}

export function healthLines(health: Health, paint: Paint): string[] {
  const style = { healthy: 'green', degraded: 'yellow', unavailable: 'red' } as const;
  const marks = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const width = Math.max(...health.checks.map((check) => check.name.length));
  return [
    `${paint('bold', health.name)}  ${paint(style[health.verdict], health.verdict)}`,
    ...health.checks.map(({ name, result, detail }) => {
      return `  ${paint(marks[result], result.padEnd(4))}  ${name.padEnd(width)}  ${detail}`;
    }),
  ];
}

/** Prometheus's text format. */
export function prometheusLines(health: Health, status: ClusterStatus): string[] {
  const cluster = `cluster="${label(health.name)}"`;
  const up = status.nodes.map((row) => {
    return `raftctl_node_up{${cluster},node="${label(row.id)}"} ${row.state === 'up' ? 1 : 0}`;
  });
  return [
    ...gauge('raftctl_cluster_healthy', 'Whether every node is up and well.'),
    `raftctl_cluster_healthy{${cluster}} ${status.healthy ? 1 : 0}`,
    ...gauge('raftctl_cluster_serving', 'Whether writes are acknowledged.'),
    `raftctl_cluster_serving{${cluster}} ${status.serving ? 1 : 0}`,
    ...gauge('raftctl_cluster_tolerance', 'How many more voters may fail.'),
    `raftctl_cluster_tolerance{${cluster}} ${status.tolerance}`,
    ...gauge('raftctl_node_up', 'Whether the node answers.'),
    ...up,
  ];
}

function gauge(name: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** One test case a check; a warning fails its case like a failure: it is to be seen. */
export function junitLines(health: Health): string[] {
  const failures = health.checks.filter((check) => check.result !== 'ok').length;
  const suite = `name="raftctl ${xml(health.name)}" tests="${health.checks.length}" failures="${failures}"`;
  const cases = health.checks.map(({ name, result, detail }) => {
    const open = `  <testcase classname="${xml(health.name)}" name="${xml(name)}"`;
    return result === 'ok' ? `${open}/>` : `${open}><failure message="${xml(detail)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite ${suite}>`,
    ...cases,
    '</testsuite>',
  ];
}

function xml(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to say them
      .replace(/[\u0000-\u001f]/g, ' ')
  );
}
