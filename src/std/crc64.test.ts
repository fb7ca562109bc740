import { expect, test } from 'vitest';
import { bytesFrom } from './bytes.ts';
import { crc64 } from './crc64.ts';

test('crc64() has the published check value', () => {
  expect(crc64(bytesFrom('123456789'))).toBe(0xe9c6d914c4b8d9can);
  expect(crc64(bytesFrom(''))).toBe(0n);
});
