import { describe, expect, it } from 'vitest';
import { linearizableHistory } from '../../test/doubles/checker-twin.ts';
import { Prng } from '../std/prng.ts';
import { checkLinearizability } from './checker.ts';
import type { Operation } from './history.ts';
import { modelNamed } from './models.ts';
import { drawPage } from './page.ts';

function draw(history: readonly Operation[]): string {
  const judgement = checkLinearizability(history, modelNamed('kv'));
  return drawPage({ judgement, title: 'h <1>', model: 'kv', timeUnit: 'us' });
}

function read(result: string, at: number): Operation {
  const action = { kind: 'get', result } as const;
  return { client: 'z', key: 'x', action, calledAt: at, returnedAt: at + 1 };
}

const SHAPE = { clients: 5, kinds: ['get', 'put'] as const, valuesMax: null, unknownShare: 0.01 };

describe('drawPage', () => {
  it('draws every operation as a bar and marks the one at fault', () => {
    const good = linearizableHistory(new Prng(1), { ...SHAPE, operations: 30 });
    const page = draw([...good, read('nobody', 1000)]);
    expect(page).toContain('NOT linearizable');
    expect(page.match(/<g class="bar/g)).toHaveLength(31);
    expect(page.match(/<g class="bar blocked[^>]*id="fault"/g)).toHaveLength(1);
    const certain = good.filter(({ returnedAt }) => Number.isFinite(returnedAt)).length;
    expect(page.match(/<circle/g)?.length).toBeGreaterThanOrEqual(certain);
  });

  it('needs nothing from the network', () => {
    const page = draw([read('nobody', 1000)]);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(src|href)=|url\(|@import|https?:/);
  });

  it('takes values for text, whatever is in them', () => {
    const page = draw([read('<script>alert(1)</script>\u0007&"', 0)]);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('\u0007');
    expect(page).toContain('h &lt;1&gt;');
  });

  it('draws what is near the fault of a long history, and says what it leaves out', () => {
    const good = linearizableHistory(new Prng(2), { ...SHAPE, operations: 10_000 });
    const times = good.map(({ calledAt }) => calledAt).sort((a, b) => a - b);
    const page = draw([...good, read('nobody', times[5000] ?? 0)]);
    expect(page.length).toBeLessThan(300_000);
    const [, before, after] =
      /Not drawn: (\d+) operations before these, (\d+) after/.exec(page) ?? [];
    const drawn = page.match(/<g class="bar/g)?.length ?? 0;
    expect(drawn).toBeGreaterThan(200);
    expect(drawn + Number(before) + Number(after)).toBe(10_001);
  });

  it('draws an order of a history that is right, and says when there is none', () => {
    const good = linearizableHistory(new Prng(3), { ...SHAPE, operations: 20, unknownShare: 0 });
    expect(draw(good)).toContain('explains 20 of the 20 operations on key x');
    expect(draw([])).toContain('The history is empty');
  });

  it('marks nothing as wrong while that is not decided', () => {
    const history = [...linearizableHistory(new Prng(4), { ...SHAPE, operations: 50 })];
    const judgement = checkLinearizability(history, modelNamed('kv'), { stepsMax: 1 });
    const page = drawPage({ judgement, title: 'h', model: 'kv', timeUnit: 'us' });
    expect(page).toContain('It was not decided whether there is one for all');
    expect(page).not.toContain('bar blocked');
    expect(page).not.toContain('no order explains');
  });
});
