/**
 * What every command shares: `--json` as one envelope on stdout, errors as one report, exit codes
 * that hold in both modes, notes on stderr.
 *
 * NB: oclif 4 by itself turns every exit code into 1 under `--json`, prints the parser's whole
 * state for a bad flag and nothing for a null result; `catch`, `toErrorJson` and the envelope here
 * are the cure.
 */
import { Command, Flags } from '@oclif/core';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import type { Context } from '../config/contexts.ts';
import type { FileSettings } from '../config/settings.ts';
import { EXIT, type RaftctlError } from '../std/errors.ts';
import type { Paint } from '../std/paint.ts';
import { paintFor } from './colour.ts';
import {
  type ErrorReport,
  isBrokenPipe,
  reportJson,
  reportLines,
  reportOf,
} from './error-report.ts';
import { isTruthy, withFileDefaults } from './file-defaults.ts';
import { jsonText } from './json-text.ts';
import { changesCluster, refusedReadOnly } from './read-only.ts';
import { settingsInForce } from './settings-in-force.ts';
import { isTyped } from './typed-flags.ts';
import { blameVariable } from './usage-text.ts';

/** The object that `--json` prints. */
export interface Envelope<T> {
  readonly schema: string;
  readonly data: T;
  readonly warnings: readonly string[];
}

type Parsed = Record<string, unknown>;

/** What addresses are shown; a cluster of this machine has its own. */
const TRUST_FLAGS = ['tls-ca', 'tls-cert', 'token-file'];

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    'no-color': Flags.boolean({
      summary: 'Print without colour (also: NO_COLOR).',
      helpGroup: 'GLOBAL',
      env: 'RAFTCTL_NO_COLOR',
    }),
    quiet: Flags.boolean({
      char: 'q',
      summary: 'Print results only, no progress and no notes.',
      helpGroup: 'GLOBAL',
      env: 'RAFTCTL_QUIET',
    }),
    context: Flags.string({
      summary: 'Reach the cluster as this context says; none: without any.',
      helpValue: 'NAME',
      helpGroup: 'GLOBAL',
      env: 'RAFTCTL_CONTEXT',
    }),
  };

  readonly #warnings: string[] = [];
  #fileSettings: FileSettings = new Map();
  #context: Context | null = null;
  #isContextPlace = false;

  abstract override run(): Promise<unknown>;

  /** Whether configuration files have a say in this call. */
  protected get usesConfigFiles(): boolean {
    return true;
  }

  /**
   * @throws {RaftctlError} CONFIG_INVALID when one of the files is wrong, CONTEXT_NOT_FOUND, and
   *   READ_ONLY for a command that would change what is only to be looked at.
   */
  protected override async init(): Promise<void> {
    await super.init();
    if (!this.usesConfigFiles) return;
    const { argv } = this;
    const inForce = await settingsInForce({ argv, env: process.env, cwd: process.cwd() });
    this.#fileSettings = inForce.settings;
    this.#context = inForce.context;
    this.#isContextPlace = inForce.isContextPlace;
    const id = this.id ?? '';
    if (!this.isReadOnly || !changesCluster(id, argv)) return;
    throw refusedReadOnly(`raftctl ${id.replaceAll(':', ' ')}`, this.#readOnlySource);
  }

  /** The context that this call was made in. */
  protected get context(): Context | null {
    return this.#context;
  }

  /** Whether nothing nearer than the context says where the cluster is. */
  protected get isContextPlace(): boolean {
    return this.#isContextPlace;
  }

  /** What files and the context say: beside the flags and the environment. */
  protected get fileSettings(): FileSettings {
    return this.#fileSettings;
  }

  /** Whether clusters are only to be looked at. */
  protected get isReadOnly(): boolean {
    return isTruthy(this.settingOf('RAFTCTL_READ_ONLY') ?? undefined);
  }

  get #readOnlySource(): string {
    if (process.env['RAFTCTL_READ_ONLY'] !== undefined) return 'the environment';
    const found = this.#fileSettings.get('RAFTCTL_READ_ONLY');
    return found?.context === undefined ? (found?.file ?? '') : `context ${found.context}`;
  }

  /** As oclif parses, with the configuration files between the environment and the defaults. */
  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const asked = options ?? (this.ctor as unknown as Input<F, B, A>);
    const flags = withFileDefaults(asked.flags, this.#fileSettings);
    const baseFlags = withFileDefaults(asked.baseFlags, this.#fileSettings);
    // NB: statics of a superclass are not copied by `...`.
    const { enableJsonFlag } = asked;
    const input = { ...asked, enableJsonFlag, flags, baseFlags } as Input<F, B, A>;
    const parsed = await super.parse(input, argv);
    // A cluster that is named is nearer than addresses that the environment or a file knows.
    const words = argv ?? this.argv;
    const isNamed = ['cluster', 'discover'].some((flag) => isTyped(words, flag));
    if (isNamed && !isTyped(words, 'endpoints')) {
      const isByName = isTyped(words, 'cluster') && !isTyped(words, 'discover');
      const others = ['endpoints', ...(isByName ? ['discover', ...TRUST_FLAGS] : [])];
      for (const flag of others) {
        if (!isTyped(words, flag)) delete (parsed.flags as Parsed)[flag];
      }
    }
    return parsed;
  }

  /** The cluster that an argument names; left out, the one of the environment or of the files. */
  protected clusterNamed(argument: string | undefined): string | null {
    return argument ?? this.settingOf('RAFTCTL_CLUSTER');
  }

  /** A setting as the environment or a file has it; null: neither. */
  protected settingOf(env: string): string | null {
    return process.env[env] || (this.#fileSettings.get(env)?.text ?? null);
  }

  /** Ends a command: its result for `--json` and its exit code for both modes. */
  protected answer<T>(schema: string, data: T, exit = 0): Envelope<T> {
    process.exitCode = exit;
    return { schema: `raftctl/${schema}/v1`, data, warnings: this.#warnings };
  }

  /** A line of the result: stdout, nothing under `--json`. */
  protected print(line = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${line}\n`);
  }

  /** Something on the side: stderr, nothing under `--json` or `--quiet`. */
  protected note(line: string): void {
    if (!this.jsonEnabled() && !this.isQuiet) process.stderr.write(`${line}\n`);
  }

  /**
   * Trouble beside a result that stands: on stderr, and as a warning in the envelope.
   *
   * @returns the exit code it leads to.
   */
  protected showTrouble(trouble: RaftctlError | null): number {
    if (trouble === null) return EXIT.ok;
    const report = reportOf(trouble);
    this.#warnings.push(`${report.code}: ${report.message}`);
    if (!this.jsonEnabled()) {
      process.stderr.write(`${reportLines(report, this.paintErr).join('\n')}\n`);
    }
    return report.exit;
  }

  protected get paintOut(): Paint {
    return paintFor(process.stdout, this.#refusesColour);
  }

  protected get paintErr(): Paint {
    return paintFor(process.stderr, this.#refusesColour);
  }

  get #refusesColour(): boolean {
    return this.argv.includes('--no-color') || this.#fileSays('RAFTCTL_NO_COLOR');
  }

  #fileSays(env: string): boolean {
    return process.env[env] === undefined && this.#fileSettings.get(env)?.text === 'true';
  }

  protected get isQuiet(): boolean {
    const { argv } = this;
    if (argv.includes('--quiet') || argv.includes('-q') || this.jsonEnabled()) return true;
    return isTruthy(process.env['RAFTCTL_QUIET']) || this.#fileSays('RAFTCTL_QUIET');
  }

  /** Whether a person can be asked: both ends are terminals and nothing forbids it. */
  protected get isInteractive(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true && !this.jsonEnabled();
  }

  override async catch(error: unknown): Promise<void> {
    if (isBrokenPipe(error)) return;
    if (error instanceof Error && 'code' in error && error.code === 'EEXIT') throw error;
    const report = this.#reportOf(error);
    process.exitCode = report.exit;
    if (this.jsonEnabled()) {
      this.logJson(reportJson(report));
      return;
    }
    process.stderr.write(`${reportLines(report, this.paintErr).join('\n')}\n`);
  }

  #reportOf(error: unknown): ErrorReport {
    const report = reportOf(error);
    if (report.code !== 'USAGE') return report;
    const message = blameVariable(report.message, this.argv, this.ctor.flags ?? {}, process.env);
    return { ...report, message };
  }

  override toErrorJson(error: unknown): unknown {
    return reportJson(reportOf(error));
  }

  override logJson(json: unknown): void {
    process.stdout.write(jsonText(json));
  }
}
