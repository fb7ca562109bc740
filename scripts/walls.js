/**
 * Checks who imports whom. `node scripts/walls.js [--root DIR]` checks a tree, `--table` prints the
 * floors as Markdown, `--write` puts them into `docs/ARCHITECTURE.md`.
 *
 * NB: a cruise that could not parse TypeScript reads nothing and finds nothing wrong. So the files
 * read are counted against the files there are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';
import { FLOORS, floorOf, floorsTable } from './floors.js';
import { filesBelow, ROOT } from './tree.js';

/** Arrows of the table itself that do not go down. */
function climbingFloors() {
  const levels = new Map(FLOORS.map((floor) => [floor.name, floor.level]));
  return FLOORS.flatMap((floor) =>
    floor.may
      .filter((name) => !(levels.get(name) < floor.level))
      .map((name) => `scripts/floors.js: ${floor.name} may not import ${name}: the arrow climbs`),
  );
}

function describe(violation, comments) {
  const path = violation.cycle?.map((step) => step.name) ?? [violation.to];
  const arrows = [violation.from, ...path].join(' -> ');
  return `${arrows}\n    ${violation.rule.name}: ${comments.get(violation.rule.name)}`;
}

/** Every breach in the tree at `root`, as a text that says what to do. */
async function findBreaches(root) {
  const { forbidden, options } = config;
  const { output } = await cruise(
    ['src', 'bin'],
    { ...options, ruleSet: { forbidden }, validate: true, baseDir: root },
    { extensions: ['.ts', '.js'] },
  );
  const files = filesBelow(root, 'src').filter((file) => /(?<![.]test)[.]ts$/.test(file));
  const read = new Set(
    output.modules
      .filter((module) => !module.couldNotResolve && !module.coreModule)
      .map((module) => module.source),
  );
  const comments = new Map(forbidden.map((rule) => [rule.name, rule.comment]));
  const breaches = [
    ...climbingFloors(),
    ...files
      .filter((file) => floorOf(file) === null)
      .map((file) => `${file}: lies on no floor: add its folder to scripts/floors.js`),
    ...files.filter((file) => !read.has(file)).map((file) => `${file}: was not read by the cruise`),
    ...output.summary.violations.map((violation) => describe(violation, comments)),
  ];
  const imports = output.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
  if (files.length > 1 && imports === 0) breaches.push('the cruise found files but no imports');
  return { breaches, fileCount: files.length, imports };
}

function writeTable() {
  const page = join(ROOT, 'docs/ARCHITECTURE.md');
  const text = readFileSync(page, 'utf8');
  const table = floorsTable(filesBelow(ROOT, 'src'));
  writeFileSync(
    page,
    text.replace(/^[|] level [|](?:.*\n[|])*.*$/m, () => table),
  );
}

const flags = process.argv.slice(2);
const rootAt = flags.indexOf('--root');
const root = rootAt === -1 ? ROOT : flags[rootAt + 1];
if (flags.includes('--write')) {
  writeTable();
} else if (flags.includes('--table')) {
  process.stdout.write(`${floorsTable(filesBelow(root, 'src'))}\n`);
} else {
  const { breaches, fileCount, imports } = await findBreaches(root);
  for (const breach of breaches) process.stderr.write(`${breach}\n`);
  process.stdout.write(
    `${fileCount} files, ${imports} imports, ${breaches.length} breaches in ${join(root, 'src')}\n`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
