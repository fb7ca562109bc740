import { expect, test } from 'vitest';
import { parseJoin } from './join-line.ts';

test.each([
  ['node1-:12001-true', 'node1', '127.0.0.1:12001', true],
  ['log1-:12003-false', 'log1', '127.0.0.1:12003', false],
  ['x-127.0.0.1:1-T', 'x', '127.0.0.1:1', true],
  ['my-node-localhost:12001-1-more-parts', 'my-node', '127.0.0.1:12001', true],
  ['n-[::1]:12001-yes', 'n', '[::1]:12001', false],
])('parseJoin reads %s', (line, id, peerAddress, voter) => {
  expect(parseJoin(line)).toEqual({ id, peerAddress, voter });
});

test.each([
  'garbage',
  '',
  '-:12001-true',
  'n-:12001',
  'n-:0-true',
  'n-:70000-true',
  'n-12001-true',
])('parseJoin refuses %j', (line) => {
  expect(parseJoin(line)).toBeNull();
});
