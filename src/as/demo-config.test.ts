import { describe, expect, test } from 'vitest';
import { parseDemoConfig } from './demo-config.ts';

const SERVERS = 'svrIps = ["127.0.0.1:11000", ":11001", "localhost:11002"]\n';

describe('parseDemoConfig', () => {
  test('takes its keys in any case, and hosts as raft-demo does', () => {
    const text = `REP = 3\nSVRIPS = ["a:1", ":2", "localhost:3"]\nLocalIP = "127.0.0.1"\nudpPORT = 15000\n`;
    expect(parseDemoConfig(`${text}thinkingtimeMSEC = 10\nMqueueSize = 100\n`, 'c.toml')).toEqual({
      ...{ svrIps: ['a:1', ':2', 'localhost:3'], localip: '127.0.0.1', udpport: 15_000 },
      ...{ addresses: ['a:1', '127.0.0.1:2', '127.0.0.1:3'] },
      ...{ thinkingTimeMsec: 10, mqueueSize: 100 },
    });
  });

  test('needs the servers alone', () => {
    expect(parseDemoConfig(SERVERS, 'c.toml')).toMatchObject({
      ...{ localip: '', udpport: null, thinkingTimeMsec: null, mqueueSize: null },
    });
  });

  test.each([
    ['rep = 2\n', 'rep is 2, and svrIps names 3'],
    ['udpport = "x"\n', 'udpport is "x"'],
    ['udpport = 70000\n', 'udpport is 70000'],
    ['localip = "here"\n', 'localip is no address: "here"'],
    ['rep = \n', 'it is no TOML: '],
  ])('names what is wrong: %j', (text, message) => {
    expect(() => parseDemoConfig(SERVERS + text, 'c.toml')).toThrow(
      `Cannot use c.toml: ${message}`,
    );
  });

  test('refuses servers that are none', () => {
    expect(() => parseDemoConfig('svrIps = ["a"]', 'c.toml')).toThrow(
      '"a", which is not HOST:PORT',
    );
    expect(() => parseDemoConfig('rep = 1', 'c.toml')).toThrow('svrIps is not a list');
  });
});
