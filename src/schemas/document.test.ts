import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { jsonFindings } from '../../test/doubles/published-json.ts';
import { PUBLISHED } from './catalogue.ts';
import { allDocuments, type Json } from './document.ts';

const COMMANDS = fileURLToPath(new URL('../commands', import.meta.url));
const FIELDS_FILE = '../../test/fixtures/json-fields.txt';
/** What these print is for people only. */
const WITHOUT_JSON = ['help'];

describe('PUBLISHED', () => {
  test('PUBLISHED has a schema for every command, and for nothing else', () => {
    const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' });
    const commands = files
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => name.replaceAll('\\', '/').replace('.ts', '').replaceAll('/', ' '))
      .filter((command) => !WITHOUT_JSON.includes(command));
    expect([...PUBLISHED.keys()].sort()).toEqual(commands.sort());
  });

  test('PUBLISHED gives each schema a name of its own', () => {
    const names = [...PUBLISHED.values()].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('documentOf()', () => {
  test.each([...allDocuments()])('documentOf() is a JSON Schema 2020-12: %s', (_, document) => {
    const ajv = new Ajv2020({ formats: { 'date-time': true } });
    expect(ajv.validateSchema(document), ajv.errorsText()).toBe(true);
    ajv.compile(document);
  });

  test('documentOf() keeps every field that was ever published: additions are fine, in v1', async () => {
    const lines = [...allDocuments()].flatMap(([command, document]) => {
      const { $defs } = document as { $defs: { answer: Json } };
      return fieldsOf($defs.answer).map((field) => `${command}: ${field}`);
    });
    await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot(FIELDS_FILE);
  });

  test('documentOf() leaves room for the fields of a newer raftctl', () => {
    const data = { raftctl: '1', node: '1', v8: '1', platform: 'x', newer: true };
    const answer = { schema: 'raftctl/version/v1', data, warnings: [], newer: 1 };
    const validate = new Ajv2020().compile(allDocuments().get('version') ?? {});
    expect(validate(answer)).toBe(true);
    expect(validate({ ...answer, data: { ...data, node: 20 } })).toBe(false);
    expect(validate({ ...answer, schema: 'raftctl/demo/v1' })).toBe(false);
    expect(validate({ error: { code: 'USAGE', message: '', hint: null, exit: 2 } })).toBe(true);
    // The tests themselves are stricter.
    expect(jsonFindings(answer).join()).toContain('additionalProperty":"newer"');
  });
});

/** `data.nodes[].id string`, for each field. */
function fieldsOf(schema: Json, path = ''): string[] {
  const {
    type,
    properties,
    items,
    anyOf,
    required = [],
  } = schema as {
    readonly type?: unknown;
    readonly properties?: Readonly<Record<string, Json>>;
    readonly items?: Json;
    readonly anyOf?: readonly Json[];
    readonly required?: readonly string[];
  };
  if (anyOf !== undefined) return anyOf.flatMap((one) => fieldsOf(one, path));
  if (items !== undefined) return fieldsOf(items, `${path}[]`);
  if (properties === undefined) return [`${path} ${[type ?? 'anything'].flat().join('|')}`];
  return Object.entries(properties).flatMap(([name, inner]) => {
    const optional = required.includes(name) ? '' : '?';
    return fieldsOf(inner, path === '' ? name : `${path}.${name}${optional}`);
  });
}
