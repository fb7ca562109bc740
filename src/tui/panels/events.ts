/** What happened, newest last, and the commands given from here. */
import { eventText } from '../../forensics/event-text.ts';
import type { EventType, NodeEvent } from '../../wire/events.ts';
import { clock } from '../figures.ts';
import { filterOf } from '../filter.ts';
import { shownKey } from '../keys.ts';
import type { Panel, Scene } from '../scene.ts';
import { type Line, line, piece, type Tone } from '../text.ts';

/** Told at every moment of a healthy cluster: no news. */
const QUIET: ReadonlySet<EventType> = new Set<EventType>([
  'commit.advanced',
  'leader.known',
  'role.changed',
  'node.ready',
]);

const TONES: { readonly [T in EventType]?: Tone } = {
  'leader.elected': 'good',
  'node.started': 'good',
  'peer.connected': 'dim',
  'peer.disconnected': 'warn',
  'leader.steppedDown': 'warn',
  'election.started': 'warn',
  'node.stopping': 'warn',
  'loop.stalled': 'warn',
  'process.stalled': 'warn',
  'sync.slow': 'warn',
  'disk.full': 'bad',
  'disk.warning': 'warn',
  'log.truncated': 'warn',
};

/** Worth a line of the list, a stop of `{` and `}`, and an early look. */
export function isNews(event: NodeEvent): boolean {
  return !QUIET.has(event.type);
}

/** Worth a line to a person who did not ask for details. */
export function isHeadline(event: NodeEvent): boolean {
  return isNews(event) && event.type !== 'peer.connected' && event.type !== 'vote.answered';
}

export const EVENTS_PANEL: Panel = {
  title: '5 Events',
  note: () => 'newest last',
  draw: (scene, { height }) => {
    const passes = filterOf(scene.ui.filter);
    const shown: Line[] = [];
    for (let at = scene.events.length - 1; at >= 0 && shown.length < height; at -= 1) {
      const event = scene.events[at] as NodeEvent;
      if (!isHeadline(event)) continue;
      const text = eventText(event);
      if (!passes(`${event.node} ${event.type} ${text}`)) continue;
      shown.unshift(eventLine(scene, event, text));
    }
    return shown.length > 0 ? shown : [line(piece('Nothing happened yet.', 'dim'))];
  },
};

export function eventLine({ glyphs }: Scene, event: NodeEvent, text: string): Line {
  const tone = TONES[event.type] ?? 'plain';
  const shape =
    event.type === 'leader.elected'
      ? glyphs.leader
      : tone === 'warn' || tone === 'bad'
        ? glyphs.alarm
        : ' ';
  return line(
    piece(`${clock(event.wallMs, true)} `, 'dim'),
    piece(`T${event.term} `.padEnd(4), 'dim'),
    piece(`${event.node.padEnd(4)} `, 'strong'),
    piece(`${shape} `, tone),
    piece(text, tone === 'dim' ? 'dim' : 'plain'),
  );
}

export const COMMANDS_PANEL: Panel = {
  title: 'Command log',
  note: ({ ui }) => `${shownKey(ui.keys, 'c')} hides; every action is a line you can paste`,
  draw: ({ ui }, { height }) => {
    if (ui.commands.length === 0) {
      const open = `${shownKey(ui.keys, 'a')} opens the actions.`;
      return [line(piece(`Nothing was done from here yet. ${open}`, 'dim'))];
    }
    return ui.commands.slice(-height).map(({ number, text, outcome, said }) => {
      const tone: Tone = outcome === 'failed' ? 'bad' : outcome === 'running' ? 'warn' : 'good';
      const sign = outcome === 'failed' ? 'failed' : outcome === 'running' ? '...' : 'ok';
      return line(
        piece(`#${number} `, 'dim'),
        piece(`${sign.padEnd(6)} `, tone),
        text,
        piece(said === '' ? '' : `  ${said}`, 'dim'),
      );
    });
  },
};
