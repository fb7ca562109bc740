/** What commands that explain the program print with `--json`. */
import { z } from 'zod';
import type { CheatTopic } from '../cli/cheat-sheet.ts';
import { SHELLS } from '../cli/completion-scripts.ts';
import type { VersionInfo } from '../cli/version.ts';
import { exactly } from './shapes.ts';

const versions = exactly<VersionInfo>()(
  z.object({ raftctl: z.string(), node: z.string(), v8: z.string(), platform: z.string() }),
);

const cheatTopic = exactly<CheatTopic>()(
  z.object({
    name: z.string(),
    about: z.string(),
    recipes: z.array(z.object({ line: z.string(), does: z.string() })),
  }),
);

export const GUIDE: Readonly<Record<string, z.ZodType>> = {
  cheat: z.object({ topics: z.array(cheatTopic) }),
  completion: z.object({ shell: z.enum(SHELLS), script: z.string() }),
  schema: z.object({
    schemas: z.array(
      z.object({
        command: z.string(),
        name: z.string(),
        document: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe('JSON Schema; null: not asked for'),
      }),
    ),
  }),
  man: z.object({
    directory: z.string().nullable().describe('null: nothing was written'),
    pages: z.array(
      z.object({
        name: z.string(),
        text: z.string().nullable().describe('roff; only where no file was written'),
      }),
    ),
  }),
  version: versions,
};
