/**
 * `npm run tour`: drives `raftctl top` through tmux on a real cluster under load, at 80x24 and at
 * 160x45: every view, every key, a storm of changes of size, a killed leader, every way out. What a
 * key must do is looked for on the screen. Exit code 1: something did not happen. Needs tmux.
 *
 *   npm run tour                   both sizes, three minutes
 *   npm run tour -- --size 80x24   one of them
 *   npm run tour -- --write        also puts the screens and the table into docs/captures
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alive, runScript, withCluster } from './figures/cluster.js';
import { act, killLeader, storm } from './tour/acting.js';
import { leave } from './tour/leaving.js';
import { look, VIEWS } from './tour/looking.js';
import { amongSeveral } from './tour/several.js';
import { Terminal, whatIsMissing } from './tour/terminal.js';
import { ROOT } from './tree.js';

const SIZES = ['80x24', '160x45'];
const PORT_BASE = 18_250;
const RATE = 300;
const LOAD_SECONDS = 1800;
const PROGRAM = join(ROOT, 'bin/run.js');
const CAPTURES = join(ROOT, 'docs/captures');
const ESCAPE_MS = 700;
const CHARTS_MS = 25_000;

const words = process.argv.slice(2);

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** One terminal with the dashboard on it. */
class Tour {
  /** What was checked: `{ keys, effect, outcome }`; `outcome` is 'ok', a figure, or what failed. */
  results = [];
  captures = new Map();

  #load;

  constructor(cluster, size, load) {
    const [width, height] = size.split('x').map(Number);
    this.cluster = cluster;
    this.#load = load;
    this.size = size;
    this.directory = mkdtempSync(join(tmpdir(), 'raftctl-tour-'));
    this.terminal = new Terminal({ width, height }, this.directory);
    alive.add(this);
  }

  /** Starts the dashboard in a shell. */
  async enter() {
    const flags = `--dir ${this.cluster.directory}`;
    // Without job control: who stops and continues everything must not hand the shell the screen.
    this.terminal.type(
      `set +m; stty -a > before; node ${PROGRAM} top figures ${flags}; echo "code=$?"`,
    );
    this.terminal.press('Enter');
    await this.terminal.shows(/LIVE/);
  }

  /** Runs another dashboard in a terminal beside, for a while. */
  async beside(flags, task) {
    const terminal = new Terminal(this.terminal.size, this.directory);
    terminal.open();
    try {
      terminal.type(`node ${PROGRAM} top figures --dir ${this.cluster.directory} ${flags}`);
      terminal.press('Enter');
      await terminal.shows(/LIVE/);
      await task(terminal);
    } finally {
      terminal.close();
    }
  }

  underLoadAgain() {
    return this.#load.start();
  }

  /** Keeps what is on the screen. */
  capture(name) {
    this.keep(name, this.terminal);
  }

  keep(name, terminal) {
    this.captures.set(`${name}-${this.size}.txt`, terminal.screen());
  }

  /** Runs a task that throws when something is not as it should be. */
  async check(keys, effect, task) {
    let outcome;
    try {
      outcome = (await task()) ?? 'ok';
    } catch (error) {
      outcome = 'FAILED';
      say(`${this.size}  ${keys}: ${effect}: ${error.message}\n`);
      // Whatever lies over the view, the next check begins without it.
      // One by one: what follows Escape at once is another key to a terminal.
      for (const key of ['Escape', 'Escape', '1']) {
        this.terminal.press(key);
        await sleep(ESCAPE_MS);
      }
    }
    say(`${this.size}  ${outcome.padEnd(7)}  ${keys.padEnd(16)}  ${effect}`);
    this.results.push({ keys, effect, outcome });
  }

  async take() {
    this.terminal.open();
    await this.enter();
    await this.terminal.shows(/3\/3 up/);
    // So that the charts have something to draw.
    await sleep(CHARTS_MS);
    for (const [key, [name, shows]] of Object.entries(VIEWS)) {
      this.terminal.press(key);
      await this.terminal.shows(shows);
      this.capture(name);
    }
    await look(this);
    await act(this);
    await amongSeveral(this);
    await killLeader(this);
    await storm(this);
    await leave(this);
  }

  dispose() {
    alive.delete(this);
    this.terminal.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Load over all nodes, until it is ended. */
class Load {
  #child = null;

  constructor(cluster) {
    this.cluster = cluster;
    alive.add(this);
  }

  dispose() {
    this.#child?.kill('SIGKILL');
  }

  /** Begins, whether one ran before or not. */
  async start() {
    await this.end();
    const flags = ['--rate', String(RATE), '-d', `${LOAD_SECONDS}s`, '--no-store', '-q'];
    const where = ['--cluster', 'figures', '--dir', this.cluster.directory];
    const words = [PROGRAM, 'bench', ...flags, ...where];
    this.#child = spawn(process.execPath, words, { stdio: 'ignore' });
  }

  async end() {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** A line a check, a column a size. */
function tableOf(tours) {
  const rows = tours[0].results.map(({ keys, effect }) => {
    const outcomes = tours.map(({ results }) => {
      return results.find((one) => one.keys === keys && one.effect === effect)?.outcome ?? '-';
    });
    const name =
      keys === ''
        ? ''
        : keys
            .split(' ')
            .map((key) => (key === '`' ? '`` ` ``' : `\`${key}\``))
            .join(' ');
    return `| ${name.replaceAll('|', '\\|')} | ${effect} | ${outcomes.join(' | ')} |`;
  });
  const sizes = tours.map(({ size }) => size);
  return [
    `| keys | what must be seen | ${sizes.join(' | ')} |`,
    `|---|---|${sizes.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}

function write(tours) {
  rmSync(CAPTURES, { recursive: true, force: true });
  mkdirSync(CAPTURES, { recursive: true });
  for (const { captures } of tours) {
    for (const [name, text] of captures) writeFileSync(join(CAPTURES, name), text);
  }
  const files = readdirSync(CAPTURES)
    .sort()
    .map((name) => `- [${name}](${name})`);
  const page = [
    '# The dashboard, key by key',
    '',
    'Written by `npm run tour -- --write`: `raftctl top` in tmux on three nodes under a load, in a terminal of',
    'each size. What each row must do was waited for on the screen.',
    '',
    tableOf(tours),
    '',
    '## Screens',
    '',
    ...files,
    '',
  ];
  writeFileSync(join(CAPTURES, 'keys.md'), page.join('\n'));
}

function sizesAsked() {
  const at = words.indexOf('--size');
  if (at < 0) return SIZES;
  const size = words[at + 1];
  if (SIZES.includes(size)) return [size];
  throw new Error(`--size ${size}: there are ${SIZES.join(' and ')}`);
}

async function main() {
  const missing = whatIsMissing();
  if (missing !== null) throw new Error(missing);
  const sizes = sizesAsked();
  const tours = await withCluster(PORT_BASE, async (cluster) => {
    await cluster.up();
    await cluster.leader();
    const load = new Load(cluster);
    const taken = [];
    try {
      for (const size of sizes) {
        await load.start();
        const tour = new Tour(cluster, size, load);
        taken.push(tour);
        try {
          await tour.take();
        } finally {
          tour.dispose();
        }
      }
    } finally {
      await load.end();
    }
    return taken;
  });
  const results = tours.flatMap((tour) => tour.results);
  const failed = results.filter(({ outcome }) => outcome === 'FAILED');
  say(`\n${results.length - failed.length} as they must be, ${failed.length} not`);
  if (failed.length > 0) process.exitCode = 1;
  if (words.includes('--write')) write(tours);
}

await runScript('tour', main);
