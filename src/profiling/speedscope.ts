/**
 * Profiles of several nodes as one file of speedscope's format: a row a node, all on one axis of
 * time. What happened to a node lies as a frame around whatever it did then. Pure.
 */
import { type CpuProfile, fileOf, placeOf } from './profile-tree.ts';

export interface NodeProfile {
  readonly name: string;
  readonly profile: CpuProfile;
  readonly markers: readonly Marker[];
}

/** Something that happened to a node, or took it a while. */
export interface Marker {
  readonly text: string;
  /** Microseconds of the machine's monotonic clock. */
  readonly fromUs: number;
  readonly untilUs: number;
}

interface Frame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

export interface SpeedscopeFile {
  readonly $schema: typeof SCHEMA;
  readonly exporter: string;
  readonly name: string;
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly Frame[] };
  readonly profiles: readonly SpeedscopeRow[];
}

interface SpeedscopeRow {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'microseconds';
  readonly startValue: number;
  readonly endValue: number;
  /** Indexes of frames, the outermost first; none: nothing was done. */
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';
/** Of the whole time: what took less would not be seen. */
const MARKER_SHARE_MIN = 1 / 200;
/** Not a doing: left empty, as speedscope itself does. */
const UNSEEN: ReadonlySet<string> = new Set(['(root)', '(idle)']);

export function mergeProfiles(name: string, nodes: readonly NodeProfile[]): SpeedscopeFile {
  const fromUs = Math.min(...nodes.map(({ profile }) => profile.startTime));
  const untilUs = Math.max(...nodes.map(({ profile }) => profile.endTime));
  const frames = new Frames();
  return {
    ...{ $schema: SCHEMA, exporter: 'raftctl', name, activeProfileIndex: 0 },
    profiles: nodes.map((node) => rowOf(node, { fromUs, untilUs }, frames)),
    shared: { frames: frames.all },
  };
}

/** Each frame once, whichever nodes it was seen on. */
class Frames {
  readonly all: Frame[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(frame: Frame): number {
    const key = `${frame.name} ${frame.file ?? ''}:${frame.line ?? ''}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.all.length);
    return this.all.push(frame) - 1;
  }
}

interface Axis {
  readonly fromUs: number;
  readonly untilUs: number;
}

interface Stretch {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly stack: readonly number[];
}

function rowOf({ name, profile, markers }: NodeProfile, axis: Axis, frames: Frames): SpeedscopeRow {
  const lengthUs = axis.untilUs - axis.fromUs;
  const seen = markers
    .map(({ text, fromUs, untilUs }) => ({
      frame: frames.indexOf({ name: `[${text}]` }),
      fromUs: Math.max(axis.fromUs, fromUs),
      untilUs: Math.min(axis.untilUs, Math.max(untilUs, fromUs + lengthUs * MARKER_SHARE_MIN)),
    }))
    .filter((marker) => marker.untilUs > marker.fromUs)
    .sort((a, b) => a.fromUs - b.fromUs);
  const samples: (readonly number[])[] = [];
  const weights: number[] = [];
  let before = '';
  for (const { fromUs, untilUs, stack } of marked(stretches(profile, axis, frames), seen)) {
    const key = stack.join();
    if (key === before && weights.length > 0) {
      weights[weights.length - 1] = (weights.at(-1) ?? 0) + untilUs - fromUs;
    } else {
      samples.push(stack);
      weights.push(untilUs - fromUs);
    }
    before = key;
  }
  return {
    ...{ type: 'sampled', name, unit: 'microseconds', startValue: 0, endValue: lengthUs },
    ...{ samples, weights },
  };
}

/** The stacks without a gap over the whole axis. A sample stands for the time up to it. */
function stretches(profile: CpuProfile, { fromUs, untilUs }: Axis, frames: Frames): Stretch[] {
  const stacks = stacksOf(profile, frames);
  const found: Stretch[] = [];
  let lastUs = fromUs;
  const reach = (atUs: number, stack: readonly number[]): void => {
    if (atUs <= lastUs) return;
    found.push({ fromUs: lastUs, untilUs: Math.min(atUs, untilUs), stack });
    lastUs = Math.min(atUs, untilUs);
  };
  reach(profile.startTime, []);
  let atUs = profile.startTime;
  profile.samples.forEach((id, i) => {
    atUs += profile.timeDeltas[i] ?? 0;
    reach(atUs, stacks.get(id) ?? []);
  });
  reach(untilUs, []);
  return found;
}

function stacksOf({ nodes }: CpuProfile, frames: Frames): Map<number, readonly number[]> {
  const stacks = new Map<number, readonly number[]>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const inner = new Set(nodes.flatMap((node) => node.children ?? []));
  const visit = (id: number, above: readonly number[]): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { functionName, lineNumber } = node.callFrame;
    const file = fileOf(placeOf(node.callFrame));
    const name = functionName || '(anonymous)';
    const frame = { name, ...(file !== '' && { file, line: lineNumber + 1 }) };
    const stack = UNSEEN.has(name) ? above : [...above, frames.indexOf(frame)];
    stacks.set(id, stack);
    for (const child of node.children ?? []) visit(child, stack);
  };
  for (const { id } of nodes) if (!inner.has(id)) visit(id, []);
  return stacks;
}

interface PlacedMarker {
  readonly frame: number;
  readonly fromUs: number;
  readonly untilUs: number;
}

/** The same with the markers of each moment around it, the earliest outermost. Both in order. */
function marked(plain: readonly Stretch[], markers: readonly PlacedMarker[]): Stretch[] {
  const edges = markers.flatMap(({ fromUs, untilUs }) => [fromUs, untilUs]).sort((a, b) => a - b);
  const found: Stretch[] = [];
  let edge = 0;
  for (const { fromUs, untilUs, stack } of plain) {
    let lastUs = fromUs;
    while ((edges[edge] ?? Number.POSITIVE_INFINITY) <= fromUs) edge += 1;
    const cuts: number[] = [];
    while ((edges[edge] ?? Number.POSITIVE_INFINITY) < untilUs) cuts.push(edges[edge++] ?? 0);
    for (const cutUs of [...cuts, untilUs]) {
      if (cutUs <= lastUs) continue;
      const around = markers.filter((it) => it.fromUs <= lastUs && it.untilUs >= cutUs);
      const outer = around.map(({ frame }) => frame);
      found.push({ fromUs: lastUs, untilUs: cutUs, stack: [...outer, ...stack] });
      lastUs = cutUs;
    }
  }
  return found;
}
