/** The file of numbers beside an experiment's profile. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { REFERENCE, type Reference } from './experiment-schema.ts';

/** @param profile path of the profile that names it. @throws {RaftctlError} CONFIG_INVALID */
export async function loadReference(profile: string, name: string): Promise<Reference> {
  const path = resolve(dirname(profile), name);
  const invalid = (why: string, cause?: unknown): RaftctlError =>
    new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${path}: ${why}`,
      hint: `${profile} names it: experiment.reference`,
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalid(cause instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read', cause);
  }
  const result = REFERENCE.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`key ${issue?.path.join('.') || '(the whole file)'}: ${issue?.message}`);
}
