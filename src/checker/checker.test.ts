import { describe, expect, it } from 'vitest';
import {
  blockedSlowly,
  isLinearizableSlowly,
  linearizableHistory,
  mutated,
  type Shape,
  stepSlowly,
} from '../../test/doubles/checker-twin.ts';
import { Prng } from '../std/prng.ts';
import { checkLinearizability } from './checker.ts';
import { type Action, type ActionKind, isUnknown, type Operation, type Value } from './history.ts';
import { modelNamed } from './models.ts';

const KV = modelNamed('kv');

/** Whether an order explains every answer before `blocked`, and respects time. */
function explains(order: readonly Operation[], initial: Value): boolean {
  let state: Value | undefined = initial;
  for (const [at, operation] of order.entries()) {
    state = stepSlowly(state, operation.action, isUnknown(operation));
    if (state === undefined) return false;
    if (order.slice(at + 1).some((later) => later.returnedAt < operation.calledAt)) return false;
  }
  return true;
}

const SHAPES: readonly (readonly ActionKind[])[] = [
  ['get', 'put'],
  ['get', 'put', 'cas'],
  ['get', 'put', 'put', 'del'],
  ['get', 'append', 'put'],
  ['get', 'incr', 'del'],
  ['get', 'put', 'cas', 'del', 'append'],
];

function shapeOf(prng: Prng): Shape {
  return {
    operations: prng.between(1, 7),
    clients: prng.between(1, 4),
    kinds: prng.pick(SHAPES),
    valuesMax: prng.pick([null, 1, 2]),
    unknownShare: prng.pick([0, 0.2, 0.5]),
  };
}

describe('checkLinearizability', () => {
  it('agrees with the slow twin on thousands of small histories', () => {
    const prng = new Prng(1);
    const counts = { ok: 0, illegal: 0, unknown: 0 };
    for (let run = 0; run < 6000; run += 1) {
      let history = linearizableHistory(prng, shapeOf(prng));
      for (let changes = prng.between(0, 2); changes > 0; changes -= 1) {
        history = mutated(prng, history);
      }
      const { verdict, finding } = checkLinearizability(history, KV);
      const expected = isLinearizableSlowly(history, null) ? 'ok' : 'illegal';
      expect({ verdict, history }).toEqual({ verdict: expected, history });
      counts[verdict] += 1;
      expect(explains(finding?.order ?? [], null)).toBe(true);
      if (verdict === 'ok') continue;
      const blocked = blockedSlowly(history, null);
      expect({ blocked: finding?.blocked, history }).toEqual({ blocked, history });
    }
    expect(counts.ok).toBeGreaterThan(1500);
    expect(counts.illegal).toBeGreaterThan(800);
  });

  it('finds each history legal that really took effect', () => {
    const prng = new Prng(2);
    for (let run = 0; run < 300; run += 1) {
      const shape = { ...shapeOf(prng), operations: prng.between(20, 200) };
      const history = linearizableHistory(prng, { ...shape, unknownShare: 0.05 });
      expect(checkLinearizability(history, KV).verdict).toBe('ok');
    }
  });
});

/** `a put 1 | 0-2` : client, operation, span; no end: nobody knows. */
function history(...lines: readonly string[]): Operation[] {
  return lines.map((line) => {
    const match = /^(\w+) (\w+) ([^|]*)\| (\d+)-(\d*)$/.exec(line);
    const [, client = '', kind = '', words = '', from = '', to = ''] = match ?? [];
    const [first = '', second = '', third] = words.trim().split(' ');
    const value = (word: string): Value => (word === 'nil' ? null : word);
    const isKnown = to !== '';
    const action = {
      get: { kind: 'get', result: isKnown ? value(first) : undefined },
      put: { kind: 'put', value: value(first) },
      cas: { kind: 'cas', from: value(first), to: value(second), result: isKnown ? !third : null },
      append: { kind: 'append', value: first },
      del: { kind: 'del', result: isKnown ? first === 'true' : null },
      incr: { kind: 'incr', by: first, result: isKnown ? second : null },
    }[kind] as Action;
    return {
      ...{ client, key: 'x', action, calledAt: Number(from) },
      returnedAt: isKnown ? Number(to) : Number.POSITIVE_INFINITY,
    };
  });
}

const LEGAL: Readonly<Record<string, readonly string[]>> = {
  'nothing at all': [],
  'a read of what was never written': ['a get nil | 0-1'],
  'a read that overlaps a write sees the old value, the next the new one': [
    ...['a put 1 | 0-9', 'b get nil | 1-2', 'b get 1 | 3-4'],
  ],
  'writes that overlap settle in either order': [
    ...['a put 1 | 0-9', 'b put 2 | 1-8', 'c get 2 | 10-11', 'c get 2 | 12-13'],
  ],
  'a read between two overlapping writes': [
    ...['a put 1 | 0-9', 'b put 2 | 0-9', 'c get 1 | 1-2', 'c get 2 | 3-4'],
  ],
  'a write of unknown outcome that shows much later': [
    ...['a put 1 | 0-1', 'b put 2 | 2-', 'c get 1 | 5-6', 'c get 2 | 50-51'],
  ],
  'a write of unknown outcome that never shows': [
    ...['a put 1 | 0-1', 'b put 2 | 2-', 'c get 1 | 50-51'],
  ],
  'a cas of unknown outcome that took effect between two others': [
    ...['a put 1 | 0-1', 'b cas 1 2 | 2-', 'c cas 2 3 | 3-9'],
  ],
  'a cas that fails while another value is there': [
    ...['a put 1 | 0-1', 'b cas 2 3 failed | 2-3', 'c get 1 | 4-5'],
  ],
  'operations that touch count as overlapping': ['a put 1 | 0-2', 'b get nil | 2-3'],
  'two increments at the same time': ['a incr 1 1 | 0-9', 'b incr 1 2 | 0-9', 'c get 2 | 10-11'],
  'appends in the order that a read saw': [
    ...['a append p | 0-9', 'b append q | 0-9', 'c get qp | 1-10', 'c del true | 11-12'],
  ],
};

const ILLEGAL: Readonly<Record<string, readonly string[]>> = {
  'a read of a value that nobody wrote': ['a put 1 | 0-1', 'b get 2 ! | 2-3'],
  'a stale read on a deposed leader': [...['a put 1 | 0-1', 'a put 2 | 2-3', 'b get 1 ! | 4-5']],
  'an acknowledged write that is lost': ['a put 1 | 0-1', 'b get nil ! | 2-3'],
  'a read that goes back after another read saw the new value': [
    ...['a put 1 | 0-99', 'b get 1 | 1-2', 'c get nil ! | 3-4'],
  ],
  'a value that is read before it is written': ['b get 1 ! | 0-1', 'a put 1 | 2-3'],
  'two clients that both win the same cas': [
    ...['a put 1 | 0-1', 'b cas 1 2 | 2-8', 'c cas 1 3 ! | 2-9'],
  ],
  'a cas that fails though its value is there': [...['a put 1 | 0-1', 'b cas 1 2 failed ! | 2-3']],
  'two reads that see overlapping writes in different orders': [
    ...['a put 1 | 0-9', 'b put 2 | 0-9', 'c get 1 | 1-2', 'd get 2 | 3-4', 'c get 1 ! | 5-6'],
  ],
  'a write of unknown outcome that shows, and then does not': [
    ...['a put 1 | 0-1', 'b put 2 | 2-', 'c get 2 | 5-6', 'c get 1 ! | 7-8'],
  ],
  'an increment that is lost': ['a incr 1 1 | 0-9', 'b incr 1 1 ! | 0-10'],
  'an increment that happens twice': ['a incr 1 1 | 0-1', 'b get 2 ! | 2-3'],
  'an append out of order': ['a append p | 0-1', 'b append q | 2-3', 'c get qp ! | 4-5'],
  'a delete that found nothing after a write': ['a put 1 | 0-1', 'b del false ! | 2-3'],
};

describe('checkLinearizability on histories with one change', () => {
  it('rejects at least 95 of 100 where a read is answered by another value', () => {
    const prng = new Prng(5);
    let rejected = 0;
    for (let run = 0; run < 200; run += 1) {
      const shape = { operations: 200, clients: 4, kinds: SHAPES[0] ?? [], unknownShare: 0.02 };
      const good = linearizableHistory(prng, { ...shape, valuesMax: null });
      const reads = good.filter((it) => it.action.kind === 'get' && !isUnknown(it));
      const [changed, donor] = [prng.pick(reads), prng.pick(reads)];
      const isSame = JSON.stringify(changed.action) === JSON.stringify(donor.action);
      const bad = good.map((it) => (it === changed ? { ...it, action: donor.action } : it));
      const { verdict } = checkLinearizability(bad, KV);
      expect(verdict === 'ok' || !isSame).toBe(true);
      if (isSame || verdict === 'illegal') rejected += 1;
    }
    expect(rejected).toBeGreaterThanOrEqual(190);
  });
});

describe('checkLinearizability on known histories', () => {
  for (const [name, lines] of Object.entries(LEGAL)) {
    it(`accepts ${name}`, () => {
      const { verdict, finding } = checkLinearizability(history(...lines), KV);
      expect(verdict).toBe('ok');
      expect(explains(finding?.order ?? [], null)).toBe(true);
    });
  }

  for (const [name, lines] of Object.entries(ILLEGAL)) {
    it(`rejects ${name}`, () => {
      const operations = history(...lines.map((line) => line.replace(' !', '')));
      const { verdict, finding } = checkLinearizability(operations, KV);
      expect(verdict).toBe('illegal');
      expect(finding?.blocked).toEqual(operations[lines.findIndex((line) => line.includes('!'))]);
    });
  }

  it('says what the key can have held where the history goes wrong', () => {
    const lines = ['a put 1 | 0-9', 'b put 2 | 0-9', 'c put 3 | 0-1', 'd get 4 | 10-11'];
    const { finding } = checkLinearizability(history(...lines), KV);
    expect(finding?.order).toHaveLength(3);
    // 3 may have been replaced by both, and may have come last.
    expect([...(finding?.states ?? [])].sort()).toEqual(['1', '2', '3']);
  });

  it('finds the one wrong key among many, and names it', () => {
    const prng = new Prng(3);
    const keys = Array.from({ length: 50 }, (_, at) => `key${at}`);
    const all = keys.flatMap((key) => {
      const shape = { operations: 40, clients: 4, kinds: SHAPES[0] ?? [], valuesMax: null };
      const good = linearizableHistory(prng, { ...shape, unknownShare: 0 });
      return good.map((operation) => ({ ...operation, key }));
    });
    expect(checkLinearizability(all, KV).verdict).toBe('ok');
    const stale = history('z get nobody | 100000-100001').map((it) => ({ ...it, key: 'key7' }));
    const { verdict, finding, keyCount } = checkLinearizability([...all, ...stale], KV);
    expect({ verdict, key: finding?.key, keyCount }).toEqual({
      ...{ verdict: 'illegal', key: 'key7', keyCount: 50 },
    });
    expect(finding?.blocked).toEqual(stale[0]);
  });

  it('starts from what the model says is there', () => {
    const read = history('a get 7 | 0-1');
    expect(checkLinearizability(read, modelNamed('register', '7')).verdict).toBe('ok');
    expect(checkLinearizability(read, modelNamed('register')).verdict).toBe('illegal');
  });
});

/** Twenty puts and a sum at the same time: no order is right, and there are very many. */
function hopeless(): Operation[] {
  const incr = (at: number): string => `c${at} incr ${2 ** at} | 0-`;
  const lines = Array.from({ length: 26 }, (_, at) => incr(at));
  return history(...lines, 'r get 0.5 | 100-101');
}

describe('checkLinearizability with a budget', () => {
  it('is unknown after so many steps, and still says how far it came', () => {
    const { verdict, stepCount, undecided, finding } = checkLinearizability(hopeless(), KV, {
      stepsMax: 30_000,
    });
    expect({ verdict, undecided }).toEqual({ verdict: 'unknown', undecided: ['x'] });
    expect(stepCount).toBeGreaterThanOrEqual(30_000);
    expect(stepCount).toBeLessThan(31_000);
    expect(finding).toMatchObject({ isIllegal: false, key: 'x' });
  });

  it('is unknown when memory runs out', () => {
    const begunAt = performance.now();
    const { verdict } = checkLinearizability(hopeless(), KV, { bytesMax: 2 ** 20 });
    expect(verdict).toBe('unknown');
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  });

  it('is unknown when time is over', () => {
    let asked = 0;
    const isOver = (): boolean => ++asked > 3;
    expect(checkLinearizability(hopeless(), KV, { isOver }).verdict).toBe('unknown');
  });

  it('is illegal however hopeless another key is', () => {
    const wrong = history('a get 1 | 0-1').map((it) => ({ ...it, key: 'y' }));
    const { verdict, finding } = checkLinearizability([...hopeless(), ...wrong], KV);
    expect({ verdict, key: finding?.key }).toEqual({ verdict: 'illegal', key: 'y' });
  });

  it('decides long histories of one key within few steps', () => {
    const prng = new Prng(4);
    const shape = { operations: 10_000, clients: 10, valuesMax: null, unknownShare: 0.05 };
    const good = linearizableHistory(prng, { ...shape, kinds: ['get', 'put'] });
    const { verdict, stepCount } = checkLinearizability(good, KV, { stepsMax: 100_000 });
    expect({ verdict, isQuick: stepCount < 50_000 }).toEqual({ verdict: 'ok', isQuick: true });
  });
});
