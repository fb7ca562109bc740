/**
 * Changes of the membership as older systems take them over HTTP:
 *
 * ```
 *   hraftd        any /join    {"addr":"<raft address>","id":"<name>"}
 *   its fork      any /join    {"addr":"<raft address>"}; any /leave likewise
 *   raftexample   POST /<id>   body: the peer's URL; DELETE /<id>
 * ```
 */
import type { Bytes } from '../../std/bytes.ts';
import { ADMIN_HEADER, oldAddress } from '../../wire/older-systems.ts';
import type { HttpExchange } from './http-exchange.ts';
import { giveReason, sendPlainError } from './http-plain-error.ts';
import { sendText } from './http-reply.ts';
import type { MemberDesk } from './member-desk.ts';

/** A JSON object with exactly these fields, all of them texts. */
function fieldsOf(body: Bytes, names: readonly string[]): readonly string[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const found = new Map(Object.entries(parsed));
  const texts = names.map((name) => found.get(name));
  if (found.size !== names.length) return null;
  return texts.every((text) => typeof text === 'string') ? texts : null;
}

/** As hraftd: 400 for what is no wish, 500 for one that was not granted. */
function answerWish(
  exchange: HttpExchange,
  names: readonly string[],
  grant: (desk: MemberDesk, fields: readonly string[]) => Promise<string | null> | null,
  tell: (reason: string) => string,
): void {
  const { response, members: desk } = exchange;
  exchange.body((body) => {
    response.setHeader(ADMIN_HEADER, exchange.status.adminAddress);
    const fields = fieldsOf(body, names);
    const granted = fields === null || desk === null ? null : grant(desk, fields);
    if (granted === null) {
      sendText(response, 400, '');
      return;
    }
    void granted.then((reason) => {
      if (reason !== null) giveReason(response, reason);
      sendText(response, reason === null ? 200 : 500, reason === null ? '' : tell(reason));
    });
  });
}

/** A node without a name is called by its address. */
export function joinByHttp(
  exchange: HttpExchange,
  names: readonly string[],
  refusal: string | null,
): void {
  const grant = (desk: MemberDesk, fields: readonly string[]): Promise<string | null> | null => {
    const [addr = '', id = addr] = fields;
    const peerAddress = oldAddress(addr);
    if (peerAddress === null || id === '') return null;
    if (refusal !== null) return Promise.resolve(refusal);
    return desk.join({ id, peerAddress, voter: true });
  };
  answerWish(exchange, names, grant, () => '');
}

export function leaveByHttp(exchange: HttpExchange, refusal: string | null): void {
  const grant = (desk: MemberDesk, [addr = '']: readonly string[]): Promise<string | null> => {
    return refusal === null ? desk.leave(oldAddress(addr) ?? addr) : Promise.resolve(refusal);
  };
  answerWish(exchange, ['addr'], grant, (reason) => reason);
}

/** Go's ParseUint with base 0: decimal, 0x hex, 0 octal. @returns the number as text, or null. */
export function memberNumberOf(target: string): string | null {
  const text = target.slice(1);
  if (/^(?:0|[1-9]\d{0,18}|0[xX][0-9a-fA-F]{1,16}|0[bB][01]{1,64}|0[oO][0-7]{1,21})$/.test(text)) {
    return BigInt(text).toString();
  }
  return /^0[0-7]{1,21}$/.test(text) ? BigInt(`0o${text.slice(1)}`).toString() : null;
}

/** 204 at once, as the original; what becomes of it `raftctl member list` tells. */
export function addByHttp(exchange: HttpExchange): void {
  const { response, members: desk, target } = exchange;
  exchange.body((body) => {
    const id = memberNumberOf(target);
    const url = /^https?:\/\/([^/]+)\/?$/.exec(body.toString('utf8').trim());
    const peerAddress = url === null ? null : oldAddress(url[1] ?? '');
    if (id === null || peerAddress === null || desk === null) {
      giveReason(response, id === null ? 'the id is no number' : 'the body is no URL of a peer');
      sendPlainError(response, 400, 'Failed on POST');
      return;
    }
    void desk.join({ id, peerAddress, voter: true });
    sendText(response, 204, '');
  });
}

export function removeByHttp({ response, members: desk, target, request }: HttpExchange): void {
  request.resume();
  const id = memberNumberOf(target);
  if (id === null || desk === null) {
    giveReason(response, 'the id is no number');
    sendPlainError(response, 400, 'Failed on DELETE');
    return;
  }
  void desk.leave(id);
  sendText(response, 204, '');
}
