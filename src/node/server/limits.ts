/** Everything a client can make grow has its cap here (spec: everything bounded). */
export interface ServerLimits {
  readonly connections: number;
  /** Commands of one connection that wait for their answer. */
  readonly slotsPerConnection: number;
  /** Replies the client has not taken: no further command of it is started above this, */
  readonly outputBytesSoft: number;
  /** and above this a client that takes nothing for `outputStallMs` is closed. */
  readonly outputBytesMax: number;
  readonly outputStallMs: number;
  /** One reply; only an MGET of large values can reach it. */
  readonly replyBytesMax: number;
  /** Cut-off requests of all connections together. */
  readonly unparsedBytesMax: number;
  /** First line of a connection, HTTP headers. */
  readonly headerMs: number;
  /** From the first to the last byte of one request. Idle connections live on. */
  readonly requestMs: number;
  readonly httpBodyBytes: number;
  /** How long a full replica only pauses sockets before commands are answered BUSY. */
  readonly fullMs: number;
  /** How long `close` waits for answers that are due. */
  readonly drainMs: number;
  /** How often time limits are looked at. */
  readonly sweepMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  connections: 1000,
  slotsPerConnection: 10_000,
  outputBytesSoft: 1024 * 1024,
  outputBytesMax: 8 * 1024 * 1024,
  outputStallMs: 1000,
  replyBytesMax: 64 * 1024 * 1024,
  unparsedBytesMax: 256 * 1024 * 1024,
  headerMs: 10_000,
  requestMs: 60_000,
  httpBodyBytes: 1024 * 1024,
  fullMs: 1000,
  drainMs: 5000,
  sweepMs: 500,
};
