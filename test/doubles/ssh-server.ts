/**
 * The system's own sshd on loopback, with a host key, a user's key and a configuration in a folder
 * of its own. Names of machines are aliases in a configuration of ssh: all of them lead here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { runProgram } from './program.ts';

const SSHD = 'sshd';
/** What sshd wants to be empty and there when root starts it. */
const PRIVILEGE_FOLDER = '/run/sshd';
const START_MS_MAX = 30_000;

export class SshServer {
  readonly folder: string;
  /** For `ssh -F`: knows the aliases, trusts the host key, logs in with the user's key. */
  readonly config: string;
  /** As `config`, for somebody who has never been here. */
  readonly strangerConfig: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.config = join(folder, 'ssh_config');
    this.strangerConfig = join(folder, 'stranger_config');
    this.#process = child;
  }

  /** @param environment of what is started there. */
  static async start(
    aliases: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<SshServer> {
    const folder = await mkdtemp(join(tmpdir(), 'raftctl-sshd-'));
    const port = await freePort();
    for (const name of ['host_key', 'user_key']) {
      const made = await runProgram('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-f',
        join(folder, name),
      ]);
      if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
    }
    await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user_key.pub')), {
      mode: 0o600,
    });
    const hostKey = (await readFile(join(folder, 'host_key.pub'), 'utf8')).trim();
    await writeFile(
      join(folder, 'known_hosts'),
      aliases.map((alias) => `${alias} ${hostKey}\n`).join(''),
    );
    await writeFile(join(folder, 'sshd_config'), serverConfig(folder, port, environment));
    await writeFile(
      join(folder, 'ssh_config'),
      clientConfig(folder, port, { aliases, known: 'known_hosts' }),
    );
    await writeFile(
      join(folder, 'stranger_config'),
      clientConfig(folder, port, { aliases, known: 'nothing_known' }),
    );
    if (process.getuid?.() === 0) mkdirSync(PRIVILEGE_FOLDER, { recursive: true, mode: 0o755 });
    const child = spawn(locate(SSHD), ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const server = new SshServer(folder, child);
    try {
      await listening(child);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

function serverConfig(
  folder: string,
  port: number,
  environment: Readonly<Record<string, string>>,
): string {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [
    ...(settings.length === 0 ? [] : [`SetEnv ${settings.join(' ')}`]),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    // The folder lies below one that everybody may write to.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'LogLevel INFO',
    '',
  ].join('\n');
}

function clientConfig(
  folder: string,
  port: number,
  { aliases, known }: { readonly aliases: readonly string[]; readonly known: string },
): string {
  return [
    ...aliases.flatMap((alias) => [`Host ${alias}`, `  HostKeyAlias ${alias}`]),
    'Host *',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${join(folder, 'user_key')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${join(folder, known)}`,
    '  GlobalKnownHostsFile none',
    '',
  ].join('\n');
}

/** It starts itself again for each connection, and must know where it lies. */
function locate(program: string): string {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']) {
    const path = join(folder, program);
    try {
      accessSync(path);
      return path;
    } catch {
      // The next one.
    }
  }
  throw new Error(`There is no ${program}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (): void => reject(new Error(`sshd does not listen: ${said}`));
    const timer = setTimeout(fail, START_MS_MAX);
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (!said.includes('Server listening on')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('close', () => {
      clearTimeout(timer);
      fail();
    });
  });
}
