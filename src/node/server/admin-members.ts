/**
 * `POST /v1/members`: changes of the membership in the query, all done in one step:
 * `?add=n4=127.0.0.1:11003:12003:13003&join=true&remove=n1,n2`. Needs the cluster secret.
 */
import { type NamedChange, parseMember } from '../../wire/member-change.ts';
import { AdminRefusal } from './admin-reply.ts';

export const MEMBERS_PARAMS = ['cluster', 'add', 'join', 'promote', 'demote', 'remove'];

/** More changes at once are surely a mistake. */
const CHANGES_MAX = 32;

/** @throws {AdminRefusal} when they make no sense as they are written. */
export function parseChanges(params: URLSearchParams): readonly NamedChange[] {
  const join = params.get('join') ?? 'false';
  if (join !== 'true' && join !== 'false') throw malformed(`join is ${JSON.stringify(join)}`);
  const changes: NamedChange[] = [];
  for (const text of listed(params.get('add'))) {
    const member = parseMember(text);
    if (typeof member === 'string') throw malformed(member);
    changes.push({ type: 'add', member, joins: join === 'true' });
  }
  for (const type of ['promote', 'demote', 'remove'] as const) {
    for (const id of listed(params.get(type))) changes.push({ type, id });
  }
  if (changes.length === 0) throw malformed('there is no change');
  if (changes.length > CHANGES_MAX) throw malformed(`there are more than ${CHANGES_MAX} changes`);
  const names = changes.map((change) => (change.type === 'add' ? change.member.id : change.id));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw malformed(`${twice} is named twice`);
  return changes;
}

function listed(text: string | null): readonly string[] {
  return text === null ? [] : text.split(',');
}

function malformed(why: string): AdminRefusal {
  return new AdminRefusal(400, {
    code: 'USAGE',
    message: `Cannot read the change of members: ${why}`,
    hint: 'Say ?add=NAME=HOST:CLIENT:PEER:ADMIN, ?promote=NAME, ?demote=NAME or ?remove=NAME',
  });
}
