/**
 * A profile as a tree of calls, whichever of Node's formats it was in: what a function cost by
 * itself and with what it called, in microseconds (`.cpuprofile`) or bytes (`.heapprofile`). Pure.
 */
import { RaftctlError } from '../std/errors.ts';

export type ProfileUnit = 'us' | 'bytes';

export interface CallNode {
  readonly name: string;
  /** File and line; empty for what is not JavaScript. */
  readonly place: string;
  self: number;
  /** With what it calls. */
  total: number;
  /** One a function: what was called from several lines is one. */
  readonly children: CallNode[];
}

export interface ProfileTree {
  readonly unit: ProfileUnit;
  /** What the process itself stands for: `(root)`. */
  readonly root: CallNode;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CpuProfile {
  readonly nodes: readonly CpuNode[];
  /** Microseconds of the machine's monotonic clock. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

const IDLE = '(idle)';

/** @throws {RaftctlError} USAGE when the text is a profile of neither format. */
export function readProfile(text: string): ProfileTree {
  const value = parsed(text);
  if (isCpuProfile(value)) return { unit: 'us', root: cpuTree(value) };
  if (isHeapProfile(value)) return { unit: 'bytes', root: heapTree(value.head) };
  throw new RaftctlError('USAGE', {
    message: 'Cannot read the file: it is neither a .cpuprofile nor a .heapprofile',
    hint: 'Take one with: raftctl profile cpu --all',
  });
}

/** @throws {RaftctlError} USAGE when the text is no profile of a processor. */
export function readCpuProfile(text: string): CpuProfile {
  const value = parsed(text);
  if (isCpuProfile(value)) return value;
  throw new RaftctlError('USAGE', {
    message: 'Cannot read the file: it is no profile of a processor',
    hint: 'Take one with: raftctl profile cpu --all',
  });
}

export function cpuTree({ nodes, samples, timeDeltas }: CpuProfile): CallNode {
  const selfUs = new Map<number, number>();
  samples.forEach((id, i) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, timeDeltas[i] ?? 0));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const inner = new Set(nodes.flatMap((node) => node.children ?? []));
  const root = newRoot();
  const visit = (node: CpuNode, at: CallNode): void => {
    at.self += selfUs.get(node.id) ?? 0;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) visit(child, callee(at, child.callFrame));
    }
  };
  for (const node of nodes) if (!inner.has(node.id)) visit(node, root);
  sumUp(root);
  return root;
}

function heapTree(head: HeapNode): CallNode {
  const root = newRoot();
  const visit = (node: HeapNode, at: CallNode): void => {
    at.self += node.selfSize;
    for (const child of node.children) visit(child, callee(at, child.callFrame));
  };
  visit(head, root);
  sumUp(root);
  return root;
}

/** The same without the time in which there was nothing to do, and how much that was. */
export function withoutIdle({ unit, root }: ProfileTree): {
  readonly tree: ProfileTree;
  readonly idle: number;
} {
  const children = root.children.filter(({ name }) => name !== IDLE);
  const idle = root.children.find(({ name }) => name === IDLE)?.total ?? 0;
  return { tree: { unit, root: { ...root, children, total: root.total - idle } }, idle };
}

/** What one function cost, wherever it was called from. */
export interface FunctionSum {
  readonly name: string;
  readonly place: string;
  self: number;
  /** A function on the stack twice counts once. */
  total: number;
}

/** By function, without `(root)`. @param keyOf tells which calls are those of one function. */
export function functionSums(
  { root }: ProfileTree,
  keyOf: (node: CallNode) => string = functionKey,
): Map<string, FunctionSum> {
  const sums = new Map<string, FunctionSum>();
  const visit = (node: CallNode, above: ReadonlySet<string>): void => {
    const key = keyOf(node);
    const sum = sums.get(key) ?? { name: node.name, place: node.place, self: 0, total: 0 };
    sums.set(key, sum);
    sum.self += node.self;
    if (!above.has(key)) sum.total += node.total;
    const inside = new Set(above).add(key);
    for (const child of node.children) visit(child, inside);
  };
  for (const child of root.children) visit(child, new Set());
  return sums;
}

export function functionKey({ name, place }: CallNode): string {
  return `${name} ${place}`;
}

/** Beneath `dist`, as the source is laid out; modules of Node have no path. */
export function placeOf({ url, lineNumber }: CallFrame): string {
  if (url === '') return '';
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/dist\//, '');
  return `${file}:${lineNumber + 1}`;
}

/** Without the line, which moves from build to build. */
export function fileOf(place: string): string {
  return place.replace(/:\d+$/, '');
}

function newRoot(): CallNode {
  return { name: '(root)', place: '', self: 0, total: 0, children: [] };
}

function callee(caller: CallNode, frame: CallFrame): CallNode {
  const name = frame.functionName || '(anonymous)';
  const place = placeOf(frame);
  const known = caller.children.find((child) => child.name === name && child.place === place);
  if (known !== undefined) return known;
  const child: CallNode = { name, place, self: 0, total: 0, children: [] };
  caller.children.push(child);
  return child;
}

/** The callee that cost most comes first. */
function sumUp(node: CallNode): number {
  node.total = node.children.reduce((sum, child) => sum + sumUp(child), node.self);
  node.children.sort((a, b) => b.total - a.total);
  return node.total;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isCpuProfile(value: unknown): value is CpuProfile {
  if (typeof value !== 'object' || value === null) return false;
  const { nodes, samples, timeDeltas } = value as Partial<Record<keyof CpuProfile, unknown>>;
  return Array.isArray(nodes) && Array.isArray(samples) && Array.isArray(timeDeltas);
}

function isHeapProfile(value: unknown): value is { readonly head: HeapNode } {
  if (typeof value !== 'object' || value === null || !('head' in value)) return false;
  const { head } = value;
  return typeof head === 'object' && head !== null && 'callFrame' in head && 'selfSize' in head;
}
