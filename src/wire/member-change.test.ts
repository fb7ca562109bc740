import { describe, expect, test } from 'vitest';
import { parseAddress } from '../std/address.ts';
import { parseMember } from './member-change.ts';

describe('parseMember()', () => {
  test.each(['n4=127.0.0.1:1:2:3', 'n4=[::1]:1:2:3', 'n4=db-4.example.org:65535:2:000080'])(
    'parseMember() reads %s as three addresses that can be connected to',
    (text) => {
      const member = parseMember(text);
      if (typeof member === 'string') throw new Error(member);
      const { clientAddress, peerAddress, adminAddress } = member;
      expect([clientAddress, peerAddress, adminAddress].map(parseAddress)).not.toContain(null);
    },
  );

  test.each([
    ['a/b is not a host', 'n4=a/b:1:2:3'],
    ['0 is not a port', 'n4=127.0.0.1:0:2:3'],
    ['"n4=127.0.0.1:1:2" is not NAME=HOST:CLIENT:PEER:ADMIN', 'n4=127.0.0.1:1:2'],
    ['"n\\u001b4=h:1:2:3" is not NAME=HOST:CLIENT:PEER:ADMIN', 'n\u001b4=h:1:2:3'],
  ])('parseMember() says what is wrong: %s', (fault, text) => {
    expect(parseMember(text)).toBe(fault);
  });
});
