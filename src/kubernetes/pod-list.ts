/** Reads what the API says of pods: a few fields of its answers, each of which may be absent. */
import { RaftctlError } from '../std/errors.ts';
import type { Pod } from './pod.ts';

export interface PodPage {
  readonly pods: readonly Pod[];
  /** From where changes can be watched. */
  readonly version: string;
  /** Of the next page; empty: this was the last. */
  readonly next: string;
}

/** A line of a watch. */
export type PodEvent =
  | { readonly type: 'set' | 'gone'; readonly pod: Pod; readonly version: string }
  /** Nothing has changed up to here. */
  | { readonly type: 'bookmark'; readonly version: string }
  /** The watch is over; 410: what it was to begin with is forgotten. */
  | { readonly type: 'error'; readonly status: number; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

/** @throws {RaftctlError} REQUEST_REFUSED when it is no list of pods. */
export function parsePodPage(text: string): PodPage {
  const list = fieldsOf(parsed(text));
  const { items } = list;
  if (!Array.isArray(items)) throw unknown('a list of pods');
  const { resourceVersion, continue: next } = fieldsOf(list['metadata']);
  return { pods: items.map(podOf), version: textOf(resourceVersion), next: textOf(next) };
}

/** @throws {RaftctlError} REQUEST_REFUSED when it is no event of a watch. */
export function parsePodEvent(line: string): PodEvent {
  const event = fieldsOf(parsed(line));
  const object = fieldsOf(event['object']);
  const version = textOf(fieldsOf(object['metadata'])['resourceVersion']);
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'set', pod: podOf(object), version };
    case 'DELETED':
      return { type: 'gone', pod: podOf(object), version };
    case 'BOOKMARK':
      return { type: 'bookmark', version };
    case 'ERROR': {
      const { code, message } = object;
      return { type: 'error', status: Number(code ?? 0), message: textOf(message) };
    }
    default:
      throw unknown('an event of a watch');
  }
}

function podOf(value: unknown): Pod {
  const pod = fieldsOf(value);
  const metadata = fieldsOf(pod['metadata']);
  const status = fieldsOf(pod['status']);
  const statuses = status['containerStatuses'];
  const [first] = Array.isArray(statuses) ? statuses : [];
  return {
    name: textOf(metadata['name']),
    ip: textOf(status['podIP']) || null,
    container: textOf(fieldsOf(first)['name']) || null,
    isEnding: metadata['deletionTimestamp'] !== undefined || isOver(status['phase']),
  };
}

function isOver(phase: unknown): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unknown(what: string): RaftctlError {
  const message = `Cannot understand the Kubernetes API: its answer is not ${what}`;
  return new RaftctlError('REQUEST_REFUSED', { message });
}
