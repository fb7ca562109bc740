import { describe, expect, test } from 'vitest';
import type { Membership } from '../model/membership.ts';
import { Phases } from './phases.ts';

const MEMBERSHIP = {
  members: [1, 2, 3].map((number) => ({ number, name: `n${number}`, voter: true })),
} as unknown as Membership;

function leader(): Phases {
  const phases = new Phases(1);
  phases.members(MEMBERSHIP);
  return phases;
}

/** Milliseconds of all samples of a phase, to the microsecond, in order of size. */
function samples(phases: Phases, name: string): number[] {
  const found: number[] = [];
  phases.histograms.get(name)?.forEachBucket((lowUs, _highUs, count) => {
    for (let i = 0; i < count; i += 1) found.push(lowUs / 1000);
  });
  return found;
}

describe('Phases', () => {
  test('Phases measures a batch from its first command to the answers', () => {
    const phases = leader();
    phases.sealed(10, 100, 100.01);
    phases.handed(100.03);
    phases.durable(10, 100.05);
    phases.acked(2, 10, 100.06);
    phases.committed(10, 100.07);
    phases.applied(10, 100.08);
    phases.answered(100.1);
    const took = Object.fromEntries(
      [...phases.histograms.keys()].map((name) => [name, samples(phases, name)]),
    );
    expect(took).toEqual({
      queue: [0.01],
      append: [0.02],
      sync: [0.04],
      'ack.n2': [0.05],
      quorum: [0.06],
      'decided.n2': [0.06],
      apply: [0.01],
      reply: [0.02],
      total: [0.1],
    });
  });

  test('Phases says whose durability completed the majority', () => {
    const phases = leader();
    phases.sealed(1, 0, 0);
    phases.acked(3, 1, 0.01);
    phases.durable(1, 0.02);
    phases.committed(1, 0.02);
    phases.sealed(2, 1, 1);
    phases.durable(2, 1.01);
    phases.acked(3, 2, 1.03);
    phases.committed(2, 1.03);
    expect(samples(phases, 'decided.n1')).toEqual([0.02]);
    expect(samples(phases, 'decided.n3')).toEqual([0.03]);
  });

  test('Phases hears a slow follower also after the batch was answered', () => {
    const phases = leader();
    for (let last = 1; last <= 3; last += 1) {
      phases.sealed(last, 0, 0);
      phases.durable(last, 0.01);
      phases.acked(2, last, 0.01);
      phases.committed(last, 0.01);
      phases.applied(last, 0.01);
      phases.answered(0.01);
    }
    phases.acked(3, 2, 0.1);
    phases.acked(3, 2, 0.11);
    phases.acked(3, 3, 0.12);
    expect(samples(phases, 'ack.n3')).toEqual([0.1, 0.1, 0.12]);
    expect(phases.histograms.get('decided.n3')).toBeUndefined();
  });

  test('Phases forgets what was under way when leadership ends', () => {
    const phases = leader();
    phases.sealed(5, 0, 0);
    phases.reset();
    phases.durable(5, 1);
    phases.acked(2, 5, 1);
    phases.committed(5, 1);
    phases.applied(5, 1);
    expect(phases.hasSealed).toBe(false);
    expect(phases.hasApplied).toBe(false);
    expect([...phases.histograms.keys()]).toEqual(['queue']);
  });

  test('Phases keeps to its ring when nothing commits or a follower is away', () => {
    const phases = leader();
    for (let last = 1; last <= 10_000; last += 1) {
      phases.sealed(last, last, last);
      phases.handed(last);
    }
    phases.acked(3, 10_000, 10_000);
    const acks = phases.histograms.get('ack.n3');
    expect(acks?.count).toBeLessThanOrEqual(4096);
    expect(acks?.maxUs).toBeLessThanOrEqual(4096 * 1000);
  });
});
