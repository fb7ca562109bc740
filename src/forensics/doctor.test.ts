/** The doctor as a whole: order, exit codes, and that its page and its commands are true. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { doctorFacts } from '../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../test/doubles/flight.ts';
import { PLAIN } from '../std/paint.ts';
import { diagnosisLines } from './doctor/diagnosis-text.ts';
import { diagnose, exitOf, RULES } from './doctor.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const down = { state: 'down', pid: null } as const;

test('diagnose finds nothing in a cluster that is well', () => {
  const diagnosis = diagnose(doctorFacts());
  expect(diagnosis).toMatchObject({ cluster: 'demo', rules: RULES.length, findings: [] });
  expect(exitOf(diagnosis)).toBe(0);
  expect(diagnosisLines(diagnosis, PLAIN)).toEqual([
    `demo  nothing found (${RULES.length} rules, figures since the nodes started)`,
  ]);
});

test('diagnose puts the gravest first, and all that a node shows into one finding', () => {
  const stall = { delayMs: 900, cpuMs: 0, gcMs: 0 };
  const diagnosis = diagnose(
    doctorFacts({
      status: { leases: true, tolerance: 0, serving: false },
      rows: { n2: down, n3: down },
      events: Array.from({ length: 9 }, (_, i) =>
        eventAt({ s: 80 + i, node: 'n1', term: 2 }, 'process.stalled', stall),
      ),
    }),
  );
  const names = diagnosis.findings.map(({ code, node }) => `${code} ${node ?? '-'}`);
  expect(names).toEqual([
    'RFT002 n1',
    'RFT003 n2',
    'RFT003 n3',
    'RFT006 -',
    'RFT062 n1',
    'RFT064 n1',
  ]);
  expect(diagnosis.findings.at(-1)?.evidence).toHaveLength(5);
  const lines = diagnosisLines(diagnosis, PLAIN).join('\n');
  expect(lines).toContain('critical  RFT002 n1: The leader cannot commit\n          n1 leads; ');
  expect(lines).toContain('          $ raftctl node start n2 n3 --cluster demo');
});

test.each([
  [0, { rows: { n3: { voter: false } } }],
  [5, { rows: { n3: down } }],
  [3, { status: { leader: null }, rows: { n3: down } }],
  [
    9,
    {
      status: { leader: null },
      events: [
        eventAt({ s: 1, node: 'n1', term: 2 }, 'leader.elected', { votes: [], durationMs: 1 }),
        eventAt({ s: 2, node: 'n2', term: 2 }, 'leader.elected', { votes: [], durationMs: 1 }),
      ],
    },
  ],
])('exitOf gives %i for the gravest of all findings', (exit, ill) => {
  const diagnosis = diagnose(doctorFacts(ill));
  expect(diagnosis.findings.length).toBeGreaterThan(0);
  expect(exitOf(diagnosis)).toBe(exit);
});

test('docs/doctor.md explains every code with its severity and its title, and no other', () => {
  const page = read('docs/doctor.md');
  const explained = [...page.matchAll(/^### (RFT\d{3}) (.+)\n(\w+): /gm)];
  expect(explained.map(([, code, title, severity]) => `${code} ${title}: ${severity}`)).toEqual(
    RULES.map(({ code, title, severity }) => `${code} ${title}: ${severity}`),
  );
});

test('codes of the doctor rise, and each has a test that it fires and one that it does not', () => {
  const codes = RULES.map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort());
  const folder = new URL('src/forensics/doctor/', ROOT);
  const tables = readdirSync(folder)
    .filter((name) => name.endsWith('-rules.test.ts'))
    .map((name) => read(`src/forensics/doctor/${name}`).split("('%s fires'"));
  for (const code of codes) {
    expect(tables.filter(([fires]) => fires?.includes(`'${code}'`))).toHaveLength(1);
    expect(tables.filter(([, quiet]) => quiet?.includes(`'${code}'`))).toHaveLength(1);
  }
});

test('the doctor names only commands that there are', () => {
  const sources = ['service', 'replication', 'election', 'storage', 'process']
    .map((name) => read(`src/forensics/doctor/${name}-rules.ts`))
    .join('\n');
  const words = [
    ...sources.matchAll(
      /[`'](?:raftctl )?(cluster|node|member|profile|snapshot|elections) ([a-z]+)/g,
    ),
  ];
  expect(words.length).toBeGreaterThan(20);
  for (const [, topic, verb] of words) {
    const path = `src/commands/${topic}/${verb}.ts`;
    expect(existsSync(new URL(path, ROOT)), path).toBe(true);
  }
});
