/**
 * Which tests need programs of the system: a test does when it, or a double that it imports, names
 * one between quotes. `npm test` leaves those out that a machine cannot run, and says so; in CI
 * (`CI` is set) nothing is left out.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { filesBelow } from '../tree.js';

/** Each program, and the Debian package that holds it. */
export const PACKAGES = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  'redis-benchmark': 'redis-tools',
  curl: 'curl',
  etcdctl: 'etcd-server etcd-client',
  openssl: 'openssl',
  kubectl: 'kubernetes-client',
  sshd: 'openssh-server openssh-client',
};

const PROGRAMS = Object.keys(PACKAGES);
/** Who names the one needs the other as well, whose name also stands for other things in tests. */
const COMPANIONS = { etcdctl: 'etcd', sshd: 'ssh' };
const IMPORT = /from '(\.{1,2}\/[^']+\.ts)'/g;

/** @returns the programs that a file names itself or through what it imports of `test/doubles`. */
function programsOf(root, file, seen) {
  if (seen.has(file) || !existsSync(join(root, file))) return [];
  seen.add(file);
  const text = readFileSync(join(root, file), 'utf8');
  const named = PROGRAMS.filter((program) => text.includes(`'${program}'`));
  const imported = [...text.matchAll(IMPORT)]
    .map(([, path]) =>
      relative(root, join(root, dirname(file), path))
        .split(sep)
        .join('/'),
    )
    .filter((path) => path.startsWith('test/doubles/'));
  return [...named, ...imported.flatMap((path) => programsOf(root, path, seen))];
}

/** @returns for each test that needs any: its path, and the programs. */
export function needsOfTests(root) {
  return ['src', 'test']
    .flatMap((folder) => filesBelow(root, folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => ({ file, programs: [...new Set(programsOf(root, file, new Set()))] }))
    .filter(({ programs }) => programs.length > 0);
}

function isInstalled(program, path) {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * @returns the tests that this machine cannot run, the programs they lack, and what to say of it;
 * null when it can run all of them.
 */
export function whatCannotRun(root, path) {
  const missing = PROGRAMS.filter((program) => {
    const companion = COMPANIONS[program] ?? program;
    return !isInstalled(program, path) || !isInstalled(companion, path);
  });
  const lacking = needsOfTests(root).filter(({ programs }) =>
    programs.some((program) => missing.includes(program)),
  );
  if (lacking.length === 0) return null;
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))].join(' ');
  const notice = [
    `NOT RUN: ${lacking.length} test files, which need ${missing.join(', ')}.`,
    `To run them too: apt-get install ${packages} (Debian, Ubuntu), then npm test again.`,
  ].join('\n');
  return { files: lacking.map(({ file }) => file), missing, notice };
}
