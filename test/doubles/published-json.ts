/** Holds what commands print with `--json` against the published schemas. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { PUBLISHED } from '../../src/schemas/catalogue.ts';
import { documentOf, fullName, type Json } from '../../src/schemas/document.ts';

const ajv = new Ajv2020({ allErrors: true, formats: { 'date-time': isMoment } });
const validators = new Map<string, ValidateFunction>();
const nameless = [...PUBLISHED.values()].map(({ name }) => fullName(name));

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** What is wrong with one printed object; empty: it is as published, with no field more. */
export function jsonFindings(value: Json): string[] {
  // An error fits the document of any command.
  const name = 'error' in value ? nameless[0] : value['schema'];
  if (typeof name !== 'string' || !nameless.includes(name)) {
    return [`schema ${JSON.stringify(name)} is not in src/schemas/catalogue.ts`];
  }
  const validate = validators.get(name) ?? compile(name);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function compile(name: string): ValidateFunction {
  for (const [command, entry] of PUBLISHED) {
    if (fullName(entry.name) !== name) continue;
    const validate = ajv.compile(closed(documentOf(command, entry)) as Json);
    validators.set(name, validate);
    return validate;
  }
  throw new Error(`no schema ${name}`);
}

/** The same with no room for fields that nobody published. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries(isOpen ? [...inner, ['additionalProperties', false]] : inner);
}
