/** JSON Schemas (draft 2020-12) of whole outputs: an answer in its envelope, or an error in its. */
import { z } from 'zod';
import { PUBLISHED, type Published } from './catalogue.ts';
import { errorReport, texts } from './shapes.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

export type Json = { [key: string]: unknown };

/** Everything the command prints with `--json`, line by line where it prints several, fits it. */
export function documentOf(command: string, { name, data }: Published): Json {
  const answer = z.object({ schema: z.literal(fullName(name)), data, warnings: texts });
  const error = z.object({ error: errorReport });
  return {
    $schema: DRAFT,
    $id: `urn:raftctl:schema:${name}:v1`,
    title: `raftctl ${command} --json`,
    oneOf: [{ $ref: '#/$defs/answer' }, { $ref: '#/$defs/error' }],
    $defs: { answer: jsonSchemaOf(answer), error: jsonSchemaOf(error) },
  };
}

/** All of them, by command. */
export function allDocuments(): ReadonlyMap<string, Json> {
  return new Map([...PUBLISHED].map(([command, entry]) => [command, documentOf(command, entry)]));
}

/** As the envelope's `schema` says it. */
export function fullName(name: string): string {
  return `raftctl/${name}/v1`;
}

function jsonSchemaOf(schema: z.ZodType): Json {
  // NB: `input` leaves objects open, so that an output with newer fields still fits.
  const { $schema, ...document } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Every JSON number is a double: the bound of safe integers says nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return document;
}
