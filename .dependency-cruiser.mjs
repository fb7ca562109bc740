/**
 * The import gate: one rule a wall, made of the table in `scripts/floors.js`. Run it by
 * `node scripts/walls.js`, which also makes sure that the files were really read.
 */
import { FLOORS, NODE_EXCEPTIONS, PACKAGE_EXCEPTIONS, pathOf } from './scripts/floors.js';

const TESTS = '[.]test[.]ts$';

const walls = FLOORS.map((floor) => ({
  name: `wall-of-${floor.name}`,
  severity: 'error',
  comment:
    floor.may.length === 0
      ? `${floor.name} imports no other floor: pass what it needs as a parameter.`
      : `${floor.name} may import only ${floor.may.join(', ')}. Let the floor above hand it what it needs, ` +
        'or move what both need to a floor that both may import.',
  from: { path: pathOf(floor), pathNot: TESTS },
  to: {
    path: '^(src|test|scripts|bin)/',
    pathNot: [floor, ...FLOORS.filter((other) => floor.may.includes(other.name))].map(pathOf),
  },
}));

const pure = FLOORS.filter((floor) => floor.pure).map(pathOf);
const withoutPackages = FLOORS.filter((floor) => !floor.packages).map(pathOf);

export default {
  forbidden: [
    ...walls,
    {
      name: 'pure-floors-know-no-machine',
      severity: 'error',
      comment:
        'A pure floor must run the same in the simulator: take time, chance and files as a port. ' +
        'Bytes and checksums come from std/bytes.ts.',
      from: { path: pure, pathNot: [TESTS, ...NODE_EXCEPTIONS] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'packages-stay-above',
      severity: 'error',
      comment:
        'Below the daemon only the admin server and the operating-system folder use npm packages: ' +
        'what decides safety and speed is our own. Write the few lines, or move the use up.',
      from: { path: withoutPackages, pathNot: [TESTS, ...PACKAGE_EXCEPTIONS] },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
        ],
      },
    },
    {
      name: 'packages-are-declared',
      severity: 'error',
      comment:
        'The program may import only `dependencies` of package.json, each justified in docs.',
      from: { path: '^(src|bin)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycle-of-files',
      severity: 'error',
      comment: 'Two files that need each other are one file, or share a third: split that off.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-cycle-of-folders',
      severity: 'error',
      comment: 'Two folders that need each other are one: move the shared part to a lower floor.',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      comment: 'The import leads nowhere: correct its path (relative imports end in .ts).',
      from: {},
      // `kubernetes-types` is types and nothing else: the compiler finds them.
      to: { couldNotResolve: true, pathNot: '^[.]{1,2}/.*dist/|^kubernetes-types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Tests may reach anywhere; what the program imports is what is judged.
    exclude: { path: ['(^|/)dist/', TESTS] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
