/**
 * The flight recorder: a dashboard records a cluster under load, then a terminal replays the file
 * and is sent to one second after the other, timed from the key to the picture. Needs tmux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Terminal, whatIsMissing } from '../tour/terminal.js';
import { ROOT } from '../tree.js';
import { alive, withCluster } from './cluster.js';
import { bench } from './load.js';
import { quantile, round } from './statistics.js';

const SECONDS = 60;
const RATE = 500;
const SEEKS = 100;
const SEEK_MS_MAX = 200;
const POLL_MS = 2;
const SHOWS_MS_MAX = 20_000;
const SCREEN = { width: 160, height: 45 };
/** Steps over all positions in no order. */
const STRIDE = 0.381966;
const VIEWS = ['1', '3', '5'];

const PROGRAM = join(ROOT, 'bin/run.js');

/** Records for so long, while requests come. */
async function record(cluster, file, { seconds, rate }) {
  const flags = ['figures', '--dir', cluster.directory, '--plain', '--record', file];
  const recorder = spawn(process.execPath, [PROGRAM, 'top', ...flags], { stdio: 'ignore' });
  const ended = once(recorder, 'exit');
  try {
    const { port } = await cluster.leader();
    await bench(port, [
      '--rate',
      String(rate),
      '-d',
      `${seconds}s`,
      '--warmup',
      '1s',
      '--no-store',
    ]);
  } finally {
    recorder.kill('SIGTERM');
    await ended;
  }
}

/** When each look was, from the file. */
function looksIn(file) {
  const lines = readFileSync(file, 'utf8').split('\n').slice(1);
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line).atMs);
}

/** `12:03:58`, as the screen takes and shows it. */
function clockOf(ms) {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** @returns milliseconds from the key to the look that belongs to that second. */
async function seek(terminal, looks, second) {
  const end = looks[0] + second * 1000;
  const whole = Math.floor(end / 1000) * 1000 + 999;
  const index = looks.findLastIndex((ms) => ms <= whole);
  terminal.type(`:at ${clockOf(end)}`);
  await terminal.shows(/:at \S+_/);
  const begun = performance.now();
  terminal.press('Enter');
  const there = ` ${index + 1}/${looks.length}`;
  await terminal.shows((text) => text.includes(there) && !/:at/.test(text), SHOWS_MS_MAX, POLL_MS);
  return performance.now() - begun;
}

/** Replays a file. @returns how long it took to open, and every seek. */
async function replay(file, folder) {
  const looks = looksIn(file);
  const seconds = Math.floor((looks.at(-1) - looks[0]) / 1000);
  const terminal = new Terminal(SCREEN, folder);
  alive.add({ dispose: () => terminal.close() });
  terminal.open();
  try {
    terminal.type(`node ${PROGRAM} top --replay ${file}`);
    const begun = performance.now();
    terminal.press('Enter');
    await terminal.shows(/REPLAY/, SHOWS_MS_MAX, POLL_MS);
    const openMs = performance.now() - begun;
    terminal.press('Space');
    await sleep(500);
    const seeks = [];
    for (let at = 0; at < SEEKS; at += 1) {
      if (at % Math.ceil(SEEKS / VIEWS.length) === 0) {
        terminal.press(VIEWS[Math.floor((at * VIEWS.length) / SEEKS)]);
        await sleep(500);
      }
      const part = (at * STRIDE) % 1;
      seeks.push(await seek(terminal, looks, 1 + Math.floor(part * (seconds - 1))));
    }
    return { openMs, seeks, looks: looks.length, seconds };
  } finally {
    terminal.close();
  }
}

/** Makes the recording, unless it is there already. */
async function made(file, { ports, flags, say }) {
  if (existsSync(file)) return;
  const seconds = flags.seconds ?? SECONDS;
  const rate = flags.rate ?? RATE;
  await withCluster(ports.base, async (cluster) => {
    await cluster.up();
    say(`  ${seconds} s of recording under ${rate} requests/s`);
    await record(cluster, file, { seconds, rate });
  });
}

export async function recording({ ports, flags, say }) {
  const missing = whatIsMissing();
  if (missing !== null) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-figures-recording-'));
  const file = flags.file === null ? join(folder, 'flight.rtrec') : resolve(flags.file);
  try {
    await made(file, { ports, flags, say });
    const { size } = statSync(file);
    const { openMs, seeks, looks, seconds } = await replay(file, folder);
    const [p50, max] = [quantile(seeks, 0.5), Math.max(...seeks)];
    return {
      text:
        `${seconds} s, ${looks} looks, ${round(size / 2 ** 20, 1)} MiB (${round(size / looks / 1024, 1)} KiB a look); ` +
        `opened in ${round(openMs)} ms; ${SEEKS} seeks: p50 ${round(p50)} ms, max ${round(max)} ms`,
      target: `every seek within ${SEEK_MS_MAX} ms`,
      isMet: max < SEEK_MS_MAX,
      values: { seconds, looks, bytes: size, openMs, seeks },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
