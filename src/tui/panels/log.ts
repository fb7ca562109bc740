/** The logs of the nodes: how far each reaches, and their newest batches side by side. */

import type { BatchView } from '../../wire/log-view.ts';
import { bytes, count, NOTHING } from '../figures.ts';
import { filterOf } from '../filter.ts';
import type { NodeSample } from '../sample.ts';
import type { Panel, Scene } from '../scene.ts';
import { type Line, line, padStart, piece, type Tone, toWidth } from '../text.ts';

/** From the first entry held to the last, with the marks that move along it. */
export const EXTENT_PANEL: Panel = {
  title: '4 Logs from end to end',
  note: () => '# applied  = committed  - not committed  S snapshot',
  draw: (scene, { width }) => {
    const known = scene.now.nodes.filter(({ status }) => status !== null);
    const first = Math.min(...known.map(({ status }) => status?.firstIndex ?? 0));
    const last = Math.max(...known.map(({ status }) => status?.lastIndex ?? 0));
    const lead = Math.max(3, ...scene.now.nodes.map(({ id }) => id.length)) + 1;
    const columns = Math.max(10, width - lead - 46);
    const rows = scene.now.nodes.map((node) => {
      const name = piece(node.id.padEnd(lead), 'strong');
      if (node.status === null) return line(name, piece(node.state, 'bad'));
      const { firstIndex, lastIndex, commitIndex, durableIndex, logBytes } = node.status;
      const words = [
        `${count(firstIndex)}..${count(lastIndex)}`.padEnd(20),
        `commit ${count(commitIndex)}`.padEnd(16),
        bytes(logBytes),
      ];
      const tone: Tone = durableIndex < commitIndex ? 'warn' : 'plain';
      const range = { first, last, columns };
      return line(name, ...extent(node, range), piece(`  ${words.join('')}`, tone));
    });
    return rows;
  },
};

interface Range {
  readonly first: number;
  readonly last: number;
  readonly columns: number;
}

function extent(node: NodeSample, { first, last, columns }: Range): Line {
  const { status } = node;
  if (status === null) return [];
  const span = Math.max(1, last - first + 1);
  const cells = Array.from({ length: columns }, (_, column): string => {
    const index = first + Math.floor((column * span) / columns);
    if (index < status.firstIndex || index > status.lastIndex) return ' ';
    if (index <= status.appliedIndex) return '#';
    return index <= status.commitIndex ? '=' : '-';
  });
  if (status.snapshotIndex > 0) {
    const at = Math.floor(((status.snapshotIndex - first) * columns) / span);
    cells[Math.max(0, Math.min(columns - 1, at))] = 'S';
  }
  return [piece(cells.join(''), 'accent')];
}

/** Newest batches, a column a node; what differs from the leader's is marked. */
export const BATCHES_PANEL: Panel = {
  title: '4 Newest batches side by side',
  note: () => 'first..last, term, kind, size; ! differs between nodes',
  draw: (scene, { width, height }) => {
    const ids = scene.now.nodes.map(({ id }) => id).filter((id) => scene.batches[id] !== undefined);
    if (ids.length === 0) return [line(piece('No node tells of its log.', 'dim'))];
    const passes = filterOf(scene.ui.filter);
    const firsts = new Set<number>();
    for (const id of ids) for (const batch of scene.batches[id] ?? []) firsts.add(batch.first);
    const ordered = [...firsts].sort((a, b) => b - a);
    const cellWidth = Math.max(20, Math.min(44, Math.floor((width - 2) / ids.length)));
    const header = line('  ', ...ids.map((id) => piece(id.padEnd(cellWidth), 'strong')));
    const rows = ordered
      .map((first) => batchLine(scene, ids, first, cellWidth))
      .filter(({ text }) => passes(text))
      .slice(scene.ui.row, scene.ui.row + height - 1);
    return [toWidth(header, width), ...rows.map(({ drawn }) => toWidth(drawn, width))];
  },
};

function batchLine(scene: Scene, ids: readonly string[], first: number, cellWidth: number) {
  const cells = ids.map((id) => (scene.batches[id] ?? []).find((batch) => batch.first === first));
  const held = cells.filter((batch) => batch !== undefined);
  const differs = held.some(({ checksum }) => checksum !== held[0]?.checksum);
  const texts = cells.map((batch) => (batch === undefined ? NOTHING : batchText(batch)));
  const mark = piece(differs ? `${scene.glyphs.alarm} ` : '  ', 'bad');
  const tone: Tone = differs ? 'bad' : 'plain';
  return {
    text: texts.join(' '),
    drawn: line(
      mark,
      ...texts.map((text) => piece(text.slice(0, cellWidth - 1).padEnd(cellWidth), tone)),
    ),
  };
}

function batchText({ first, last, term, kind, bytes: size }: BatchView): string {
  const range = first === last ? `${first}` : `${first}..${last}`;
  return `${range} T${term} ${kind} ${padStart(bytes(size), 4)}`;
}
