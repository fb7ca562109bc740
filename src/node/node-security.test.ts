import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPIRED_DAYS, Keys } from '../../test/doubles/keys.ts';
import { SILENT_LOG } from '../std/log.ts';
import type { MemberConfig, NodeConfig } from '../wire/node-config.ts';
import { NodeSecurity } from './io/security-files.ts';
import { openSecurity, peerSecurity } from './node-security.ts';

let keys: Keys;
beforeAll(async () => {
  keys = await Keys.make(['n1', 'n2']);
});
afterAll(() => keys?.remove());

function member(host: string): MemberConfig {
  const at = (port: number): string => `${host}:${port}`;
  const [clientAddress, peerAddress, adminAddress] = [at(1), at(2), at(3)];
  return { member: 1, id: 'n1', clientAddress, peerAddress, adminAddress };
}

function open(own: MemberConfig, config: Partial<NodeConfig> = {}, isExposureMeant = false) {
  const whole = { id: 'n1', members: [own], ...config } as NodeConfig;
  return openSecurity({ directory: '/', log: SILENT_LOG, config: whole, own, isExposureMeant });
}

describe('openSecurity', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', ''])('lets a plain node bind %j', (host) => {
    expect(open(member(host))).toBeNull();
  });

  it.each(['0.0.0.0', '10.0.0.1', '[::]', 'node-1.example'])(
    'refuses a plain node on %s, with the way out',
    (host) => {
      expect(() => open(member(host))).toThrow(
        expect.objectContaining({
          code: 'EXPOSED_BIND',
          exitCode: 7,
          hint: expect.stringContaining('raftctl tls init'),
        }),
      );
      const own = { ...member('127.0.0.1'), adminAddress: `${host}:3` };
      expect(() => open(own)).toThrow(expect.objectContaining({ code: 'EXPOSED_BIND' }));
    },
  );

  it('lets who insists, and who has keys', () => {
    expect(open(member('10.0.0.1'), {}, true)).toBeNull();
    const security = open(member('10.0.0.1'), { security: keys.folder.filesOf('n1') });
    expect(security?.facts().name).toBe('n1');
    security?.close();
  });
});

describe('peerSecurity', () => {
  it('knows members by the newest configuration, by node.json before there is one', () => {
    const security = keys.security('n1');
    const own = member('127.0.0.1');
    const config = { members: [own] } as unknown as NodeConfig;
    const early = peerSecurity(security, config, () => null);
    expect([early.nameOf(1), early.nameOf(2), early.numberOf('n1')]).toEqual(['n1', null, 1]);
    const later = { number: 7, name: 'n1', voter: true, ...own };
    const now = peerSecurity(security, config, () => ({ members: [later], leases: false }));
    expect([now.nameOf(1), now.nameOf(7), now.numberOf('n1')]).toEqual([null, 'n1', 7]);
    security.close();
  });
});

describe('NodeSecurity', () => {
  const load = (files: Partial<ReturnType<typeof keys.folder.filesOf>>, name = 'n1') =>
    new NodeSecurity({
      ...{ directory: keys.folder.path, name, log: SILENT_LOG },
      files: { ...keys.folder.filesOf(name), ...files },
    });

  it('refuses a file that is missing, or holds something else, and names it', () => {
    for (const [files, reason] of [
      [{ identity: 'nothing.pem' }, /nothing\.pem: ENOENT/],
      [{ authorities: 'nothing.pem' }, /nothing\.pem: ENOENT/],
      [{ identity: 'ca.pem' }, /ca\.pem: its certificate is for nobody/],
      [{ identity: 'member-n2.pem' }, /its certificate is for n2, not for n1/],
      [{ identity: 'tokens' }, /tokens: it holds no certificate/],
      [{ tokens: 'admin.token' }, /admin\.token: line 1 is not a scope/],
    ] as const) {
      expect(() => load(files)).toThrow(
        expect.objectContaining({ code: 'TLS_INVALID', message: expect.stringMatching(reason) }),
      );
    }
  });

  it('refuses an expired certificate, and warns of one that ends soon', async () => {
    const short = await Keys.make(['n1'], 7);
    const said: string[] = [];
    const log = { ...SILENT_LOG, warn: (_: object, message: string) => void said.push(message) };
    short.security('n1', log).close();
    expect(said).toEqual([expect.stringContaining('ends soon')]);
    await short.folder.renew(EXPIRED_DAYS);
    expect(() => short.security('n1')).toThrow(/expired on 20/);
    await short.remove();
  });
});
