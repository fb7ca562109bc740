/**
 * What the shell is connected to, and what it makes of a line. Three kinds of words begin one: the
 * shell's own (`use`, `exit`, ...), raftctl's commands in small letters, and RESP commands.
 * Every line ends with an exit code; none ends the shell but `exit`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Config } from '@oclif/core';
import { escapedBytes } from '../cli/binary-text.ts';
import { paintFor } from '../cli/colour.ts';
import { nearestCommand } from '../cli/did-you-mean.ts';
import { reportJson, reportLines, reportOf } from '../cli/error-report.ts';
import { JSON_LINES_VARIABLE } from '../cli/json-text.ts';
import { refusedReadOnly } from '../cli/read-only.ts';
import { reportFailure, runWords } from '../cli/run-words.ts';
import { KvSession } from '../client/kv-session.ts';
import { type Reply, RespError } from '../client/resp-reply.ts';
import { EXIT, RaftctlError } from '../std/errors.ts';
import { HELP } from './help-text.ts';
import { type PlaceInit, ShellPlace } from './place.ts';
import { jsonReply, rawReply, replyLines } from './reply-text.ts';
import { isReadWord, isRespWord, RESP_WORDS } from './resp-words.ts';
import { wordsOf } from './words.ts';

export interface ShellInit {
  readonly config: Config;
  /** The script of this program. */
  readonly entry: string;
  readonly place: PlaceInit;
  readonly timeoutMs: number;
  /** Replies without types and quotes. */
  readonly isRaw: boolean;
  readonly isJson: boolean;
  /** A person types: commands may ask. */
  readonly isInteractive: boolean;
}

export const OWN_WORDS = ['use', 'help', 'history', 'exit', 'quit'] as const;

export class ShellSession {
  readonly #init: ShellInit;
  readonly #place: ShellPlace;
  #kv: KvSession | null = null;
  #hasLeft = false;
  #hasChild = false;
  /** Rises with every interrupted line: what it still has to say interests nobody. */
  #interrupts = 0;

  constructor(init: ShellInit) {
    this.#init = init;
    this.#place = new ShellPlace(init.place);
    if (init.isJson) process.env[JSON_LINES_VARIABLE] = '1';
  }

  /** `exit` was typed. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get cluster(): string | null {
    return this.#place.cluster;
  }

  get prompt(): string {
    const transaction = this.#kv?.isInTransaction === true ? '(TX)' : '';
    return `${this.#place.title}${transaction}> `;
  }

  /** Runs one line; never throws. @returns its exit code. */
  async run(line: string, history: readonly string[] = []): Promise<number> {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return EXIT.ok;
    const interrupts = this.#interrupts;
    try {
      const words = wordsOf(text);
      if (words === null) {
        throw new RaftctlError('USAGE', { message: 'Cannot read the line: quotes do not balance' });
      }
      return await this.#dispatch(words, history);
    } catch (error) {
      return interrupts === this.#interrupts ? this.#report(error) : EXIT.interrupted;
    }
  }

  /** A process of its own runs the line: Ctrl-C reaches it as well, and it ends by itself. */
  get hasChild(): boolean {
    return this.#hasChild;
  }

  /** Gives up the line under way. */
  interrupt(): void {
    this.#interrupts += 1;
    this.close();
    process.stderr.write('Interrupted: if it was a write, it may or may not have happened\n');
  }

  close(): void {
    this.#kv?.close();
    this.#kv = null;
  }

  async #dispatch(bytes: readonly Buffer[], history: readonly string[]): Promise<number> {
    const words = bytes.map((word) => word.toString('utf8'));
    const offset = words[0] === 'raftctl' && words.length > 1 ? 1 : 0;
    const argv = words.slice(offset);
    const [first = ''] = argv;
    const ids = this.#init.config.commandIDs;
    if (offset === 0) {
      const own = await this.#runOwn(argv, history);
      if (own !== null) return own;
    }
    if (ids.some((id) => id === first || id.startsWith(`${first}:`))) return this.#runCommand(argv);
    if (isRespWord(first)) return this.#runResp(bytes.slice(offset));
    const nearest = nearestCommand(first, [...OWN_WORDS, ...ids, ...respIds()]);
    throw new RaftctlError('UNKNOWN_COMMAND', {
      message: `Unknown command: ${escapedBytes(Buffer.from(first))}`,
      hint: `${nearest === null ? '' : `Did you mean: ${nearest}? `}In capitals it goes to the cluster as it is`,
    });
  }

  /** @returns null when the words are not the shell's own. */
  async #runOwn(argv: readonly string[], history: readonly string[]): Promise<number | null> {
    const [first, second] = argv;
    if (first === 'exit' || first?.toLowerCase() === 'quit') {
      this.#hasLeft = true;
      return EXIT.ok;
    }
    if (first === 'help' && second === undefined) {
      process.stdout.write(HELP);
      return EXIT.ok;
    }
    if (first === 'history') {
      for (const line of [...history].reverse()) process.stdout.write(`${line}\n`);
      return EXIT.ok;
    }
    if (first !== 'use') return null;
    await this.#place.use(second ?? null);
    this.close();
    return EXIT.ok;
  }

  async #runCommand(argv: readonly string[]): Promise<number> {
    const { config, isJson } = this.#init;
    if (argv[0] === 'shell') {
      throw new RaftctlError('USAGE', { message: 'Cannot start a shell as this is one' });
    }
    const words = isJson && !argv.includes('--json') ? [...argv, '--json'] : argv;
    if (wantsOwnProcess(words)) return this.#runProcess(words);
    process.exitCode = EXIT.ok;
    try {
      await runWords(words, config);
    } catch (error) {
      reportFailure(error, words);
    }
    const exit = Number(process.exitCode ?? EXIT.ok);
    process.exitCode = EXIT.ok;
    return exit;
  }

  async #runProcess(words: readonly string[]): Promise<number> {
    const { isInteractive, entry } = this.#init;
    if (!isInteractive && words.includes('-')) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot read a value from stdin as the shell reads its lines there',
      });
    }
    const stdin = isInteractive ? 'inherit' : 'ignore';
    this.#hasChild = true;
    try {
      const child = spawn(process.execPath, [entry, ...words], {
        stdio: [stdin, 'inherit', 'inherit'],
      });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      return code ?? (signal === 'SIGINT' ? EXIT.interrupted : EXIT.failure);
    } finally {
      this.#hasChild = false;
    }
  }

  async #runResp(args: readonly Buffer[]): Promise<number> {
    const name = String(args[0]);
    const isWrite = !isReadWord(name);
    if (isWrite && this.#place.isReadOnly) throw refusedReadOnly(name, this.#place.guard);
    this.#kv ??= new KvSession(await this.#place.addresses());
    const command = { args, isWrite };
    const reply = await this.#kv.execute(command, this.#init.timeoutMs);
    this.#print(name, reply);
    return EXIT.ok;
  }

  #print(command: string, reply: Reply): void {
    if (this.#init.isJson) {
      const data = { command: command.toUpperCase(), reply: jsonReply(reply) };
      const envelope = { schema: 'raftctl/shell.reply/v1', data, warnings: [] };
      process.stdout.write(`${JSON.stringify(envelope)}\n`);
    } else if (this.#init.isRaw) process.stdout.write(rawReply(reply));
    else process.stdout.write(`${replyLines(reply).join('\n')}\n`);
  }

  #report(error: unknown): number {
    const report = reportOf(error);
    const refusal = error instanceof RaftctlError ? error.cause : null;
    if (this.#init.isJson) process.stdout.write(`${JSON.stringify(reportJson(report))}\n`);
    else if (refusal instanceof RespError && !this.#init.isRaw) {
      process.stdout.write(`${replyLines(refusal).join('\n')}\n`);
    } else {
      const lines = reportLines(report, paintFor(process.stderr, false));
      process.stderr.write(`${lines.join('\n')}\n`);
    }
    return report.exit;
  }
}

const OWN_PROCESS: ReadonlySet<string> = new Set(['bench', 'demo', 'kv', 'top']);

/** What becomes a node, runs for long, asks, or waits for a node without an ear for Ctrl-C. */
function wantsOwnProcess(words: readonly string[]): boolean {
  const command = words.slice(0, 2).join(' ');
  if (OWN_PROCESS.has(words[0] ?? '')) return true;
  if (command === 'cluster destroy' || command === 'cluster up') return true;
  if (command === 'node start') return words.some((word) => word.startsWith('--data-dir'));
  return words.includes('-');
}

function respIds(): string[] {
  return RESP_WORDS.map((word) => word.toLowerCase());
}
