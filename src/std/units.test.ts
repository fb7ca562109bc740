import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDurationMs,
  parseBytes,
  parseDurationMs,
  plural,
} from './units.ts';

test('parseDurationMs() reads units, and seconds where there is none', () => {
  expect(['250ms', '1.5s', '2m', '1h', '3'].map(parseDurationMs)).toEqual([
    250, 1500, 120_000, 3_600_000, 3000,
  ]);
  expect(['', 's', '-1s', '1 week', '1e3'].map(parseDurationMs)).toEqual(
    Array.from({ length: 5 }, () => null),
  );
});

test('parseBytes() reads IEC sizes, and bytes where there is no unit', () => {
  expect(['512', '64B', '4KiB', '1.5 MiB', '2GiB'].map(parseBytes)).toEqual([
    512, 64, 4096, 1_572_864, 2_147_483_648,
  ]);
  expect(['', 'KiB', '-1', '1 KB', '0.3'].map(parseBytes)).toEqual(
    Array.from({ length: 5 }, () => null),
  );
});

test('formatDurationMs() chooses the unit by size', () => {
  expect([0.42, 12.4, 3210, 250_000, 7_500_000, 270_000_000].map(formatDurationMs)).toEqual([
    '0.4 ms',
    '12 ms',
    '3.2 s',
    '4m 10s',
    '2h 5m',
    '3d 3h',
  ]);
});

test('formatBytes() and formatCount() stay short', () => {
  expect([0, 1023, 1536, 64 * 1024 * 1024].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '64 MiB',
  ]);
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([plural(1, 'node'), plural(2, 'node')]).toEqual(['1 node', '2 nodes']);
});
