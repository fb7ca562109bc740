/**
 * Power cuts and kills at every point of a log's life (invariants I20 and I22): what is recovered
 * is what was written, up to some point that is not before anything reported durable.
 */
import { describe, expect, test } from 'vitest';
import { batchOf, LogRig, type OpenedLog } from '../../../test/doubles/log-rig.ts';
import { Prng } from '../../std/prng.ts';
import type { Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { FsyncMode } from '../ports/log-store.ts';

/** The log after each write, as a list of its batches from entry 2 on. */
interface Version {
  readonly sequence: number;
  readonly hardState: HardState;
  readonly batches: readonly Batch[];
}

/** Writes at random, and remembers what the log may look like. */
class Writer {
  readonly #prng: Prng;
  /** Every state the log passed through since what was durable at the last opening. */
  versions: Version[] = [{ sequence: 0, hardState: { term: 1, vote: 0 }, batches: [] }];

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  get last(): Version {
    return this.versions.at(-1) as Version;
  }

  write(rig: LogRig, opened: OpenedLog): void {
    const prng = this.#prng;
    let { hardState, batches } = this.last;
    // A new leader's log may replace the end of ours; it has a higher term.
    const truncates = prng.chance(0.1);
    const changed = truncates || prng.chance(0.2);
    if (changed) {
      const term = hardState.term + (truncates ? 1 : prng.between(0, 1));
      hardState = { term, vote: prng.between(1, 3) };
    }
    const intermediate: Version[] = [];
    if (changed) intermediate.push({ sequence: 0, hardState, batches });
    if (truncates) batches = batches.slice(0, -prng.between(1, 4));
    const added: Batch[] = [];
    for (let count = prng.between(changed && !truncates ? 0 : 1, 3); count > 0; count -= 1) {
      const first = 1 + (batches.at(-1)?.last ?? 1);
      const payloadBytes = prng.chance(0.03) ? prng.between(8000, 30_000) : prng.between(1, 1200);
      const batch = batchOf({
        first,
        count: prng.between(1, 3),
        term: hardState.term,
        payloadBytes,
      });
      batches = [...batches, batch];
      added.push(batch);
      intermediate.push({ sequence: 0, hardState, batches });
    }
    const sequence = rig.write(opened, added, changed ? hardState : null);
    intermediate.pop();
    this.versions.push(...intermediate, { sequence, hardState, batches });
  }

  /** Checks a recovery, and goes on from there. @returns whether anything was lost. */
  recovered(opened: OpenedLog, reported: number, seed: number): boolean {
    const { hardState, tail, lastIndex } = opened.store.recovered;
    const found = tail.slice(1);
    const durable = this.versions.findLastIndex((v) => v.sequence > 0 && v.sequence <= reported);
    const candidates = this.versions.slice(Math.max(0, durable));
    const at = candidates.findLastIndex(
      (v) =>
        v.hardState.term === hardState.term &&
        v.hardState.vote === hardState.vote &&
        v.batches.length === found.length &&
        v.batches.every((batch, i) => batch.bytes.equals((found[i] as Batch).bytes)),
    );
    expect(at, `seed ${seed}: a log nobody wrote, or one that lost what was reported`).not.toBe(-1);
    const version = candidates[at] as Version;
    expect(lastIndex).toBe(version.batches.at(-1)?.last ?? 1);
    this.versions = [{ ...version, sequence: 0 }];
    return at < candidates.length - 1;
  }
}

async function lives(seed: number, options: { power: boolean; fsync: FsyncMode }) {
  const rig = new LogRig(seed, 16 * 1024);
  rig.fsync = options.fsync;
  const prng = new Prng(seed * 31);
  const writer = new Writer(prng);
  await rig.format();
  let lost = 0;
  for (let life = 0; life < 6; life += 1) {
    let opened: OpenedLog | null = null;
    // An opening may be cut short too.
    if (life > 0 && prng.chance(0.3)) {
      rig.beginOpen().catch(() => {});
      for (let steps = prng.between(0, 8); steps > 0; steps -= 1) await rig.step();
      rig.crash(options.power);
    }
    opened = await rig.open();
    if (life === 0) writer.recovered(opened, 0, seed);
    for (let steps = prng.between(0, 120); steps > 0; steps -= 1) {
      if (prng.chance(0.4)) writer.write(rig, opened);
      else await rig.step();
    }
    expect(opened.failed).toBeNull();
    if (prng.chance(0.2)) await rig.drive(opened.store.close());
    const reported = options.power && options.fsync !== 'always' ? 0 : opened.synced;
    rig.crash(options.power);
    const next = await rig.open();
    if (writer.recovered(next, reported, seed)) lost += 1;
    rig.crash(false);
  }
  return lost;
}

describe('openLog after a crash', () => {
  test('openLog recovers all that was reported, nothing that was not written: power cuts', async () => {
    let lost = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      lost += await lives(seed, { power: true, fsync: 'always' });
    }
    // The test means something only when power cuts do hit unsynced writes.
    expect(lost).toBeGreaterThan(50);
  });

  test('openLog recovers all that was reported when the process is killed, in every mode', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      for (const fsync of ['always', 'batch', 'none'] as const) {
        await lives(seed, { power: false, fsync });
      }
    }
  });

  test('openLog recovers a log that was written in the weaker modes, after power cuts', async () => {
    for (let seed = 1; seed <= 24; seed += 1) {
      for (const fsync of ['batch', 'none'] as const) await lives(seed, { power: true, fsync });
    }
  });

  test('a crash at every completion of a fixed run loses nothing that was reported', async () => {
    let ended = false;
    let cuts = 0;
    for (let cut = 0; !ended; cut += 1) {
      const rig = new LogRig(77, 8 * 1024);
      await rig.format();
      const opened = await rig.open();
      const start = rig.disk.completions;
      const writer = new Writer(new Prng(9));
      for (let count = 0; count < 60 && rig.disk.completions - start < cut; count += 1) {
        writer.write(rig, opened);
        for (let steps = count % 4; steps > 0; steps -= 1) {
          if (rig.disk.completions - start < cut) await rig.step();
        }
      }
      ended = rig.disk.completions - start < cut;
      const { synced } = opened;
      rig.crash(true);
      writer.recovered(await rig.open(), synced, cut);
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(60);
  });
});
