import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { wantsColour } from '../cli/colour.ts';
import { clustersDirectory } from '../cli/directories.ts';
import { adminDiscoverFlags, dirFlag, discoverFor, durationFlag } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { isScreen, isUtf8, sizeOf } from '../cli/screen.ts';
import type { DiscoverChoice } from '../client/srv-records.ts';
import { discoveredCluster } from '../cluster/discovered.ts';
import type { GivenTrust } from '../cluster/given-credentials.ts';
import { runningNodes } from '../cluster/running.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { choiceOf, loadTopKeys } from '../config/top-key-files.ts';
import type { LiveTarget } from '../scenarios/top.ts';
import { RaftctlError } from '../std/errors.ts';
import type { Flight } from '../tui/flight.ts';
import type { Beside } from '../tui/once.ts';
import type { Recorder } from '../tui/recording.ts';
import type { Palette, ThemeName } from '../tui/theme.ts';

/** NB: named here again, so that help and completion need not load the dashboard. */
const THEME_CHOICES = ['dark', 'light', 'deuteranopia', 'tritanopia', 'mono', '16'];
const VIEW_CHOICES = ['1', '2', '3', '4', '5', '6', '8', '9'];

export default class TopCommand extends BaseCommand {
  static override summary = 'Watch clusters live: nodes, replication, latency, elections, logs.';
  static override description =
    'Keys: ? shows all. Space pauses, [ and ] go through the past, : takes commands. Of several ' +
    'clusters one is shown and the others have a line each; C chooses. Without a terminal, or with ' +
    '--plain, changes are said line by line; --once shows one screen of each and ends. With --json: ' +
    'one object, of several clusters one a line.';
  static override aliases = ['tui'];
  static override examples = [
    '<%= config.bin %> top demo',
    '<%= config.bin %> top demo --view 3 --refresh 500ms',
    '<%= config.bin %> top demo shop',
    '<%= config.bin %> top --all --read-only',
    '<%= config.bin %> top demo --record monday.rtrec',
    '<%= config.bin %> top --replay monday.rtrec',
    '<%= config.bin %> top --discover srv:demo.default.svc.cluster.local',
    '<%= config.bin %> top demo --once --json',
  ];
  static override strict = false;
  static override usage = 'top [CLUSTER...] [--all]';
  static override flags = {
    dir: dirFlag,
    ...adminDiscoverFlags,
    all: Flags.boolean({
      summary: 'All clusters of this machine that run.',
      exclusive: ['replay'],
      env: 'RAFTCTL_ALL',
    }),
    view: Flags.string({
      summary:
        'Begin with a view: 1 overview, 2 replication, 3 latency, 4 log, 5 elections, 6 bench, 8 logs, 9 profiles.',
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

  /** The cluster is one that DNS knows. */
  #isElsewhere = false;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(TopCommand);
    const names = [...new Set(argv.map(String))];
    if (flags.refresh < 250 || flags.refresh > 10_000) {
      throw new RaftctlError('USAGE', {
        message: `Cannot look every ${flags.refresh} ms: --refresh takes 250ms to 10s`,
      });
    }
    if (flags.replay !== undefined) return this.#replay(flags.replay, names, flags);
    const targets = await this.#targets(names, flags);
    const play = await import('../scenarios/top.ts');
    if (flags.once || this.jsonEnabled()) {
      const looks = targets.map(async (target): Promise<Seen> => {
        const { scope, context } = target;
        return { ...(await play.lookTwice(target, flags.refresh)), ...{ scope, context } };
      });
      return this.#showOnce(await Promise.all(looks), flags);
    }
    const recorder = await this.#recorder(flags.record, targets);
    if (flags.plain || !isScreen()) {
      const interrupts = new Interrupts(() => {});
      const options = { everyMs: flags.refresh, signal: interrupts.signal, recorder };
      await play.speak(targets, options, (line) => this.print(line));
      interrupts.release();
      process.exitCode = interrupts.exitCode ?? 0;
      return undefined;
    }
    const look = await this.#look(flags, targets[0]);
    process.exitCode = await play.runTop({ targets, ...look, recorder });
    return undefined;
  }

  /** At least one. @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS, USAGE */
  async #targets(names: readonly string[], flags: TopFlags): Promise<LiveTarget[]> {
    const store = new ClusterStore(flags.dir);
    const named = flags.all ? ['--all'] : names;
    const discover = discoverFor(this.argv, named, flags.discover);
    if (discover !== null) {
      const spec = await discoveredCluster(discover, flags);
      this.#isElsewhere = true;
      return [{ store, spec, isElsewhere: true, scope: [], context: null }];
    }
    const wanted = names.length === 0 ? [this.clusterNamed(undefined)] : names;
    const specs = flags.all
      ? await this.#running(store, names)
      : await Promise.all(wanted.map((name) => store.findAnywhere(name)));
    return specs.map((spec) => {
      const scope = ['--cluster', spec.name];
      if (flags.dir !== clustersDirectory()) scope.push('--dir', flags.dir);
      if (flags.context !== undefined) scope.push('--context', flags.context);
      const context = this.context?.cluster === spec.name ? this.context.name : null;
      return { store, spec, scope, context };
    });
  }

  async #running(store: ClusterStore, names: readonly string[]): Promise<ClusterSpec[]> {
    if (names.length > 0) {
      throw new RaftctlError('USAGE', {
        message: `Cannot take --all with names of clusters: ${names.join(', ')}`,
        hint: 'Either names or --all',
      });
    }
    const specs = await store.list();
    const counts = await Promise.all(specs.map((spec) => runningNodes(store, spec)));
    const running = specs.filter((_, at) => (counts[at] ?? 0) > 0);
    if (running.length === 0) {
      const down = specs.map(({ name }) => name).join(', ');
      const why = down === '' ? 'there is none' : `down are ${down}`;
      throw new RaftctlError('CLUSTER_NOT_FOUND', {
        message: `Cannot find a cluster that runs in ${store.directory}: ${why}`,
        hint: `Start one: raftctl cluster up ${specs[0]?.name ?? ''}`.trim(),
      });
    }
    for (const spec of running) await store.entrust(spec);
    return running;
  }

  async #recorder(
    file: string | undefined,
    targets: readonly LiveTarget[],
  ): Promise<Recorder | null> {
    if (file === undefined) return null;
    const { Recorder } = await import('../tui/recording.ts');
    const names = targets.map(({ spec }) => spec.name);
    return Recorder.create(file, names);
  }

  async #replay(file: string, names: readonly string[], flags: TopFlags): Promise<unknown> {
    const { readRecording, recordedClusters } = await import('../tui/recording.ts');
    const recorded = recordedClusters(file, await readRecording(file), names);
    if (flags.once || this.jsonEnabled() || !isScreen()) return this.#showOnce(recorded, flags);
    const [play, { TopCluster }] = await Promise.all([
      import('../scenarios/top.ts'),
      import('../tui/top-cluster.ts'),
    ]);
    const clusters = recorded.map(({ name, flight }) => {
      return new TopCluster({ name, flight, scope: [], context: null, profileDirectory: '' });
    });
    process.exitCode = await play.runReplay({ ...(await this.#look(flags)), clusters, file });
    return undefined;
  }

  /** @param target the cluster that is shown first. */
  async #look(flags: TopFlags, target?: LiveTarget) {
    const { newUi, viewOf } = await import('../tui/ui.ts');
    const { keysOf } = await import('../tui/keys.ts');
    const { profileFolderOf } = await import('../scenarios/top-sources.ts');
    const ui = newUi({
      view: viewOf(flags.view),
      refreshMs: flags.refresh,
      theme: flags.theme as ThemeName,
      // What acts takes a folder of this machine.
      isReadOnly: flags['read-only'] || this.#isElsewhere,
      hasMouse: flags.mouse,
      context: target?.context ?? null,
      scope: target?.scope ?? [],
      profileDirectory: target === undefined ? '' : profileFolderOf(target),
      keys: keysOf(choiceOf(await loadTopKeys({ env: process.env, cwd: process.cwd() }))),
    });
    const isAscii = flags.ascii || !isUtf8();
    return { ui, isAscii, hasColour: this.#hasColour(), version: this.config.version };
  }

  #hasColour(): boolean {
    const refused = this.argv.includes('--no-color');
    return wantsColour({ env: process.env, refused, isTerminal: process.stdout.isTTY === true });
  }

  /** A screen each, or an object each. */
  async #showOnce(seen: readonly Seen[], flags: TopFlags): Promise<unknown> {
    const { onceLines, sceneOf } = await import('../tui/once.ts');
    const { reportOf } = await import('../tui/report.ts');
    const { ansiText } = await import('../tui/theme.ts');
    const { glanceOf } = await import('../tui/glance.ts');
    const look = await this.#look(flags);
    const palette: Palette = look.hasColour ? look.ui.theme : 'none';
    const clusters = seen.map(({ flight, name }) => {
      const last = flight.length - 1;
      const now = flight.at(last);
      return glanceOf(name ?? now?.cluster ?? '', flight.at(last - 1), now);
    });
    const scenes = seen.map(({ scope = [], context = null, ...one }, chosen) => {
      const ui = { ...look.ui, scope, context };
      return { ...one, ...look, ui, clusters, chosen, replay: flags.replay ?? null };
    });
    for (const [at, shown] of scenes.entries()) {
      if (at > 0) this.print();
      const lines = onceLines({ ...shown, size: sizeOf(flags.size) });
      for (const line of lines) this.print(ansiText(line, palette).trimEnd());
    }
    const reports = scenes.map((shown) => this.answer('top', reportOf(sceneOf(shown))));
    if (reports.length === 1 || !this.jsonEnabled()) return reports[0];
    for (const report of reports) process.stdout.write(`${JSON.stringify(report)}\n`);
    return undefined;
  }
}

/** What was seen of a cluster, to be shown once. */
interface Seen {
  readonly flight: Flight;
  readonly name?: string;
  readonly beside?: Beside;
  readonly scope?: readonly string[];
  readonly context?: string | null;
}

interface TopFlags extends GivenTrust, DiscoverChoice {
  readonly dir: string;
  readonly all: boolean;
  readonly context?: string | undefined;
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
