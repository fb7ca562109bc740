import { describe, expect, it } from 'vitest';
import type { Membership } from '../model/membership.ts';
import type { PeerMessage } from '../model/message.ts';
import { ClusterClock } from './cluster-clock.ts';

const DAY_MS = 86_400_000;
const WALL_MS = 1_800_000_000_000;

class Node {
  readonly sent: PeerMessage[] = [];
  readonly raft: { membership: Membership; term: number; lastTimeMs: number };
  readonly clock: ClusterClock;
  wallMs = WALL_MS;

  constructor(voters: number) {
    const members = Array.from({ length: voters }, (_, at) => ({
      ...{ number: at + 1, name: `n${at + 1}`, voter: true },
      ...{ peerAddress: '', clientAddress: '', adminAddress: '' },
    }));
    this.raft = { membership: { members, leases: false }, term: 3, lastTimeMs: 0 };
    this.clock = new ClusterClock({
      self: 1,
      raft: this.raft,
      clock: { wallMs: () => this.wallMs },
      send: (message) => this.sent.push(message) > 0,
    });
  }

  /** Our wall clock runs with our monotonic one. */
  now(nowMs: number): number {
    this.wallMs = WALL_MS + nowMs;
    return this.clock.now(nowMs);
  }
}

describe('ClusterClock', () => {
  it.each([DAY_MS, -DAY_MS])('takes no notice of one clock of three that is %d ms off', (off) => {
    const node = new Node(3);
    node.clock.heard(2, WALL_MS + 20, 0);
    node.clock.heard(3, WALL_MS + off, 0);
    const right = off > 0 ? WALL_MS + 20 : WALL_MS;
    expect(node.now(0)).toBe(right);
    expect(node.now(5000)).toBe(right + 5000);
  });

  it('takes no notice of its own clock when that is the one', () => {
    const node = new Node(3);
    node.clock.heard(2, WALL_MS + DAY_MS, 0);
    node.clock.heard(3, WALL_MS + DAY_MS + 10, 0);
    expect(node.now(0)).toBe(WALL_MS + DAY_MS);
  });

  it('goes on from the log, and does not go back with clocks that are behind it', () => {
    const node = new Node(3);
    node.raft.lastTimeMs = WALL_MS + 1000;
    node.clock.heard(2, WALL_MS, 0);
    node.clock.heard(3, WALL_MS, 0);
    expect(node.now(0)).toBe(WALL_MS + 1000);
    // Half as fast until the clocks have caught up, then with them.
    expect(node.now(1000)).toBe(WALL_MS + 1500);
    expect(node.now(2000)).toBe(WALL_MS + 2000);
    expect(node.now(3000)).toBe(WALL_MS + 3000);
  });

  it('catches up at once with a majority after all nodes were down', () => {
    const node = new Node(3);
    node.raft.lastTimeMs = WALL_MS - DAY_MS;
    expect(node.now(0)).toBe(WALL_MS - DAY_MS);
    node.clock.heard(2, WALL_MS, 0);
    expect(node.now(0)).toBe(WALL_MS);
  });

  it('runs on by itself between clocks that contradict each other', () => {
    const node = new Node(3);
    node.raft.lastTimeMs = WALL_MS - 5000;
    node.clock.heard(2, WALL_MS - DAY_MS, 0);
    expect(node.now(0)).toBe(WALL_MS - 5000);
    expect(node.now(1000)).toBe(WALL_MS - 4000);
  });

  it('is settled with all clocks, or with those of a majority after a while', () => {
    const node = new Node(3);
    expect(node.clock.settled(0)).toBe(false);
    node.clock.heard(2, WALL_MS, 100);
    expect(node.clock.settled(100)).toBe(false);
    expect(node.clock.settled(599)).toBe(false);
    expect(node.clock.settled(600)).toBe(true);
    const other = new Node(3);
    other.clock.heard(2, WALL_MS, 0);
    other.clock.heard(3, WALL_MS, 0);
    expect(other.clock.settled(0)).toBe(true);
    expect(new Node(1).clock.settled(0)).toBe(true);
  });

  it('never falls, whatever the clocks do', () => {
    const node = new Node(5);
    let last = 0;
    for (let nowMs = 0; nowMs < 2000; nowMs += 1) {
      const member = 2 + ((nowMs * 7) % 4);
      node.clock.heard(member, WALL_MS + nowMs + (((nowMs * 7919) % 4001) - 2000), nowMs);
      const time = node.now(nowMs);
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
    }
  });

  it('tells who comes up at once, and everyone twice a second', () => {
    const node = new Node(3);
    node.clock.tell(2);
    const message = { type: 'clock', from: 1, to: 2, term: 3, wallMs: WALL_MS };
    expect(node.sent.splice(0)).toEqual([message]);
    for (let nowMs = 0; nowMs < 1000; nowMs += 10) node.clock.tick(nowMs);
    expect(node.sent.map(({ to }) => to)).toEqual([2, 3, 2, 3]);
  });
});
