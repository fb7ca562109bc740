/** What `raftctl top --json` prints: the overview as data. */
import { EMPTY_INTERVAL, percentileUs } from '../std/interval.ts';
import { phaseRows } from './panels/commit-path.ts';
import { nodeRows } from './panels/nodes.ts';
import { commandsPerS, leaderIn, type Scene } from './scene.ts';

export interface TopNode {
  readonly id: string;
  readonly state: string;
  readonly role: string | null;
  readonly term: number | null;
  readonly commitIndex: number | null;
  readonly appliedIndex: number | null;
  readonly lag: number | null;
  readonly rttMs: number | null;
  readonly fsyncP99Us: number | null;
  readonly loopDelayP99Us: number | null;
  readonly cpuShare: number | null;
  readonly rssBytes: number | null;
  readonly commandsPerS: number | null;
}

export interface TopPhase {
  readonly phase: string;
  readonly count: number;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly decides: number | null;
}

export interface TopReport {
  readonly cluster: string;
  readonly app: string;
  readonly atMs: number;
  readonly leader: string | null;
  readonly commandsPerS: number;
  readonly writeP50Us: number | null;
  readonly writeP99Us: number | null;
  readonly nodes: readonly TopNode[];
  readonly phases: readonly TopPhase[];
}

export function reportOf(scene: Scene): TopReport {
  const { now } = scene;
  const phases = phaseRows(scene);
  const total = phases.find(({ phase }) => phase === 'total')?.interval ?? EMPTY_INTERVAL;
  return {
    cluster: now.cluster,
    app: now.app,
    atMs: now.atMs,
    leader: leaderIn(scene)?.id ?? null,
    commandsPerS: Math.round(commandsPerS(now)),
    writeP50Us: percentileUs(total, 50),
    writeP99Us: percentileUs(total, 99),
    nodes: nodeRows(scene).map(({ node, lag, rttMs, syncs, loopDelay }) => ({
      id: node.id,
      state: node.state,
      role: node.status?.role ?? null,
      term: node.status?.term ?? null,
      commitIndex: node.status?.commitIndex ?? null,
      appliedIndex: node.status?.appliedIndex ?? null,
      ...{ lag, rttMs },
      fsyncP99Us: percentileUs(syncs, 99),
      loopDelayP99Us: percentileUs(loopDelay, 99),
      cpuShare: node.load?.cpuShare ?? null,
      rssBytes: node.load?.rssBytes ?? null,
      commandsPerS: node.load === null ? null : Math.round(node.load.commandsPerS),
    })),
    phases: phases.map(({ phase, interval, decides }) => ({
      ...{ phase, decides },
      count: interval.count,
      p50Us: percentileUs(interval, 50),
      p99Us: percentileUs(interval, 99),
    })),
  };
}
