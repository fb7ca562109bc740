/** Programs of older systems for measuring: `raftctl as ...` in folders of their own. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../tree.js';
import { statusOf } from './admin.js';
import { alive } from './cluster.js';

const PATIENCE_MS = 30_000;
const ADMIN_OFFSET = 5000;

export class OlderPrograms {
  #children = [];

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'raftctl-figures-older-'));
  }

  /** Runs one to its end. @returns what it printed; also when it failed, if it may. */
  run(name, words, mayFail = false) {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(name, words);
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          text += chunk;
        });
      }
      child.on('close', (code) => {
        if (code === 0 || mayFail) resolve(text);
        else reject(new Error(`raftctl as ${words.join(' ')}: exit ${code}\n${text}`));
      });
    });
  }

  /** Starts one, and waits until it says that it answers. */
  start(name, words) {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(name, words);
      let text = '';
      const late = new Error(`raftctl as ${words.join(' ')}: it does not answer`);
      const timer = setTimeout(() => reject(late), PATIENCE_MS);
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          text = `${text}${chunk}`.slice(-4096);
          if (!/answers on|started successfully/.test(text)) return;
          clearTimeout(timer);
          resolve();
        });
      }
      child.on('close', () => reject(new Error(`raftctl as ${words.join(' ')}: ended\n${text}`)));
    });
  }

  /** Waits until a cluster has so many voters, by the Raft address of one of its members. */
  async voters(raftPort, count) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const status = await statusOf(raftPort + ADMIN_OFFSET);
      if (status?.serving && status.members.filter((m) => m.voter).length === count) return;
      if (performance.now() > deadline) throw new Error(`There are never ${count} voters`);
      await sleep(100);
    }
  }

  dispose() {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #spawn(name, words) {
    const cwd = join(this.folder, name);
    mkdirSync(cwd, { recursive: true });
    const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'as', ...words], {
      cwd,
      env: { ...process.env, XDG_STATE_HOME: join(this.folder, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    child.on('close', () => {
      this.#children = this.#children.filter((one) => one !== child);
    });
    return child;
  }
}

/** Some of them, for as long as `task` runs. */
export async function withOlder(task) {
  const programs = new OlderPrograms();
  alive.add(programs);
  try {
    return await task(programs);
  } finally {
    alive.delete(programs);
    programs.dispose();
  }
}

/** Requests a second of each row that redis-benchmark prints with `--csv`, by its name. */
export function ratesOf(csv) {
  const rows = [...csv.matchAll(/^"([^"]+)","([\d.]+|inf)"/gm)];
  return Object.fromEntries(rows.map(([, name, rps]) => [name.split(' ')[0], Number(rps)]));
}
