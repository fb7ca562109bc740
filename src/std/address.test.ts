import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

describe('parseAddress', () => {
  it('reads names, IPv4, IPv6 in brackets, and loopback for no host', () => {
    expect(parseAddress('n1.example:11000')).toEqual({ host: 'n1.example', port: 11_000 });
    expect(parseAddress('10.0.0.1:0')).toEqual({ host: '10.0.0.1', port: 0 });
    expect(parseAddress('[fe80::1%eth0]:65535')).toEqual({ host: 'fe80::1%eth0', port: 65_535 });
    expect(parseAddress(':80')).toEqual({ host: '127.0.0.1', port: 80 });
  });

  it('refuses what is no address', () => {
    for (const text of ['', 'host', 'host:', 'host:65536', '::1:80', 'a b:1', 'host:1x', '[::1]']) {
      expect(parseAddress(text), text).toBeNull();
    }
  });
});

describe('formatAddress', () => {
  it('writes what parseAddress reads', () => {
    for (const text of ['n1:1', '127.0.0.1:80', '[::1]:443']) {
      expect(formatAddress(parseAddress(text) ?? { host: '', port: -1 })).toBe(text);
    }
  });
});
