/**
 * Files of acceptance tests run side by side, so none may use a port of another. A base stands for
 * ten clients' ports, ten of Raft a thousand above and ten of administration two thousand above.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = new URL('acceptance/', import.meta.url);
const BASE = /port-?_?base['"]?[^\w\n]{1,6}(\d{2}_?\d{3})\b/gi;
const ADDRESS = /(?:127\.0\.0\.1|localhost)?:(\d{5})\b/g;
const WIDTH_DEFAULT = 10;
/** From here on the system hands ports to whoever connects: a connection may hold any of them. */
const EPHEMERAL_PORT_FIRST = 32_768;
const WIDTHS: Readonly<Record<string, number>> = { 'experiment.test.ts': 100 };

function portsOf(file: string): ReadonlySet<number> {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const ports = new Set<number>();
  for (const [, base = ''] of text.matchAll(BASE)) {
    for (let i = 0; i < (WIDTHS[file] ?? WIDTH_DEFAULT); i += 1) {
      for (const above of [0, 1000, 2000]) ports.add(Number(base.replace('_', '')) + above + i);
    }
  }
  for (const [, port] of text.matchAll(ADDRESS)) ports.add(Number(port));
  return ports;
}

test('no two files of acceptance tests use the same port', () => {
  const users = new Map<number, string>();
  const clashes = new Set<string>();
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'));
  for (const file of files) {
    for (const port of portsOf(file)) {
      const other = users.get(port);
      if (other !== undefined) clashes.add(`${other} and ${file}: ${Math.floor(port / 10)}x`);
      users.set(port, file);
    }
  }
  expect(users.size).toBeGreaterThan(1000);
  expect([...clashes].sort()).toEqual([]);
  expect([...users.keys()].filter((port) => port >= EPHEMERAL_PORT_FIRST)).toEqual([]);
});
