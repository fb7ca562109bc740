/**
 * goraft's stress program. The numbers are those of the checks in docs/older-systems.md. Ports:
 * 24460 to 24499, for administration 5000 higher.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OldPrograms } from '../doubles/old-programs.ts';

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
});
afterAll(() => programs.dispose());

const stress = (name: string, port: number, ...flags: string[]) =>
  programs.run(name, 'stress', '-port', String(port), ...flags);

describe('stress', () => {
  test('60: goes through all its steps, with as many entries as it is told', async () => {
    const { code, stdout } = await stress('all', 24460, '-entries', '50000');
    expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'ok']);
    const shown = stdout
      .replace(/\d+\.\d+(s|ms|us)/g, 'TIME')
      .replace(/: \d+ entries/g, ': N entries');
    expect(shown).toContain('Clients: 1. Entries: 50000. Batch: 8000.\n');
    expect(shown).toContain(
      'Client: 0. 8000 entries (16000 of 50000: 32%) inserted. Latency: TIME. Throughput: N entries/s.\n',
    );
    expect(shown).toContain(
      'Total time: TIME. Average insert/second: TIME. Throughput: N entries/s.\n',
    );
    expect(shown.match(/^Server [123]\. All commits applied\.$/gm)).toHaveLength(9);
    expect(shown.match(/^Validating all entries\.$/gm)).toHaveLength(3);
    expect(shown).toMatch(/^Validating get\.\n(\w+) = (\w+), expected: \2$/m);
    for (const step of ['shutdown and restart still holds', 'deleted log file on one server']) {
      expect(shown).toContain(`Testing ${step}`);
    }
  });

  test('60: by itself, and with two of three servers and more clients', async () => {
    expect((await stress('one', 24460)).stdout).toMatch(/^ok\n$/m);
    const two = await stress('two', 24460, '-entries', '1000', '-clients', '4', '-down', '1');
    expect([two.code, two.stdout]).toEqual([0, expect.stringMatching(/^ok\n$/m)]);
    expect(two.stdout).not.toContain('Server 3');
  });

  test.each([
    ['drop:17', /^Server 3, entry 17, log index \d+: expected set \w+ \w+, found set \w+ \w+$/m],
    ['reorder:2', /^Server 3, entry 2, log index \d+: /m],
    ['corrupt:40', /^Server 3, entry 40, log index \d+: .*\?$/m],
  ])('61: finds a fault: %s', async (fault, message) => {
    const found = await stress('fault', 24460, '-entries', '40', '-fault', fault);
    expect([found.code, found.stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(found.stdout).not.toMatch(/^ok$/m);
  });
});
