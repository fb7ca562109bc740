/**
 * Programs `systemctl` and `loginctl` that do what is asked of them for one user's units, without
 * any systemd: they start what a unit says, and end it. What was asked is written down.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SYSTEMCTL = `
const { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const folder = join(__dirname, '..');
const words = process.argv.slice(2);
const [verb, unit] = words.filter((word) => !word.startsWith('-'));
appendFileSync(join(folder, 'asked'), words.join(' ') + '\\n');
if (existsSync(join(folder, 'is-down'))) {
  console.error('Failed to connect to bus: No medium found');
  process.exit(1);
}
const pidFile = join(folder, unit + '.pid');
const isNow = words.includes('--now');
if (verb === 'enable' && isNow) {
  const text = readFileSync(join(process.env.XDG_CONFIG_HOME, 'systemd/user', unit), 'utf8');
  const [, command] = /^ExecStart=(.*)$/m.exec(text);
  const [, log] = /^StandardOutput=append:(.*)$/m.exec(text);
  const out = openSync(log, 'a');
  const [file, ...args] = command.split(' ');
  const child = spawn(file, args, { detached: true, stdio: ['ignore', out, out], cwd: '/' });
  writeFileSync(pidFile, String(child.pid));
  child.unref();
}
const unitFile = unit && join(process.env.XDG_CONFIG_HOME, 'systemd/user', unit);
if (unit && !existsSync(unitFile)) {
  console.error('Failed to stop ' + unit + ': Unit ' + unit + ' not loaded.');
  process.exit(5);
}
if (verb === 'stop' || (verb === 'disable' && isNow)) end();
function end() {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    return rmSync(pidFile, { force: true });
  }
  setTimeout(end, 50);
}
`;

export class FakeSystemd {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<FakeSystemd> {
    const folder = await mkdtemp(join(tmpdir(), 'raftctl-systemd-'));
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const [name, text] of [
      ['systemctl', SYSTEMCTL],
      ['loginctl', "console.log('yes');"],
    ] as const) {
      await writeFile(join(bin, name), `#!${process.execPath}\n${text}`);
      await chmod(join(bin, name), 0o755);
    }
    return new FakeSystemd(folder);
  }

  /** For who is to meet it instead of the real one. */
  environment(): Record<string, string> {
    const path = `${join(this.#folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`;
    return { PATH: path, XDG_CONFIG_HOME: join(this.#folder, 'config') };
  }

  async setDown(isDown: boolean): Promise<void> {
    const path = join(this.#folder, 'is-down');
    if (isDown) await writeFile(path, '');
    else await rm(path, { force: true });
  }

  /** What was asked since the last time, a command each. */
  async takeAsked(): Promise<string[]> {
    const path = join(this.#folder, 'asked');
    const text = await readFile(path, 'utf8').catch(() => '');
    await rm(path, { force: true });
    return text.split('\n').filter((line) => line !== '');
  }

  units(): Promise<string[]> {
    return readdir(join(this.#folder, 'config/systemd/user')).catch(() => []);
  }

  dispose(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
