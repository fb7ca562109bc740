/**
 * Rules over the text of single files: names, sizes, words that may not land, and what the pure
 * floors may not touch. Each finding says where, what and what to do instead. Who imports whom is
 * checked by `scripts/walls.js`.
 */
import { parseSync } from '@swc/core';

export interface SourceFile {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const FILE_LINES_MAX = 300;
/** For files of `LONG_FILES` and for tests. */
const LONG_FILE_LINES_MAX = 400;
const COMMENT_COLUMNS_MAX = 100;
/** The formatter breaks code at 100; only a text in quotes can be longer than that. */
const CODE_COLUMNS_MAX = 140;

/** Files that may be longer than the rule, each with the reason why it is still one thing. */
export const LONG_FILES: Readonly<Record<string, string>> = {};

const BANNED_NAMES = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'index'];

/** Floors that must run the same in the simulator, in a test and in the daemon. */
const PURE_FLOORS = /^src\/(std|wire|checker|node\/(model|raft|ports))\//;
const PROMISE_FLOORS = /^src\/node\/ports\//;

/** Globals through which time, chance or the machine would come in. */
const MACHINE_GLOBALS: Readonly<Record<string, string>> = {
  Date: 'time is a port (node/ports/clock.ts) or a parameter',
  performance: 'time is a port (node/ports/clock.ts) or a parameter',
  setTimeout: 'waiting is the Clock port: after(delayMs, task)',
  setInterval: 'waiting is the Clock port: after(delayMs, task)',
  setImmediate: 'the end of a turn is the Clock port: defer(task)',
  queueMicrotask: 'the end of a turn is the Clock port: defer(task)',
  process: 'take what you need of the process as a parameter',
  globalThis: 'take what you need as a parameter',
  Promise: 'answer by callback or by value: a pure floor waits for nothing',
};

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

export function nameFindings({ path }: SourceFile): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(\.test)?\.(ts|js)$/, '');
  const findings: string[] = [];
  if (BANNED_NAMES.includes(name)) {
    findings.push(`${path}: "${name}" says nothing: name the file after what it holds`);
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) findings.push(`${path}: name the file in kebab-case`);
  return findings;
}

export function sizeFindings({ path, text }: SourceFile): string[] {
  const findings: string[] = [];
  const lines = text.replace(/\n$/, '').split('\n');
  const long = isTest(path) || path in LONG_FILES;
  const linesMax = long ? LONG_FILE_LINES_MAX : FILE_LINES_MAX;
  if (lines.length > linesMax) {
    findings.push(
      `${path}: ${lines.length} lines, the limit is ${linesMax}: split off what has its own name`,
    );
  }
  lines.forEach((line, at) => {
    const columnsMax = /^\s*(\/\/|\/?\*)/.test(line) ? COMMENT_COLUMNS_MAX : CODE_COLUMNS_MAX;
    if (line.length > columnsMax && !line.includes('://')) {
      findings.push(`${path}:${at + 1}: ${line.length} columns, the limit is ${columnsMax}`);
    }
  });
  return findings;
}

/** Each pattern is split in two so that this file does not break its own rules. */
const BANNED_TEXT: readonly { readonly pattern: RegExp; readonly advice: string }[] = [
  {
    pattern: new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`),
    advice: 'finish it, or write it into docs/ROADMAP.md',
  },
  { pattern: new RegExp(`/wor${'k'}/`), advice: 'no path of one machine' },
  { pattern: new RegExp(`biome-ignore-al${'l'}|@ts-nochec${'k'}`), advice: 'mend the cause' },
];

const BANNED_CALLS = `(sk${'ip'}|skip${'If'}|run${'If'}|on${'ly'}|to${'do'}|fa${'ils'})`;
const BANNED_IN_TESTS = new RegExp(`\\b(it|test|describe|suite)\\s*\\.\\s*${BANNED_CALLS}\\b`);

export function textFindings({ path, text }: SourceFile): string[] {
  const findings: string[] = [];
  text.split('\n').forEach((line, at) => {
    for (const { pattern, advice } of BANNED_TEXT) {
      const found = pattern.exec(line);
      if (found) findings.push(`${path}:${at + 1}: "${found[0]}": ${advice}`);
    }
    const skipped = isTest(path) ? BANNED_IN_TESTS.exec(line) : null;
    if (skipped) findings.push(`${path}:${at + 1}: "${skipped[0]}": a test runs, always`);
  });
  return findings;
}

/** What a pure floor's code touches of the machine: not its comments, strings, field names. */
export function purityFindings({ path, text }: SourceFile): string[] {
  if (isTest(path) || !PURE_FLOORS.test(path)) return [];
  const tree: unknown = parseSync(text, { syntax: 'typescript', target: 'es2022' });
  const findings = new Set<string>();
  const promisesAllowed = PROMISE_FLOORS.test(path);
  visit(tree, (node) => {
    if (node['type'] === 'AwaitExpression' || node['async'] === true) {
      findings.add(`${path}: waits: answer by callback or by value`);
    }
    if (isMathRandom(node)) findings.add(`${path}: Math.random: take a Prng (std/prng.ts)`);
    const name = node['type'] === 'Identifier' ? node['value'] : null;
    if (typeof name !== 'string' || !Object.hasOwn(MACHINE_GLOBALS, name)) return;
    if (name === 'Promise' && promisesAllowed) return;
    findings.add(`${path}: ${name}: ${MACHINE_GLOBALS[name]}`);
  });
  return [...findings];
}

type Node = Readonly<Record<string, unknown>>;

/** Fields that hold the name of a member, not a use of a global of that name. */
const MEMBER_NAME_FIELDS: Readonly<Record<string, string>> = {
  MemberExpression: 'property',
  KeyValueProperty: 'key',
  MethodProperty: 'key',
  ClassMethod: 'key',
  ClassProperty: 'key',
  TsPropertySignature: 'key',
  TsMethodSignature: 'key',
};

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  see(node);
  const nameField = MEMBER_NAME_FIELDS[String(node['type'])];
  for (const [field, child] of Object.entries(node)) {
    if (field === nameField && (child as Node | null)?.['type'] === 'Identifier') continue;
    visit(child, see);
  }
}

function isMathRandom(node: Node): boolean {
  if (node['type'] !== 'MemberExpression') return false;
  const object = node['object'] as Node;
  const property = node['property'] as Node;
  return object['value'] === 'Math' && property['value'] === 'random';
}
