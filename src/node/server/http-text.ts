/** Texts of the HTTP dialect: paths, bodies and JSON as Go writes it. Pure. */
import { type Bytes, bytesFrom, latin1Slice } from '../../std/bytes.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../wire/apps/kvstore.ts';
import type { NodeStatus } from '../../wire/status.ts';

/**
 * The key that `/key/<k>` names, as latin1; an escaped slash belongs to the key.
 * @returns null when there is none, more than one, a bad escape or a key over the cap.
 */
export function keyOfPath(path: string): string | null {
  const escaped = path.slice('/key/'.length);
  if (!path.startsWith('/key/') || escaped === '' || escaped.includes('/')) return null;
  // Node gives a path's bytes as latin1 already, so that escapes become single characters.
  let bad = false;
  const key = escaped.replace(/%(.{0,2})/g, (_all, digits: string) => {
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) bad = true;
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
  return bad || key.length > KEY_BYTES_MAX ? null : key;
}

/** The pairs of a JSON object of strings, as latin1, or null when the body is anything else. */
export function pairsOfBody(body: Bytes): (readonly [string, string])[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const pairs: (readonly [string, string])[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') return null;
    const pair = [toLatin1(key), toLatin1(value)] as const;
    if (pair[0].length > KEY_BYTES_MAX || pair[1].length > VALUE_BYTES_MAX) return null;
    pairs.push(pair);
  }
  return pairs;
}

/** `{"key":"value"}` from latin1 strings. */
export function jsonOfPair(key: string, value: string): string {
  return `{${jsonOfText(key)}:${jsonOfText(value)}}`;
}

/** The node, its leader and all others by their Raft addresses; empty texts without a leader. */
export function statusBody(status: NodeStatus): string {
  const place = (id: string, address: string): string =>
    `{"id":${goJson(id)},"address":${goJson(address)}}`;
  const leader = status.members.find((member) => member.id === status.leader);
  const followers = status.members.filter((member) => member.id !== status.leader);
  const me = place(status.id, status.peerAddress);
  const leads = place(leader?.id ?? '', leader?.peerAddress ?? '');
  const rest = followers.map((member) => place(member.id, member.peerAddress)).join(',');
  return `{"me":${me},"leader":${leads},"followers":[${rest}]}`;
}

function jsonOfText(latin1: string): string {
  return goJson(bytesFrom(latin1, 'latin1').toString('utf8'));
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON as Go's encoder writes it: safe to put into HTML. */
function goJson(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (c) => GO_ESCAPES[c] ?? c);
}

function toLatin1(text: string): string {
  const bytes = bytesFrom(text);
  return latin1Slice(bytes, 0, bytes.length);
}
