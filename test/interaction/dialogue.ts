/**
 * Plays a dialogue: a text in which lines that begin with `>` are commands and lines that begin
 * with `#` are remarks; everything else is what the cores did and is written anew. Comparing the
 * result with the text is the test; `npx vitest run test/interaction -u` rewrites it.
 *
 * ```
 *   > group voters=3 learners=1 spares=1 logs=1:1,2/2:1,1 term=3 inflightBatches=2 cached=1
 *   > group voters=3 file=40 part=10 parts=2     with snapshots: length of files, their parts
 *   > campaign 1          tick a member until it stands for election
 *   > tick 1 5            move time and tick; `all` ticks everybody
 *   > jump 3000           move time without ticking: the process was stopped
 *   > propose 1 text      > read 1        > sync 1|all      > logread 1     > full 1 on|off
 *   > deliver [1->2] [type]   > drop [1->2] [type]          oldest first, not what they cause
 *   > snapshot 1 2        take one of all committed, keep 2 entries    > readparts 1
 *   > store 3             write what arrived      > keep 3   > fail 3     it is durable, or is not
 *   > change 1 add:n4 join:n5 promote:4 demote:2 remove:1        all of it in one step
 *   > settle              sync and deliver until nothing is left
 *   > transfer 1 2        member 1 hands leadership to 2; 0: to whom it likes
 *   > connect 1 2         > disconnect 1 2     > crash 1    > restart 1
 *   > status              every member's state
 *   > quiet               print only traces, reads and commits    > loud
 * ```
 */

import type { Batch } from '../../src/node/model/batch.ts';
import type { MemberChange } from '../../src/node/model/membership-change.ts';
import type { RaftMessage } from '../../src/node/model/message.ts';
import type { RaftConfig } from '../../src/node/raft/config.ts';
import type { Ready, Trace } from '../../src/node/raft/ready.ts';
import { assert } from '../../src/std/assert.ts';
import { addition } from './member-changes.ts';
import { RaftWorld, type WorldNode, type WorldOptions } from './raft-world.ts';
import { SnapshotWorld } from './snapshot-world.ts';

export function playDialogue(text: string): string {
  const player = new Player();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) lines.push(line);
    else if (line.startsWith('> ')) lines.push('', line, ...player.play(line.slice(2)));
  }
  return `${lines.join('\n').trim()}\n`;
}

class Player {
  #world: RaftWorld | null = null;
  #output: string[] = [];
  #quiet = false;
  readonly #commits = new Map<number, number>();

  play(command: string): string[] {
    this.#output = [];
    const words = command.split(/\s+/).filter((word) => word !== '');
    this.#run(words[0] ?? '', words.slice(1));
    return this.#output.map((line) => `  ${line}`);
  }

  #run(verb: string, args: readonly string[]): void {
    if (verb === 'group') {
      this.#world = newWorld(args);
      this.#world.onReady = (node, ready) => this.#printReady(node, ready);
      return;
    }
    const world = this.#world;
    assert(world !== null, 'a dialogue begins with `group`');
    if (verb === 'quiet' || verb === 'loud') this.#quiet = verb === 'quiet';
    else if (verb === 'status') this.#printStatus(world);
    else if (verb === 'deliver') this.#printCount(world.deliver(matcher(args)));
    else if (verb === 'drop') this.#printDropped(world.drop(matcher(args)));
    else if (verb === 'settle') world.settle();
    else if (verb === 'jump') world.nowMs += Number(args[0]);
    else if (verb === 'sync' && args[0] === 'all') for (const n of world.numbers) world.sync(n);
    else if (verb === 'tick' && args[0] === 'all') world.tickAll(Number(args[1] ?? 1));
    else this.#runOnMember(world, verb, args);
  }

  #runOnMember(world: RaftWorld, verb: string, args: readonly string[]): void {
    const number = Number(args[0]);
    const other = Number(args[1]);
    if (verb === 'campaign') world.campaign(number);
    else if (verb === 'elect') world.elect(number);
    else if (verb === 'tick') world.tick(number, Number(args[1] ?? 1));
    else if (verb === 'sync') world.sync(number);
    else if (verb === 'logread') world.answerLogReads(number);
    else if (verb === 'read') this.#output.push(`read #${world.read(number)} asked`);
    else if (verb === 'transfer') this.#transfer(world, number, other);
    else if (verb === 'full') world.turn(number, (raft) => raft.diskFull(args[1] === 'on'));
    else if (verb === 'connect') world.connect(number, other);
    else if (verb === 'disconnect') world.disconnect(number, other);
    else if (verb === 'crash') world.crash(number);
    else if (verb === 'restart') world.restart(number);
    else if (verb === 'change') {
      const result = world.reconfigure(number, args.slice(1).map(changeOf));
      if (!result.accepted) this.#output.push(`refused: ${result.reason}`);
    } else if (verb === 'propose') {
      const result = world.propose(number, args[1] ?? 'x');
      if (!result.accepted) this.#output.push(`refused: ${result.reason}`);
    } else this.#runOnSnapshots(world, verb, args);
  }

  #runOnSnapshots(world: RaftWorld, verb: string, args: readonly string[]): void {
    assert(world instanceof SnapshotWorld, `this dialogue does not know \`${verb}\``);
    const number = Number(args[0]);
    if (verb === 'snapshot') world.takeSnapshot(number, Number(args[1] ?? 0));
    else if (verb === 'readparts') this.#printCount(world.answerSnapshotReads(number), 'read');
    else if (verb === 'store') this.#printCount(world.storeArrivals(number), 'store');
    else if (verb === 'keep') this.#printCount(world.keepReceived(number) ? 1 : 0, 'keep');
    else if (verb === 'fail') world.loseReceived(number);
    else assert(false, `a dialogue does not know \`${verb}\``);
  }

  #transfer(world: RaftWorld, leader: number, target: number): void {
    const refusal = world.turn(leader, (raft) => raft.transferLeadership(target));
    if (refusal !== null) this.#output.push(`refused: ${refusal}`);
  }

  #printReady(node: WorldNode, ready: Ready): void {
    const { number } = node;
    for (const item of ready.trace) this.#output.push(`${number}: ${showTrace(item)}`);
    if (ready.persist !== null && !this.#quiet) {
      const { sequence, hardState, batches } = ready.persist;
      const hard = hardState === null ? '' : ` term ${hardState.term} vote ${hardState.vote}`;
      const { reset } = ready.persist;
      const anew = reset === undefined ? '' : ` anew behind ${reset.index}/t${reset.term}`;
      this.#output.push(`${number}: write #${sequence}${hard}${anew}${showBatches(batches)}`);
    }
    if (!this.#quiet) for (const message of ready.messages) this.#output.push(showMessage(message));
    for (const { member, from, through } of ready.logReads) {
      this.#output.push(`${number}: read log ${from}..${through} for ${member}`);
    }
    for (const { member, index, offset } of ready.snapshotReads) {
      this.#output.push(`${number}: read snapshot ${index} from ${offset} for ${member}`);
    }
    for (const { index, offset, data, last } of ready.snapshotArrivals) {
      const end = last ? ', the last' : '';
      this.#output.push(`${number}: takes ${offset}..${offset + data.length} of ${index}${end}`);
    }
    for (const { requestId, index } of ready.reads) {
      this.#output.push(`${number}: read #${requestId} ${index === 0 ? 'refused' : `at ${index}`}`);
    }
    if (this.#commits.get(number) !== ready.commitIndex) {
      this.#commits.set(number, ready.commitIndex);
      if (ready.commitIndex > 1) this.#output.push(`${number}: commit ${ready.commitIndex}`);
    }
  }

  #printStatus(world: RaftWorld): void {
    for (const number of world.numbers) {
      const { raft, alive } = world.node(number);
      if (!alive) {
        this.#output.push(`${number}: down`);
        continue;
      }
      const { role, term, leader, commitIndex, durableIndex } = raft;
      const terms = world.terms(number).join(' ');
      this.#output.push(
        `${number}: ${role} term ${term} leader ${leader} commit ${commitIndex} durable ${durableIndex} log [${terms}]`,
      );
    }
  }

  #printCount(count: number, what = 'deliver'): void {
    if (count === 0) this.#output.push(`nothing to ${what}`);
  }

  #printDropped(messages: readonly RaftMessage[]): void {
    for (const message of messages) this.#output.push(`lost: ${showMessage(message)}`);
    if (messages.length === 0) this.#output.push('nothing to lose');
  }
}

function newWorld(args: readonly string[]): RaftWorld {
  const given = new Map(args.map((arg) => arg.split('=') as [string, string]));
  const number = (name: string): number | undefined => {
    const value = given.get(name);
    return value === undefined ? undefined : Number(value);
  };
  const config: { -readonly [K in keyof RaftConfig]?: RaftConfig[K] } = {};
  const inflightBatches = number('inflightBatches');
  if (inflightBatches !== undefined) config.inflightBatchesMax = inflightBatches;
  const cacheBytes = number('cacheBytes');
  if (cacheBytes !== undefined) config.cacheBytesMax = cacheBytes;
  const appendBytes = number('appendBytes');
  if (appendBytes !== undefined) config.appendBytesMax = appendBytes;
  const part = number('part');
  if (part !== undefined) config.snapshotPartBytes = part;
  const parts = number('parts');
  if (parts !== undefined) config.snapshotPartsMax = parts;
  const logs: Record<number, number[]> = {};
  for (const part of (given.get('logs') ?? '').split('/').filter((text) => text !== '')) {
    const [member, terms] = part.split(':');
    logs[Number(member)] = (terms ?? '').split(',').map(Number);
  }
  const hardStates: Record<number, { term: number; vote: number }> = {};
  const term = number('term');
  for (let member = 1; term !== undefined && member <= 9; member += 1) {
    hardStates[member] = { term, vote: 0 };
  }
  const options: { -readonly [K in keyof WorldOptions]: WorldOptions[K] } = {
    voters: number('voters') ?? 3,
    learners: number('learners') ?? 0,
    spares: number('spares') ?? 0,
    config,
    logs,
    hardStates,
    connected: given.get('connected') !== 'no',
  };
  const cached = number('cached');
  if (cached !== undefined) options.cachedCount = cached;
  const fileBytes = number('file');
  return fileBytes === undefined
    ? new RaftWorld(options)
    : new SnapshotWorld({ ...options, fileBytes });
}

function changeOf(text: string): MemberChange {
  const [type = '', whom = ''] = text.split(':');
  if (type === 'add' || type === 'join') return addition(whom, type === 'join');
  return { type: type as 'promote' | 'demote' | 'remove', member: Number(whom) };
}

function matcher(args: readonly string[]): (message: RaftMessage) => boolean {
  const link = args.find((arg) => arg.includes('->'));
  const type = args.find((arg) => !arg.includes('->'));
  const [from, to] = (link ?? '').split('->').map(Number);
  return (message) =>
    (link === undefined || (message.from === from && message.to === to)) &&
    (type === undefined || message.type === type);
}

function showBatches(batches: readonly Batch[]): string {
  return batches
    .map(({ first, last, term }) => ` [${first === last ? first : `${first}..${last}`} t${term}]`)
    .join('');
}

function showMessage(message: RaftMessage): string {
  return `${message.from}->${message.to} ${message.type} t${message.term}${detailOf(message)}`;
}

function detailOf(m: RaftMessage): string {
  switch (m.type) {
    case 'preVote':
    case 'vote':
    case 'transferVote':
      return ` last ${m.lastIndex}/t${m.lastTerm}`;
    case 'preVoteReply':
    case 'voteReply':
      return m.granted ? ' yes' : ' no';
    case 'append':
      return ` after ${m.prevIndex}/t${m.prevTerm} commit ${m.commitIndex} round ${m.round}${showBatches(m.batches)}`;
    case 'appendReply':
      return ` match ${m.matchIndex}`;
    case 'appendReject':
      return ` not ${m.prevIndex}, hint ${m.hintIndex}/t${m.hintTerm}`;
    case 'heartbeat':
      return ` commit ${m.commitIndex} round ${m.round}`;
    case 'heartbeatReply':
      return ` round ${m.round}`;
    case 'readIndex':
      return ` #${m.requestId}`;
    case 'timeoutNow':
      return ` last ${m.lastIndex}`;
    case 'readIndexReply':
      return ` #${m.requestId} index ${m.index}`;
    case 'snapshot':
      return ` of ${m.index}/t${m.indexTerm}, ${m.data.length} of ${m.total} bytes at ${m.offset}`;
    case 'snapshotReply':
      return ` of ${m.index} up to ${m.offset}`;
  }
}

function showTrace(item: Trace): string {
  switch (item.type) {
    case 'electionStarted':
      return `${item.kind} begins for term ${item.term} (${item.reason})`;
    case 'voteAnswered':
      return `${item.kind} of ${item.candidate} for term ${item.term}: ${item.reason}`;
    case 'roleChanged':
      return `${item.from} -> ${item.to}, term ${item.term}${item.reason === '' ? '' : ` (${item.reason})`}`;
    case 'leaderKnown':
      return `follows ${item.leader} in term ${item.term}`;
    case 'transferStarted':
      return `hands leadership of term ${item.term} to ${item.target}`;
    case 'transferGivenUp':
      return `gives up handing leadership to ${item.target} (${item.reason})`;
    case 'configurationChanged': {
      const { index, voters, outgoingVoters, learners } = item;
      const old = outgoingVoters.length === 0 ? '' : ` and of ${outgoingVoters.join(' ')}`;
      const others = learners.length === 0 ? '' : `, learners ${learners.join(' ')}`;
      return `configuration ${index}: voters ${voters.join(' ')}${old}${others}`;
    }
    case 'snapshotSending':
      return `sends snapshot ${item.index} to ${item.member}`;
    case 'snapshotInstalled':
      return `begins behind snapshot ${item.index}/t${item.term}`;
    case 'truncated':
      return `cuts off ${item.from}..${item.lastIndex}`;
  }
}
