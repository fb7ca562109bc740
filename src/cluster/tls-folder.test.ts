import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keys } from '../../test/doubles/keys.ts';
import { certificateBlocks, holderOf } from '../wire/security.ts';
import { rotateFolder } from './tls-change.ts';
import { parseTlsMembers, tlsMemberOf } from './tls-member.ts';

let keys: Keys;
beforeEach(async () => {
  keys = await Keys.make(['n1', 'näme, with="all"']);
});
afterEach(() => keys.remove());

async function trustsAll(): Promise<boolean> {
  const authorities = certificateBlocks(await keys.ca()).map((pem) => new X509Certificate(pem));
  const names = ['n1', 'näme, with="all"', 'operator'];
  const pems = await Promise.all(names.map((name) => keys.identity(name)));
  return pems.every((pem) => {
    const certificate = new X509Certificate(pem);
    return authorities.some((ca) => certificate.verify(ca.publicKey));
  });
}

describe('TlsFolder', () => {
  it('makes files that only their owner reads, each key with its certificate', async () => {
    const names = await readdir(keys.folder.path);
    for (const name of names) {
      expect((await stat(join(keys.folder.path, name))).mode & 0o777, name).toBe(0o600);
    }
    const pem = await keys.identity('n1');
    const certificate = new X509Certificate(pem);
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(await trustsAll()).toBe(true);
  });

  it('names the member in the certificate, whatever its name is made of', async () => {
    for (const name of ['n1', 'näme, with="all"']) {
      const { subjectAltName } = new X509Certificate(await keys.identity(name));
      expect(holderOf(subjectAltName)).toEqual({ kind: 'member', name });
    }
    const { subjectAltName } = new X509Certificate(await keys.identity('operator'));
    expect(holderOf(subjectAltName)).toEqual({ kind: 'operator' });
  });

  it('keeps digests of tokens for the nodes, never a token', async () => {
    const accepted = await readFile(join(keys.folder.path, 'tokens'), 'utf8');
    expect(accepted.trim().split('\n')).toHaveLength(4);
    expect(accepted).not.toContain(await keys.token('admin'));
  });

  it('renews for the same names and hosts', async () => {
    await keys.folder.add([{ id: 'n9', hosts: ['10.1.2.3', 'n9.example'] }], 10);
    const before = await keys.folder.certificates();
    await keys.folder.renew(20);
    const after = await keys.folder.certificates();
    expect(after.map(({ name, hosts }) => [name, hosts])).toEqual(
      before.map(({ name, hosts }) => [name, hosts]),
    );
    expect(after.find(({ name }) => name === 'n9')?.hosts).toContain('10.1.2.3');
    expect(after[0]?.fingerprint).toBe(before[0]?.fingerprint);
    expect(after[1]?.fingerprint).not.toBe(before[1]?.fingerprint);
  });
});

describe('rotateFolder', () => {
  const wish = { authority: true, tokens: false, days: 30, cluster: 'test' };

  it('replaces the authority in steps of which none leaves a certificate untrusted', async () => {
    const old = await keys.folder.trusted();
    const trusted: number[] = [];
    const tell = async (): Promise<string[]> => {
      expect(await trustsAll()).toBe(true);
      trusted.push((await keys.folder.trusted()).length);
      return [];
    };
    await rotateFolder(keys.folder, wish, tell);
    expect(trusted).toEqual([2, 2, 1]);
    expect(await keys.folder.trusted()).not.toEqual(old);
  });

  it('has new tokens accepted before a client can find one', async () => {
    const accepted = (): Promise<string> => readFile(join(keys.folder.path, 'tokens'), 'utf8');
    const digest = async (): Promise<string> =>
      createHash('sha256')
        .update(await keys.token('client'))
        .digest('hex');
    const old = await digest();
    const breaking = async (): Promise<string[]> => {
      throw new Error('gone');
    };
    const tokens = { ...wish, authority: false, tokens: true };
    await expect(rotateFolder(keys.folder, tokens, breaking)).rejects.toThrow('gone');
    expect(await digest()).toBe(old);
    expect(await accepted()).toContain(old);
    const found: string[] = [];
    await rotateFolder(keys.folder, tokens, async () => {
      found.push(await digest());
      expect(await accepted()).toContain(await digest());
      return [];
    });
    expect(found).toEqual([old, await digest()]);
    expect(found[1]).not.toBe(old);
    expect(await accepted()).toContain(old);
  });

  it.each([1, 2])('goes on where it was broken off, at step %i', async (step) => {
    let steps = 0;
    const breaking = async (): Promise<string[]> => {
      steps += 1;
      if (steps === step) throw new Error('gone');
      return [];
    };
    await expect(rotateFolder(keys.folder, wish, breaking)).rejects.toThrow('gone');
    expect(await keys.folder.isReplacing()).toBe(true);
    expect(await trustsAll()).toBe(true);
    await rotateFolder(keys.folder, { ...wish, authority: false }, async () => []);
    expect(await keys.folder.isReplacing()).toBe(false);
    expect(await keys.folder.trusted()).toHaveLength(1);
    expect(await trustsAll()).toBe(true);
  });
});

describe('parseTlsMembers', () => {
  it('reads names with the hosts of their machines', () => {
    expect(parseTlsMembers(['n1=10.0.0.1,a.example', 'n2=::1'])).toEqual([
      { id: 'n1', hosts: ['10.0.0.1', 'a.example'] },
      { id: 'n2', hosts: ['::1'] },
    ]);
    for (const text of ['n1', '=a', 'n1=', 'n1=a b']) {
      expect(() => parseTlsMembers([text]), text).toThrow(/not like n1=10.0.0.1/);
    }
  });

  it('tlsMemberOf takes the hosts of a node from its addresses', () => {
    const at = (port: number): string => `10.0.0.7:${port}`;
    const node = { id: 'n1', clientAddress: at(1), peerAddress: at(2), adminAddress: '[::1]:3' };
    expect(tlsMemberOf(node).hosts).toEqual(['10.0.0.7', '10.0.0.7', '::1']);
  });
});
