/**
 * A profile as one HTML page that needs nothing else: callers above callees, each as wide as what
 * it cost. With a second profile the colours say which share grew or shrank. Pure.
 */
import { htmlPage, htmlText } from '../std/html.ts';
import { formatBytes } from '../std/units.ts';
import { FLAME_SCRIPT, FLAME_STYLE } from './flame-script.ts';
import {
  type CallNode,
  fileOf,
  functionKey,
  type ProfileTree,
  type ProfileUnit,
  withoutIdle,
} from './profile-tree.ts';

export interface FlameInput {
  /** What the page is called: a file's name. */
  readonly title: string;
  readonly profile: ProfileTree;
  /** An earlier profile to compare with. */
  readonly before?: { readonly title: string; readonly profile: ProfileTree };
}

/**
 * One box of the drawing: depth, index of its function, where it begins, width and self cost in the
 * profile's unit; last, only in comparisons, what it had cost before.
 */
type Box = readonly number[];

/** What the page's script reads. */
export interface FlameData {
  readonly unit: ProfileUnit;
  /** Name, place and group of colours. */
  readonly functions: readonly (readonly [string, string, string])[];
  readonly boxes: readonly Box[];
  /** What was sampled before, without idleness; null: nothing to compare with. */
  readonly beforeTotal: number | null;
}

/** Costs less than this share of the whole: too narrow to be seen, even far inside. */
const SHARE_MIN = 0.000_02;

export function drawFlame(input: FlameInput): string {
  const { title, profile, before } = input;
  const { tree, idle } = withoutIdle(profile);
  const earlier = before === undefined ? null : withoutIdle(before.profile).tree;
  const heading = before === undefined ? title : `${title} against ${before.title}`;
  const facts = factsOf(tree, idle);
  const data = JSON.stringify(flameData(tree, earlier)).replaceAll('<', '\\u003c');
  const body = `<header>
<h1>${htmlText(heading)}</h1>
<p>${htmlText(facts)}</p>
<form><input id="search" type="search" placeholder="Search functions and files (/)" aria-label="Search" autocomplete="off">
<button id="reset" type="button">Whole (Esc)</button> <output id="found"></output></form>
</header>
<main><canvas id="flame" role="img" aria-label="Flame graph"></canvas></main>
<footer>${legend(before !== undefined)}</footer>
<div id="tip" role="tooltip" hidden></div>
<script type="application/json" id="data">${data}</script>
<script>${FLAME_SCRIPT}</script>`;
  return htmlPage({ title: heading, style: FLAME_STYLE, body });
}

function factsOf({ unit, root }: ProfileTree, idle: number): string {
  if (unit === 'bytes') return `${formatBytes(root.total)} sampled as allocated and still alive`;
  const seconds = (us: number): string => `${(us / 1e6).toFixed(2)} s`;
  const all = root.total + idle;
  const share = all === 0 ? 0 : (100 * root.total) / all;
  return `${seconds(all)} sampled, ${seconds(root.total)} busy (${share.toFixed(1)} %); idle time is left out`;
}

function legend(isComparison: boolean): string {
  const use =
    'A box is a function, as wide as what it cost with all that it called; what it called lies below. ' +
    'Click: this one in full width.';
  if (!isComparison) {
    const groups = ['raftctl', 'node', 'native'].map(
      (group) => `<i class="${group}"></i> ${GROUP_NAMES[group]}`,
    );
    return `${use} ${groups.join(' ')}`;
  }
  return `${use} <i class="more"></i> share grew <i class="less"></i> share shrank`;
}

const GROUP_NAMES: Readonly<Record<string, string>> = {
  raftctl: 'raftctl, a tone a folder',
  node: 'Node and packages',
  native: 'native code, garbage collector',
};

function flameData({ unit, root }: ProfileTree, before: ProfileTree | null): FlameData {
  const indexes = new Map<string, number>();
  const functions: [string, string, string][] = [];
  const boxes: Box[] = [];
  const indexOf = (node: CallNode): number => {
    const { name, place } = node;
    const key = functionKey(node);
    const known = indexes.get(key);
    if (known !== undefined) return known;
    indexes.set(key, functions.length);
    return functions.push([name, place, groupOf(place)]) - 1;
  };
  const least = root.total * SHARE_MIN;
  const visit = (node: CallNode, earlier: CallNode | null, at: { depth: number; from: number }) => {
    const box = [at.depth, indexOf(node), at.from, node.total, node.self].map(Math.round);
    boxes.push(before === null ? box : [...box, Math.round(earlier?.total ?? 0)]);
    let { from } = at;
    for (const child of node.children) {
      if (child.total > least) {
        visit(child, counterpart(child, earlier), { depth: at.depth + 1, from });
      }
      from += child.total;
    }
  };
  visit(root, before?.root ?? null, { depth: 0, from: 0 });
  return { unit, functions, boxes, beforeTotal: before?.root.total ?? null };
}

/** Lines move from build to build; names and files stay. */
function counterpart(node: CallNode, earlier: CallNode | null): CallNode | null {
  const file = fileOf(node.place);
  const same = earlier?.children.filter(
    ({ name, place }) => name === node.name && fileOf(place) === file,
  );
  return same?.find(({ place }) => place === node.place) ?? same?.[0] ?? null;
}

/** The folder for raftctl's own files, else `node` or `native`. */
function groupOf(place: string): string {
  if (place === '') return 'native';
  if (place.startsWith('node:') || place.includes('node_modules')) return 'node';
  return fileOf(place).replace(/\/?[^/]*$/, '') || 'raftctl';
}
