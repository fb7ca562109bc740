import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doctorFacts } from '../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../test/doubles/flight.ts';
import { packTar, unpackTar } from '../bench/tar-archive.ts';
import { ClusterStore } from '../cluster/store.ts';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { makeBundle } from './bundle.ts';
import { bundleName, packBundle, readBundledFacts } from './bundle-file.ts';
import { formsOfSecret, withoutSecret } from './secret-scrub.ts';

let folder: string;
let store: ClusterStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-bundle-'));
  store = new ClusterStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A cluster that does not run, and never did. */
async function cluster() {
  const spec = planCluster({
    ...{ name: 'demo', clusterId: '00'.repeat(16), createdAt: '2026-03-01T12:00:00.000Z' },
    ...{ ephemeral: false, wish: NO_WISH, dataDirOf: (id) => store.dataDirOf('demo', id) },
  });
  await store.create(spec);
  return spec;
}

const facts = doctorFacts({
  rows: { n2: { state: 'down', pid: null } },
  nodes: { n1: { vitals: null }, n2: { vitals: null }, n3: { vitals: null } },
  events: [eventAt({ s: 1, node: 'n1', term: 2 }, 'node.stopping', { reason: 'x' })],
});

test('makeBundle packs what the doctor knew, and readBundledFacts gives it back', async () => {
  const spec = await cluster();
  await writeFile(store.logFileOf('demo', 'n1'), '{"msg":"a line"}\n');
  const path = join(folder, 'demo.tgz');
  const wish = { store, spec, facts, version: '1.2.3', path, mayReplace: false };
  const made = await makeBundle(wish);
  expect(await readBundledFacts(path)).toEqual(facts);
  expect(made).toMatchObject({ file: path, bytes: (await stat(path)).size });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(made.diagnosis.findings.map(({ code }) => code)).toEqual(['RFT003']);
  const names = made.files.map(({ name }) => name);
  for (const name of ['findings.txt', 'events.ndjson', 'description.json', 'nodes/n1/log.txt']) {
    expect(names).toContain(name);
  }
  await expect(makeBundle(wish)).rejects.toMatchObject({ code: 'CONFIRMATION_MISSING' });
  await makeBundle({ ...wish, mayReplace: true });
});

test('makeBundle leaves the secret out, whatever form it has', async () => {
  const spec = await cluster();
  const hex = (await readFile(store.secretFileOf('demo'), 'utf8')).trim();
  const raw = Buffer.from(hex, 'hex');
  const forms = [hex, hex.toUpperCase(), raw.toString('base64'), raw.toString('base64url')];
  const shifted = Buffer.concat([Buffer.from('k:'), raw, Buffer.from('!')]).toString('base64');
  await writeFile(store.logFileOf('demo', 'n1'), `${[...forms, shifted].join(' ')} and no more\n`);
  await writeFile(store.logFileOf('demo', 'n2'), Buffer.concat([raw, raw]));
  const path = join(folder, 'demo.tgz');
  await makeBundle({ store, spec, facts, version: '1.2.3', path, mayReplace: false });
  const archive = await promisify(gunzip)(await readFile(path));
  for (const form of [...forms, ...formsOfSecret(hex)]) expect(archive.includes(form)).toBe(false);
  const log = (await unpackTar(archive))?.find(({ name }) => name.endsWith('n1/log.txt'))?.content;
  expect(Buffer.from(log ?? []).toString()).toMatch(
    /^(\S*\[secret removed\]\S* ){5}and no more\n$/,
  );
});

test('withoutSecret finds the secret at any place of a text in base64', () => {
  const hex = 'a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff01';
  const raw = Buffer.from(hex, 'hex');
  for (let lead = 0; lead < 4; lead += 1) {
    const text = Buffer.concat([Buffer.alloc(lead, 7), raw, Buffer.alloc(5)]).toString('base64');
    expect(withoutSecret(Buffer.from(text), formsOfSecret(hex)).toString()).toContain('removed]');
  }
  const innocent = Buffer.from('nothing in it');
  expect(withoutSecret(innocent, formsOfSecret(hex))).toBe(innocent);
});

test('readBundledFacts refuses what is no bundle, or of another format', async () => {
  const path = join(folder, 'x.tgz');
  const refused = async (bytes: Uint8Array, message: string, code = 'BUNDLE_INVALID') => {
    await writeFile(path, bytes);
    await expect(readBundledFacts(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  };
  await refused(Buffer.from('text'), 'it is not gzipped');
  await refused(gzipSync('text'), 'it holds no tar archive');
  await refused(gzipSync(await packTar([], 1)), 'it has no manifest.json');
  const one = (name: string, content: string) => ({ name, content: Buffer.from(content) });
  const other = await packTar([one('a/manifest.json', '{"formatVersion":7}')], 1);
  await refused(gzipSync(other), 'its format is 7', 'FORMAT_UNSUPPORTED');
  const head = { cluster: 'demo', wallMs: 0, version: '1' };
  const odd = await packBundle(head, [one('facts.json', '{"v":2}')]);
  await refused(odd.archive, 'its facts.json holds something else');
  const broken = await packBundle(head, [one('facts.json', '{')]);
  await refused(broken.archive, 'its facts.json is no JSON');
  await expect(readBundledFacts(join(folder, 'none'))).rejects.toMatchObject({
    code: 'BUNDLE_INVALID',
  });
});

test('bundleName has the time, and leaves room for what is inside', () => {
  const wallMs = Date.UTC(2026, 2, 1, 12, 3, 20);
  expect(bundleName({ cluster: 'demo', wallMs, version: '1' })).toBe('demo-20260301T120320Z');
  expect(bundleName({ cluster: 'x'.repeat(63), wallMs, version: '1' })).toHaveLength(57);
});
