import { describe, expect, it } from 'vitest';
import { typed } from './invocation.ts';

describe('typed()', () => {
  it('leaves a line as it is when the program was started by its name', () => {
    expect(typed('raftctl demo', {})).toBe('raftctl demo');
  });

  it('puts npx before every command of ours when npm started us', () => {
    const env = { npm_execpath: '/usr/lib/npm-cli.js' };
    expect(typed('raftctl node kill n1 && raftctl cluster status', env)).toBe(
      'npx raftctl node kill n1 && npx raftctl cluster status',
    );
  });

  it("leaves other programs' lines alone", () => {
    expect(typed('redis-cli -p 1 get raftctl', { npm_execpath: 'x' })).toBe(
      'redis-cli -p 1 get raftctl',
    );
  });
});
