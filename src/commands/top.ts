import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { wantsColour } from '../cli/colour.ts';
import { clustersDirectory } from '../cli/directories.ts';
import { dirFlag, durationFlag } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { ClusterStore } from '../cluster/store.ts';
import { RaftctlError } from '../std/errors.ts';
import type { Flight } from '../tui/flight.ts';
import type { Recorder } from '../tui/recording.ts';
import type { Palette, ThemeName } from '../tui/theme.ts';

/** NB: named here again, so that help and completion need not load the dashboard. */
const THEME_CHOICES = ['dark', 'light', 'deuteranopia', 'tritanopia', 'mono', '16'];
const VIEW_CHOICES = ['1', '2', '3', '4', '5', '8', '9'];

export default class TopCommand extends BaseCommand {
  static override summary = 'Watch a cluster live: nodes, replication, latency, elections, logs.';
  static override description =
    'Keys: ? shows all. Space pauses, [ and ] go through the past, : takes commands. Without a ' +
    'terminal, or with --plain, changes are said line by line; --once shows one screen and ends.';
  static override aliases = ['tui'];
  static override examples = [
    '<%= config.bin %> top demo',
    '<%= config.bin %> top demo --view 3 --refresh 500ms',
    '<%= config.bin %> top demo --record monday.rtrec',
    '<%= config.bin %> top --replay monday.rtrec',
    '<%= config.bin %> top demo --once --json',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    view: Flags.string({
      summary:
        'Begin with a view: 1 overview, 2 replication, 3 latency, 4 log, 5 elections, 8 logs, 9 profiles.',
      options: VIEW_CHOICES,
      default: '1',
      env: 'RAFTCTL_VIEW',
    }),
    refresh: durationFlag({
      summary: 'How often to look at the nodes, 250ms to 10s.',
      default: 1000,
      defaultHelp: async () => '1s',
      env: 'RAFTCTL_REFRESH',
    }),
    'read-only': Flags.boolean({
      summary: 'Show everything, do nothing: keys that act are off.',
      env: 'RAFTCTL_READ_ONLY',
    }),
    theme: Flags.string({
      summary: 'Colours.',
      options: [...THEME_CHOICES],
      default: 'dark',
      env: 'RAFTCTL_THEME',
    }),
    ascii: Flags.boolean({
      summary: 'Draw with ASCII only. By itself where the locale is not UTF-8.',
      env: 'RAFTCTL_ASCII',
    }),
    mouse: Flags.boolean({
      summary: 'Take the mouse; off, the terminal selects text as always.',
      env: 'RAFTCTL_MOUSE',
    }),
    record: Flags.string({
      summary: 'Also write what is seen to a file, to be replayed.',
      helpValue: 'FILE',
      exclusive: ['replay', 'once'],
      env: 'RAFTCTL_RECORD',
    }),
    replay: Flags.string({
      summary: 'Show a recorded file instead of a cluster.',
      helpValue: 'FILE',
      env: 'RAFTCTL_REPLAY',
    }),
    plain: Flags.boolean({
      summary: 'Say changes line by line: for screen readers and pipes.',
      exclusive: ['once', 'replay'],
      env: 'RAFTCTL_PLAIN',
    }),
    once: Flags.boolean({
      summary: 'Show one screen and end.',
      env: 'RAFTCTL_ONCE',
    }),
    size: Flags.string({
      summary: "Size of the screen with --once; by itself the terminal's, or 80x24.",
      helpValue: 'COLUMNSxROWS',
      dependsOn: ['once'],
      env: 'RAFTCTL_SIZE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TopCommand);
    if (flags.refresh < 250 || flags.refresh > 10_000) {
      throw new RaftctlError('USAGE', {
        message: `Cannot look every ${flags.refresh} ms: --refresh takes 250ms to 10s`,
      });
    }
    if (flags.replay !== undefined) return this.#replay(flags.replay, flags);
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(this.clusterNamed(args.name));
    const target = { store, spec };
    const play = await import('../scenarios/top.ts');
    if (flags.once || this.jsonEnabled()) {
      const flight = await play.lookTwice(target, flags.refresh);
      return this.#showOnce(flight, flags);
    }
    const recorder = await this.#recorder(flags.record, spec.name);
    if (flags.plain || !isScreen()) {
      const interrupts = new Interrupts(() => {});
      const options = { everyMs: flags.refresh, signal: interrupts.signal };
      await play.speak({ ...target, recorder }, options, (line) => this.print(line));
      interrupts.release();
      process.exitCode = interrupts.exitCode ?? 0;
      return undefined;
    }
    const scope = ['--cluster', spec.name];
    if (flags.dir !== clustersDirectory()) scope.push('--dir', flags.dir);
    const profiles = join(store.folderOf(spec.name), 'profiles');
    const look = await this.#look(flags, scope, profiles);
    const exitCode = await play.runTop({ ...target, ...look, recorder });
    process.exitCode = exitCode;
    return undefined;
  }

  async #recorder(file: string | undefined, cluster: string): Promise<Recorder | null> {
    if (file === undefined) return null;
    const { Recorder } = await import('../tui/recording.ts');
    return Recorder.create(file, cluster);
  }

  async #replay(file: string, flags: TopFlags): Promise<unknown> {
    const { readRecording } = await import('../tui/recording.ts');
    const { flight } = await readRecording(file);
    if (flags.once || this.jsonEnabled() || !isScreen()) return this.#showOnce(flight, flags);
    const play = await import('../scenarios/top.ts');
    const look = await this.#look(flags, []);
    process.exitCode = await play.runReplay({ ...look, flight, file });
    return undefined;
  }

  async #look(flags: TopFlags, scope: readonly string[], profileDirectory = '') {
    const { newUi, viewOf } = await import('../tui/ui.ts');
    const ui = newUi({
      view: viewOf(flags.view),
      refreshMs: flags.refresh,
      theme: flags.theme as ThemeName,
      isReadOnly: flags['read-only'],
      hasMouse: flags.mouse,
      ...{ scope, profileDirectory },
    });
    const isAscii = flags.ascii || !isUtf8();
    return { ui, isAscii, hasColour: this.#hasColour(), version: this.config.version };
  }

  #hasColour(): boolean {
    const refused = this.argv.includes('--no-color');
    return wantsColour({ env: process.env, refused, isTerminal: process.stdout.isTTY === true });
  }

  async #showOnce(flight: Flight, flags: TopFlags): Promise<unknown> {
    const { onceLines, sceneOf } = await import('../tui/once.ts');
    const { reportOf } = await import('../tui/report.ts');
    const { ansiText } = await import('../tui/theme.ts');
    const look = await this.#look(flags, []);
    const palette: Palette = look.hasColour ? look.ui.theme : 'none';
    const shown = { flight, ...look, replay: flags.replay ?? null };
    const lines = onceLines({ ...shown, size: sizeOf(flags.size) });
    for (const line of lines) this.print(ansiText(line, palette).trimEnd());
    return this.answer('top', reportOf(sceneOf(shown)));
  }
}

interface TopFlags {
  readonly view: string;
  readonly refresh: number;
  readonly theme: string;
  readonly ascii: boolean;
  readonly mouse: boolean;
  readonly once: boolean;
  readonly 'read-only': boolean;
  readonly size?: string | undefined;
  readonly replay?: string | undefined;
}

function isScreen(): boolean {
  const { stdin, stdout } = process;
  return stdin.isTTY === true && stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

function isUtf8(): boolean {
  const { env } = process;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}

function sizeOf(text: string | undefined): { width: number; height: number } {
  const { columns = 80, rows = 24 } = process.stdout;
  if (text === undefined) return { width: columns, height: rows };
  const match = /^(\d{2,3})x(\d{2,3})$/.exec(text);
  if (match !== null) return { width: Number(match[1]), height: Number(match[2]) };
  throw new RaftctlError('USAGE', {
    message: `Cannot read ${JSON.stringify(text)} as a size: it is not like 120x30`,
  });
}
