/**
 * raft-demo's kvstore and diskstorage, in the three generations of their protocol. None of them has
 * numbers for requests: what an answer belongs to is told by where it comes.
 *
 * ```
 *  A   set-<key>-<value>, get-<key>        text, on the connection: one request at a time, because
 *                                          a node that does not lead drops some without a word
 *  B   <port>-set-<key>-<value>, ...       text, by UDP: each request under way names a port of its
 *  C   a serialised Command and a newline  own, so answers may come in any order, or not at all
 * ```
 * B and C go to all nodes at once, as from raft-demo's clients: the leader acts, and answers.
 */
import { DemoScanner, demoRequest } from '../../wire/dialects/raft-demo-command.ts';
import {
  type Driver,
  KEY_DIGITS,
  type LoadShape,
  PORT_DIGITS,
  type Refusal,
  type ReplyScanner,
  type RequestShape,
  type Template,
  templateOf,
} from './driver.ts';
import { DemoBinaryAnswers, DemoLineAnswers, DemoTextAnswers } from './raft-demo-scanner.ts';

/** UDP ports of one load at most: the system has 28,000 for whoever asks. */
const PORTS_MAX = 16_384;
const PIPELINE_MAX = 256;
/** Requests under way on one client in an open loop, each with a port. */
const OPEN_WINDOW = 16;
/** What fits into a datagram, with `OK: ` before it and a newline behind it. */
const DATAGRAM_VALUE_BYTES_MAX = 65_502;
const ZERO_PORT = '0'.repeat(PORT_DIGITS);
const ZERO_KEY = '0'.repeat(KEY_DIGITS);

const COMMON = {
  can: { scan: false, modify: false, stale: false, linearizable: true },
  answersWrites: 'committed',
  needsCertificate: true,
} as const;

export const RAFT_DEMO_A_DRIVER: Driver = {
  ...COMMON,
  answersBy: 'connection',
  openWindow: 1,
  refusal: (load) => {
    if (load.pipeline > 1) {
      const why = 'an answer has no number, and a node may drop a line: take more --clients';
      return { key: 'pipeline', why };
    }
    return textRefusal(load);
  },
  write: ({ keyPrefix, value }) => templateOf('decimal', `set-${keyPrefix}`, `-${value}\n`),
  read: ({ keyPrefix }) => templateOf('decimal', `get-${keyPrefix}`, '\n'),
  createScanner: () => new DemoLineAnswers(),
};

export const RAFT_DEMO_B_DRIVER: Driver = {
  ...COMMON,
  answersBy: 'datagram',
  openWindow: OPEN_WINDOW,
  refusal: (load) => textRefusal(load) ?? datagramRefusal(load),
  write: ({ keyPrefix, value }) =>
    withPort(templateOf('decimal', `${ZERO_PORT}-set-${keyPrefix}`, `-${value}\n`)),
  read: ({ keyPrefix }) => withPort(templateOf('decimal', `${ZERO_PORT}-get-${keyPrefix}`, '\n')),
  createScanner: (): ReplyScanner => new DemoTextAnswers(),
};

export const RAFT_DEMO_C_DRIVER: Driver = {
  ...COMMON,
  answersBy: 'datagram',
  openWindow: OPEN_WINDOW,
  refusal: datagramRefusal,
  write: (shape) => binary('set', shape),
  read: (shape) => binary('get', { ...shape, value: '' }),
  createScanner: (): ReplyScanner => new DemoBinaryAnswers(),
};

function withPort(template: Template): Template {
  return { ...template, portAt: 0 };
}

function binary(op: 'get' | 'set', { keyPrefix, value }: RequestShape): Template {
  const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  const key = latin1(keyPrefix) + ZERO_KEY;
  const bytes = demoRequest({ ip: ZERO_PORT, op, key, value: latin1(value) });
  const at = new DemoScanner();
  at.scan(bytes, 0, bytes.length - 1);
  const digitsAt = [at.keyEnd - KEY_DIGITS];
  return { bytes, digitsAt, digits: 'decimal', portAt: at.ipStart };
}

function textRefusal({ keyPrefix }: LoadShape): Refusal | null {
  if (!/[-\n]/.test(keyPrefix)) return null;
  return { key: 'key-prefix', why: 'a dash or a newline ends a key there' };
}

function datagramRefusal({ clients, pipeline, dataBytes, reads }: LoadShape): Refusal | null {
  if (pipeline > PIPELINE_MAX) {
    const why = `each request under way has a UDP port of its own, up to ${PIPELINE_MAX} a client`;
    return { key: 'pipeline', why };
  }
  // One more a client: see `DatagramLane`.
  if (clients * (pipeline + 1) > PORTS_MAX) {
    const why = `each request under way has a UDP port of its own, and there are ${PORTS_MAX}`;
    return { key: 'clients', why: `${why}: at most ${Math.floor(PORTS_MAX / (pipeline + 1))}` };
  }
  if (!reads || dataBytes <= DATAGRAM_VALUE_BYTES_MAX) return null;
  const why = `what is read fits into a datagram, ${DATAGRAM_VALUE_BYTES_MAX} bytes`;
  return { key: 'data-size', why };
}
