/**
 * A TOML file that was read and can say where each of its keys stands. Whatever is wrong with it
 * becomes one error that names file, line and key.
 */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import { KeyLines, type KeyPath } from './key-lines.ts';

export interface TomlFile {
  readonly path: string;
  readonly value: unknown;
  readonly lineOf: (path: KeyPath) => number;
}

/** A file over this is no configuration. Bytes. */
const FILE_BYTES_MAX = 1024 * 1024;

/** @returns null when there is no such file. @throws {RaftctlError} CONFIG_INVALID */
export async function readTomlFile(path: string): Promise<TomlFile | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new RaftctlError('CONFIG_INVALID', { message: `Cannot read ${path}: ${code}`, cause });
  }
  if (text.length > FILE_BYTES_MAX) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${path} as a configuration: it is larger than ${FILE_BYTES_MAX} bytes`,
    });
  }
  return parseToml(text, path);
}

/** @param path for messages. @throws {RaftctlError} CONFIG_INVALID with the line. */
export async function parseToml(text: string, path: string): Promise<TomlFile> {
  const { default: toml } = await import('@iarna/toml');
  const plain = text.replaceAll('\r\n', '\n');
  let value: unknown;
  try {
    value = toml.parse(plain);
  } catch (cause) {
    throw syntaxError(path, plain, cause);
  }
  let lines: KeyLines | null = null;
  const lineOf = (keys: KeyPath): number => {
    lines ??= new KeyLines(plain);
    return lines.lineOf(keys);
  };
  return { path, value, lineOf };
}

/**
 * The file's content as the schema wants it.
 *
 * @throws {RaftctlError} CONFIG_INVALID naming file, line and key of everything that does not fit.
 */
export function checkToml<S extends z.ZodType>(file: TomlFile, schema: S): z.output<S> {
  const result = schema.safeParse(file.value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => problemsOf(file, issue, schema));
  const hint = problems.find((problem) => problem.hint !== null)?.hint ?? null;
  throw new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use ${file.path}: ${problems.map((problem) => problem.text).join('; ')}`,
    ...(hint === null ? {} : { hint }),
  });
}

interface Problem {
  readonly text: string;
  readonly hint: string | null;
}

function problemsOf(file: TomlFile, issue: z.core.$ZodIssue, schema: z.ZodType): Problem[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const at = (keys: KeyPath): string => `line ${file.lineOf(keys)}, key ${keyText(keys)}`;
  if (issue.code !== 'unrecognized_keys') {
    return [{ text: `${at(path)}: ${lowerFirst(issue.message)}`, hint: null }];
  }
  const known = knownKeys(schema, path);
  return issue.keys.map((key) => {
    const nearest = nearestWord(key, known);
    const hint =
      nearest !== null ? `Did you mean: ${nearest}?` : `Known keys: ${known.join(', ') || 'none'}`;
    return { text: `${at([...path, key])}: there is no such key`, hint };
  });
}

/** The keys that a schema has at a path; dynamic parts of the path take their one schema. */
function knownKeys(schema: z.ZodType, path: KeyPath): string[] {
  let current: unknown = schema;
  for (const key of path) current = stepInto(bare(current), key);
  return Object.keys((bare(current) as { shape?: object } | null)?.shape ?? {});
}

function stepInto(schema: unknown, key: string | number): unknown {
  const parts = schema as { shape?: Record<string, unknown>; valueType?: unknown } | null;
  return parts?.shape?.[key] ?? parts?.valueType ?? null;
}

/** Without what says that it may be left out. */
function bare(schema: unknown): unknown {
  let current = schema;
  for (;;) {
    const inner = (current as { def?: { innerType?: unknown } } | null)?.def?.innerType;
    if (inner === undefined) return current;
    current = inner;
  }
}

function keyText(path: KeyPath): string {
  return path.length === 0 ? '(the whole file)' : path.join('.');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function syntaxError(path: string, text: string, cause: unknown): RaftctlError {
  const at = cause as { line?: unknown; message?: unknown };
  const line = typeof at.line === 'number' ? at.line + 1 : 1;
  const reason = String(at.message ?? cause)
    .split('\n')[0]
    ?.replace(/ at row \d+, col \d+, pos \d+:?$/, '');
  const content = (text.split('\n')[line - 1] ?? '').trim();
  const key = /^[^=]*?(?=\s*=)/.exec(content)?.[0] ?? '';
  const where = key === '' ? `line ${line}` : `line ${line}, key ${key}`;
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use ${path}: ${where}: ${lowerFirst(reason ?? 'it is not TOML')}`,
    hint: `The line reads: ${content}`,
    cause,
  });
}
