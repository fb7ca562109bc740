/**
 * What the scripts know about the project's own tree: where it is, which files go into a build,
 * and a stamp over their contents. Node's own modules only: these scripts run before `npm ci`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Files below a folder, sorted, as paths with forward slashes relative to `root`. */
export function filesBelow(root, folder) {
  const found = [];
  const walk = (path) => {
    let entries = [];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) walk(child);
      else found.push(relative(root, child).split(sep).join('/'));
    }
  };
  walk(join(root, folder));
  return found.sort();
}

/** A digest over everything a build depends on. Contents, not times: a checkout changes times. */
export function sourceStamp(root) {
  const sources = filesBelow(root, 'src').filter((file) => !file.endsWith('.test.ts'));
  const digest = createHash('sha256');
  for (const file of [
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.js',
    ...sources,
  ]) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return digest.digest('hex');
}

/** Where a build leaves its stamp: inside `dist`, so that removing the one removes the other. */
export const STAMP_FILE = 'dist/.stamp';
