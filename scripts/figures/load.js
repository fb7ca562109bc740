/** Load from outside: `raftctl bench` and redis-benchmark as a user runs them, and their cost. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tree.js';
import { run } from './cluster.js';

/** Of `/proc/<pid>/stat`: fixed at 100 for user space on Linux. */
const TICKS_PER_SECOND = 100;
const MEASUREMENT_INVALID = 10;

/** The same keys and values in all loads. */
export const KEYS = 100_000;
export const VALUE_BYTES = 64;

/**
 * Runs `raftctl bench` on one port. A measurement that the bench itself calls invalid is handed
 * over as it is: `data.isValid` says so.
 */
export function bench(port, flags) {
  const shape = ['--key-maximum', String(KEYS), '--data-size', String(VALUE_BYTES)];
  return benchRun(['--target', `resp://127.0.0.1:${port}`, ...flags, ...shape]);
}

/** As `bench`, on what the flags name. */
export async function benchRun(flags) {
  const { stdout } = await run(
    process.execPath,
    [join(ROOT, 'bin/run.js'), 'bench', '--json', ...flags],
    [0, MEASUREMENT_INVALID],
  );
  return JSON.parse(stdout).data;
}

/** Runs redis-benchmark on one port. @param test `set` or `get`. */
export async function redisBenchmark(port, { test, clients, pipeline, requests, threads = 1 }) {
  const { stdout } = await run('redis-benchmark', [
    ...['-h', '127.0.0.1', '-p', String(port), '-t', test, '-n', String(requests), '--csv'],
    ...['-c', String(clients), '-P', String(pipeline), '-d', String(VALUE_BYTES)],
    ...['-r', String(KEYS), ...(threads > 1 ? ['--threads', String(threads)] : [])],
  ]);
  const row = stdout.trim().split('\n').at(-1).split(',');
  const [, rps, , , p50Ms, , p99Ms] = row.map((cell) => numberOf(cell));
  if (!(rps > 0)) throw new Error(`redis-benchmark said: ${stdout}`);
  return { rps, p50Ms, p99Ms };
}

/** Quoted; what took less than a millisecond is `inf` a second. */
function numberOf(cell) {
  const text = cell.replaceAll('"', '');
  return text === 'inf' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Writes a second that 50 connections get through one at a time: what half or 40 % is taken of. */
export async function writeCapacity(port) {
  const flags = ['-c', '50', '--ratio', '1:0', '--workers', '1', '--warmup', '3s', '-d', '5s'];
  const { throughputPerSecond } = await bench(port, flags);
  return throughputPerSecond;
}

/** Seconds of processor time of all children of this process that have ended. */
export function endedChildrenCpuSeconds() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
