/**
 * The dashboard on a real cluster, in a real terminal (util-linux' `script` makes one): what is
 * shown when a leader dies, what is recorded, and that the terminal is left as it was found.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig, processesWith } from '../doubles/cluster-rig.ts';
import { ROOT } from '../doubles/program.ts';

let rig: ClusterRig;
beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 26_200 });
});
afterAll(() => rig?.dispose());

/** A shell, or another program, in a terminal of its own; what it writes is kept. */
class Terminal {
  readonly #child;
  readonly ended: Promise<unknown>;
  text = '';

  constructor(env: Record<string, string> = {}, program = 'sh') {
    const setting = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    this.#child = spawn(
      'script',
      ['-qfec', `stty rows 30 cols 120; exec ${program}`, '/dev/null'],
      {
        env: { ...process.env, FORCE_COLOR: undefined, ...setting, ...env },
        cwd: rig.directory,
      },
    );
    this.ended = once(this.#child, 'exit');
    this.#child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
    });
  }

  /** Without escape sequences; where the cursor jumps over what is blank already, blanks. */
  get words(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    return this.text.replace(/\u001b\[\d*C/g, ' ').replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  async shows(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!pattern.test(this.words)) {
      if (performance.now() > end)
        throw new Error(`Never showed ${pattern}: ${this.text.slice(-3000)}`);
      await sleep(20);
    }
  }

  end(): void {
    this.type('exit\r');
    this.#child.kill('SIGTERM');
  }
}

/** Of the program itself, not of the shell and the terminal that were told to run it. */
async function pidOf(words: string): Promise<number> {
  for (const pid of processesWith(words)) {
    if ((await readFile(`/proc/${pid}/comm`, 'utf8')) === 'node\n') return pid;
  }
  throw new Error(`Nobody runs ${words}`);
}

/** Its words are of this test alone: others may look at clusters at the same time. */
function top(flags: string): string {
  return `node ${join(ROOT, 'bin', 'run.js')} top demo --dir ${rig.directory} ${flags}`;
}

test('top shows a killed leader and the next one soon after the election, and records both', async () => {
  const file = join(rig.directory, 'kill.rtrec');
  const terminal = new Terminal();
  terminal.type(`${top(`--record ${file}`)}\r`);
  await terminal.shows(/LIVE/);
  const before = await rig.leader();
  await rig.kill9(before);
  const next = await rig.leader();
  const startedMs = performance.now();
  await expect
    .poll(() => readFile(file, 'utf8'), { timeout: 10_000 })
    .toMatch(new RegExp(`"node":"${next}"[^}]*"type":"leader.elected"`));
  expect(performance.now() - startedMs).toBeLessThan(5000);
  await terminal.shows(/xdown/);
  terminal.type('q');
  await sleep(200);
  terminal.end();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const explained = await rig.ok(['elections', 'explain', '--recording', file]);
  expect(explained.stdout).toContain(`${next} won`);
  expect(explained.stdout).toMatch(/cause +kill: /);
  const frame = await rig.ok(['top', '--replay', file, '--once', '--size', '120x30']);
  expect(frame.stdout).toMatch(new RegExp(`${before} +xdown`));
  expect(frame.stdout.trimEnd().split('\n')).toHaveLength(30);
  await rig.ok(['node', 'start', before]);
  await rig.healthy();
});

test('top leaves the terminal as it found it, also after SIGTERM', async () => {
  await mkdir(join(rig.directory, 'stty'), { recursive: true });
  const terminal = new Terminal();
  const [first, second] = ['before', 'after'].map((name) => join(rig.directory, 'stty', name));
  terminal.type(
    `stty -a > ${first}; ${top('--view 8')}; echo code=$?; stty -a > ${second}; echo all''done\r`,
  );
  await terminal.shows(/8 Logs/);
  process.kill(await pidOf(top('--view 8')), 'SIGTERM');
  await terminal.shows(/code=143/);
  await terminal.shows(/alldone/);
  expect(await readFile(second ?? '', 'utf8')).toBe(await readFile(first ?? '', 'utf8'));
  // The screen beside is left, the cursor shows again.
  expect(terminal.text).toContain('\u001b[?1049l');
  expect(terminal.text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
    terminal.text.lastIndexOf('\u001b[?25l'),
  );
  terminal.end();
});

test('top stops for a shell and goes on with it; without one it is not stopped', async () => {
  const terminal = new Terminal();
  terminal.type(`${top('--view 8')}\r`);
  await terminal.shows(/8 Logs/);
  terminal.type('\u001a');
  await terminal.shows(/Stopped/);
  expect(terminal.text.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(
    terminal.text.lastIndexOf('\u001b[?1049h'),
  );
  terminal.text = '';
  terminal.type('fg\r');
  await terminal.shows(/8 Logs/);
  terminal.type('q');
  terminal.end();

  const alone = new Terminal({}, top('--view 5'));
  await alone.shows(/LEADERLESS/);
  alone.text = '';
  process.kill(await pidOf(top('--view 5')), 'SIGTSTP');
  await alone.shows(/LEADERLESS/);
  alone.type('8');
  await alone.shows(/8 Logs/);
  alone.type('q');
  await alone.ended;
});

test('top without colour writes none, and in ASCII nothing else', async () => {
  const terminal = new Terminal({ NO_COLOR: '1', LANG: 'C' });
  terminal.type(`${top('--view 5')}; echo all''done\r`);
  await terminal.shows(/LEADERLESS/);
  const mark = terminal.text.indexOf('\u001b');
  terminal.type('q');
  await terminal.shows(/alldone/);
  const drawn = terminal.text.slice(mark);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  expect(drawn.match(/\u001b\[(?:3[0-7]|38;|4[0-7]|48;|9[0-7])[0-9;]*m/)).toBeNull();
  expect([...drawn].filter((letter) => letter > '\u007f')).toEqual([]);
  terminal.end();
});

test('top says changes line by line where there is no terminal', async () => {
  const spoken = rig.launch(['top', 'demo', '--plain', '--refresh', '250ms']);
  await spoken.seen(/demo: n\d leads term \d+, 3 of 3 up/);
  const leader = await rig.leader();
  await rig.kill9(leader);
  await spoken.seen(new RegExp(`${leader} is down`));
  await spoken.seen(/leads/);
  spoken.signal('SIGINT');
  expect((await spoken.ended()).code).toBe(130);
});
