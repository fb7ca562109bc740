/**
 * The image's facts, as far as they show without a container engine; `npm run image` does what the
 * Dockerfile says in a bare Debian root. Check 54 is of docs/older-systems.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import NodeRun from '../../src/commands/node/run.ts';
import { IMAGE_USER } from '../../src/deploy/pod-parts.ts';
import { ROOT, raftctl, runProgram } from '../doubles/program.ts';

interface Step {
  readonly word: string;
  readonly text: string;
  readonly args: readonly string[];
}
interface Reader {
  stagesOf(text: string): { from: string; name: string | null; steps: Step[] }[];
  copyOf(step: Step): { from: string | null; what: string[]; to: string };
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { stagesOf, copyOf } = (await import(join(ROOT, 'scripts/image/dockerfile.js'))) as Reader;
const [first, last] = stagesOf(read('Dockerfile')) as [
  ReturnType<Reader['stagesOf']>[number],
  ReturnType<Reader['stagesOf']>[number],
];
const textOf = (word: string): string => last.steps.find((step) => step.word === word)?.text ?? '';
const { version, engines } = JSON.parse(read('package.json')) as {
  version: string;
  engines: { node: string };
};

test('54: both bases are pinned, and Node is one that raftctl runs on', () => {
  for (const { from } of [first, last]) expect(from).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+$/);
  const major = /^node:(\d+)\.(\d+)/.exec(first.from)?.slice(1).map(Number) ?? [];
  const least = /(\d+)\.(\d+)/.exec(engines.node)?.slice(1).map(Number) ?? [];
  expect(major[0]).toBe(least[0]);
  expect(major[1]).toBeGreaterThanOrEqual(least[1] ?? 0);
});

test('54: what it copies exists, and what the program needs is copied', () => {
  const made = ['dist', 'node_modules', 'oclif.manifest.json'];
  const sources = last.steps
    .filter(({ word }) => word === 'COPY')
    .flatMap((step) => copyOf(step).what)
    .filter((path) => path.startsWith('/src/'))
    .map((path) => path.slice('/src/'.length));
  for (const path of sources.filter((path) => !made.includes(path))) {
    expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  }
  expect(sources).toEqual(expect.arrayContaining([...made, 'bin', 'profiles', 'package.json']));
  const ignored = read('.dockerignore').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.git', 'node_modules', 'dist']));
  expect(sources.filter((path) => ignored.includes(path.split('/')[0] ?? ''))).toEqual(
    expect.arrayContaining(['dist', 'node_modules']),
  );
  for (const { word, text } of first.steps) {
    if (word === 'RUN' && text.startsWith('npm')) expect(text).toContain('--ignore-scripts');
  }
});

test('54: it runs as the user of the manifests, with a health check and the program as entry', () => {
  expect(textOf('USER')).toBe(`${IMAGE_USER}:${IMAGE_USER}`);
  expect(textOf('HEALTHCHECK')).toContain('/opt/raftctl/docker/healthcheck.js');
  expect(textOf('ENTRYPOINT')).toBe('["raftctl"]');
  const steps = last.steps.map(({ word }) => word);
  expect(steps.indexOf('USER')).toBeGreaterThan(steps.lastIndexOf('RUN'));
});

test('54: the programs that its entry is to run are there', async () => {
  const { stdout } = await raftctl(['as']);
  for (const name of ['kvstore', 'diskstorage', 'logger', 'loadgen']) {
    expect(stdout).toContain(`raftctl as ${name} `);
  }
});

test('compose: three nodes of the image, told by variables that node run knows', () => {
  const compose = parse(read('compose.yaml'), { merge: true, uniqueKeys: true }) as {
    services: Record<
      string,
      { image: string; environment: Record<string, string>; read_only: boolean }
    >;
  };
  const services = Object.entries(compose.services);
  expect(services.map(([name]) => name)).toEqual(['n1', 'n2', 'n3']);
  const known = Object.values(NodeRun.flags).map(({ env }) => env);
  for (const [name, { image, environment, read_only }] of services) {
    expect([image, read_only]).toEqual([`raftctl:${version}`, true]);
    const variables = Object.keys(environment).filter((key) => key !== 'RAFTCTL_INSECURE_BIND');
    expect(known).toEqual(expect.arrayContaining(variables));
    expect(environment['RAFTCTL_INITIAL_CLUSTER']).toContain(environment['RAFTCTL_MEMBER']);
    expect(environment['RAFTCTL_MEMBER']).toContain(`${name}=${name}:`);
  }
});

test('healthcheck: asks the admin port that the member names', async () => {
  let status = 200;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = status;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const script = join(ROOT, 'docker/healthcheck.js');
  const code = async (RAFTCTL_MEMBER: string): Promise<number | null> =>
    (await runProgram(process.execPath, [script], { env: { RAFTCTL_MEMBER } })).code;
  expect(await code(`n1=127.0.0.1:1:2:${port}`)).toBe(0);
  status = 503;
  expect(await code(`n1=127.0.0.1:1:2:${port}`)).toBe(1);
  expect(asked).toEqual(['/livez', '/livez']);
  server.close();
  server.closeAllConnections();
  expect(await code(`n1=127.0.0.1:1:2:${port}`)).toBe(1);
});
