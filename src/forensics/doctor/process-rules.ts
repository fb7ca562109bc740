/** Rules RFT060 to RFT080: the processes, their clocks, their versions and their ports. */
import { maxUs, percentileUs } from '../../std/interval.ts';
import { formatDurationMs, plural } from '../../std/units.ts';
import { type CauseClass, classOfStandstill } from '../causes.ts';
import { inOrder, isOf, monoMs } from '../timeline.ts';
import type { Found, Rule, Scene } from './rule.ts';

const LOOP_P99_MS_MAX = 100;
const LOOKS_MIN = 50;
const GC_MS_MAX = 100;
const GC_SHARE_MAX = 0.1;
const BUSY_SHARE_MAX = 0.9;
/** Shares of a shorter life say little. */
const LIFE_MS_MIN = 5000;
const CLOCK_STEP_MS = 1000;
/** What members promise a leader with leases, when nothing else is said. */
const LEASE_MS = 500;

function standstills(scene: Scene, wanted: CauseClass, command: (id: string) => string): Found[] {
  const byNode = new Map<string, number[]>();
  for (const event of scene.recent()) {
    if (!isOf(event, 'process.stalled') || classOfStandstill(event.data) !== wanted) continue;
    const known = byNode.get(event.node) ?? [];
    byNode.set(event.node, [...known, event.data.delayMs]);
  }
  return [...byNode].map(([node, delays]) => {
    const longest = formatDurationMs(Math.max(...delays));
    const evidence = `${plural(delays.length, 'standstill')} in 10 minutes, the longest ${longest}`;
    return { node, evidence, command: scene.command(command(node)) };
  });
}

function stalls(scene: Scene): Found[] {
  const late = scene.figures.flatMap((figures): Found[] => {
    const { id, loopDelay } = figures;
    const p99 = percentileUs(loopDelay, 99) ?? 0;
    if (loopDelay.count < LOOKS_MIN || p99 <= LOOP_P99_MS_MAX * 1000) return [];
    const longest = formatDurationMs((maxUs(loopDelay) ?? 0) / 1000);
    const evidence = `its loop comes late: p99 ${formatDurationMs(p99 / 1000)}, at most ${longest}, ${scene.span(figures)}`;
    return [{ node: id, evidence, command: scene.command(`profile cpu ${id}`) }];
  });
  return [...late, ...standstills(scene, 'stall', (id) => `profile cpu ${id}`)];
}

function collecting(scene: Scene): Found[] {
  const long = scene.figures.flatMap((figures): Found[] => {
    const { id, gcPauses, spanMs } = figures;
    const longest = (maxUs(gcPauses) ?? 0) / 1000;
    const share = spanMs < LIFE_MS_MIN ? 0 : gcPauses.sumUs / 1000 / spanMs;
    if (longest <= GC_MS_MAX && share <= GC_SHARE_MAX) return [];
    const evidence =
      `longest pause ${formatDurationMs(longest)}, ${(share * 100).toFixed(1)} % of the time, ` +
      `${plural(gcPauses.count, 'collection')} ${scene.span(figures)}`;
    return [{ node: id, evidence, command: scene.command(`profile heap ${id}`) }];
  });
  return [...long, ...standstills(scene, 'gc', (id) => `profile heap ${id}`)];
}

function starved(scene: Scene): Found[] {
  return standstills(scene, 'pause', (id) => `node logs ${id}`);
}

function busy(scene: Scene): Found[] {
  return scene.figures.flatMap((figures) => {
    const share = figures.activeMs / figures.spanMs;
    if (figures.spanMs < LIFE_MS_MIN || share <= BUSY_SHARE_MAX) return [];
    const evidence = `its loop was busy ${Math.round(share * 100)} % of the time ${scene.span(figures)}`;
    return [{ node: figures.id, evidence, command: scene.command(`profile cpu ${figures.id}`) }];
  });
}

function leasesLost(scene: Scene): Found[] {
  if (!scene.facts.status.leases) return [];
  return scene.recent().flatMap((event) => {
    if (!isOf(event, 'process.stalled')) return [];
    const config = scene.facts.nodes.find(({ id }) => id === event.node)?.config;
    const promiseMs = config?.leasePromiseMs ?? LEASE_MS;
    if (event.data.delayMs < promiseMs || event.node !== scene.facts.status.leader) return [];
    const evidence = `it stood still for ${formatDurationMs(event.data.delayMs)}, a lease lasts ${promiseMs} ms`;
    return [{ node: event.node, evidence, command: scene.command('elections timeline') }];
  });
}

function versions(scene: Scene): Found[] {
  const known = scene.figures.map(({ id, status }) => ({ id, version: status.version }));
  if (new Set(known.map(({ version }) => version)).size < 2) return [];
  const evidence = known.map(({ id, version }) => `${id} ${version}`).join(', ');
  return [
    {
      node: null,
      evidence,
      command: scene.command(`node restart ${known.map(({ id }) => id).join(' ')}`),
    },
  ];
}

/** Within one life of a process its two clocks keep their distance, unless one is set. */
function clockSteps(scene: Scene): Found[] {
  const apart = new Map<string, number>();
  return inOrder(scene.recent()).flatMap((event): Found[] => {
    const distance = event.wallMs - monoMs(event);
    const before = apart.get(event.incarnation);
    apart.set(event.incarnation, distance);
    const step = before === undefined ? 0 : distance - before;
    if (Math.abs(step) < CLOCK_STEP_MS) return [];
    const way = step > 0 ? 'ahead' : 'back';
    const evidence = `its wall clock was set ${formatDurationMs(Math.abs(step))} ${way} before ${event.type} (event ${event.seq})`;
    return [{ node: event.node, evidence, command: null }];
  });
}

function clientPorts(scene: Scene): Found[] {
  return scene.facts.nodes.flatMap(({ id, clientPort, vitals }) => {
    if (vitals === null || clientPort === null || clientPort === 'open') return [];
    const word = clientPort === 'refused' ? 'refuses connections' : 'does not take connections';
    const evidence = `${vitals.status.clientAddress} ${word}, and the node is up`;
    return [{ node: id, evidence, command: scene.command(`node logs ${id}`) }];
  });
}

export const PROCESS_RULES: readonly Rule[] = [
  { code: 'RFT060', severity: 'warning', title: 'The event loop stalls', find: stalls },
  { code: 'RFT061', severity: 'warning', title: 'Collecting garbage takes long', find: collecting },
  {
    code: 'RFT062',
    severity: 'warning',
    title: 'A node was stopped or starved by the system',
    find: starved,
  },
  { code: 'RFT063', severity: 'warning', title: 'The event loop is busy', find: busy },
  { code: 'RFT064', severity: 'info', title: 'A standstill outlasted a lease', find: leasesLost },
  { code: 'RFT070', severity: 'warning', title: 'Nodes run unlike versions', find: versions },
  { code: 'RFT071', severity: 'warning', title: 'A wall clock was set', find: clockSteps },
  { code: 'RFT080', severity: 'warning', title: 'Clients are not let in', find: clientPorts },
];
