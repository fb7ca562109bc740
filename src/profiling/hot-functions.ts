/** Which functions a `.cpuprofile` spends its time in. Pure. */
import { RaftctlError } from '../std/errors.ts';

export interface HotFunction {
  readonly name: string;
  readonly place: string;
  readonly selfMs: number;
  /** With what it calls. A function on the stack twice counts once. */
  readonly totalMs: number;
  /** Of all time that was sampled, idleness included. */
  readonly selfShare: number;
}

interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The `count` with most time of their own. @throws {RaftctlError} USAGE when it is no profile. */
export function hotFunctions(text: string, count: number): HotFunction[] {
  const { nodes, samples, timeDeltas } = parse(text);
  const selfUs = new Map<number, number>();
  samples.forEach((id, i) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, timeDeltas[i] ?? 0));
  });
  const allUs = [...selfUs.values()].reduce((a, b) => a + b, 0);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sums = new Map<string, { node: Node; selfUs: number; totalUs: number }>();
  const visit = (node: Node, above: ReadonlySet<string>): number => {
    const key = keyOf(node);
    const inside = new Set(above).add(key);
    const own = selfUs.get(node.id) ?? 0;
    let total = own;
    for (const child of node.children ?? []) {
      const found = byId.get(child);
      if (found !== undefined) total += visit(found, inside);
    }
    const sum = sums.get(key) ?? { node, selfUs: 0, totalUs: 0 };
    sum.selfUs += own;
    if (!above.has(key)) sum.totalUs += total;
    sums.set(key, sum);
    return total;
  };
  const children = new Set(nodes.flatMap((node) => node.children ?? []));
  for (const node of nodes) if (!children.has(node.id)) visit(node, new Set());
  return [...sums.values()]
    .filter(({ node }) => node.callFrame.functionName !== '(root)')
    .sort((a, b) => b.selfUs - a.selfUs)
    .slice(0, count)
    .map(({ node, selfUs: own, totalUs }) => ({
      name: node.callFrame.functionName || '(anonymous)',
      place: placeOf(node),
      selfMs: own / 1000,
      totalMs: totalUs / 1000,
      selfShare: allUs === 0 ? 0 : own / allUs,
    }));
}

function keyOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  return `${functionName} ${url}:${lineNumber}`;
}

function placeOf({ callFrame: { url, lineNumber } }: Node): string {
  if (url === '') return '';
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/dist\//, '');
  return `${file}:${lineNumber + 1}`;
}

function parse(text: string): CpuProfile {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (isProfile(value)) return value;
  throw new RaftctlError('USAGE', {
    message: 'Cannot read the file: it is no profile of a processor',
    hint: 'Take one with: raftctl profile cpu --all',
  });
}

function isProfile(value: unknown): value is CpuProfile {
  if (typeof value !== 'object' || value === null) return false;
  const { nodes, samples, timeDeltas } = value as Partial<Record<keyof CpuProfile, unknown>>;
  return Array.isArray(nodes) && Array.isArray(samples) && Array.isArray(timeDeltas);
}
