import { describe, expect, test } from 'vitest';
import { checkFits, inputFor } from './app-workload.ts';
import { resolveWorkload } from './workload.ts';

const check = (input: Record<string, string>) => () =>
  checkFits('diskstorage', resolveWorkload(inputFor('diskstorage', input)));

describe('checkFits', () => {
  test('takes numbers for keys of diskstorage, and anything for the kvstore', () => {
    expect(check({})).not.toThrow();
    expect(resolveWorkload(inputFor('diskstorage', {})).keyPrefix).toBe('');
    expect(resolveWorkload(inputFor('kvstore', {})).keyPrefix).toBe('key:');
    expect(() => checkFits('kvstore', resolveWorkload({ 'key-maximum': '2000000' }))).not.toThrow();
  });

  test.each([
    [{ 'key-prefix': 'k' }, '--key-prefix is "k", and its keys are numbers'],
    [{ 'key-maximum': '1048577' }, '--key-maximum is 1048577, and it has 1048576 keys'],
    [{ 'data-size': '2KiB' }, '--data-size is 2048, and its values have up to 1024 bytes'],
  ])('refuses %j of diskstorage', (input, says) => {
    expect(check(input as unknown as Record<string, string>)).toThrow(says);
  });
});
