/**
 * What strace saw of a node: when which marked write became durable there, and when which client
 * was told so. Every time is of one machine's clock, in seconds.
 */
import { readFileSync } from 'node:fs';

export interface AuditInit {
  readonly file: string;
  /** Part of the path of every file of the log. */
  readonly logPath: string;
  readonly clientPort: number;
}

export interface NodeAudit {
  /** By mark: when the sync that made it durable had returned. */
  readonly durableAt: ReadonlyMap<string, number>;
  /** By the client's own port: when each OK was handed to its socket, in order. */
  readonly oksAt: ReadonlyMap<number, readonly number[]>;
}

interface Call {
  readonly name: string;
  readonly begunAt: number;
  /** As printed: arguments with their file and data. */
  readonly text: string;
}

interface EndedCall extends Call {
  readonly endedAt: number;
  readonly result: number;
}

const LINE = /^(\d+)\s+(\d+\.\d+) (.*)$/;
const ENDING = /\)\s*= (-?\d+).*<(\d+\.\d+)>$/;
const WRITES: ReadonlySet<string> = new Set(['pwritev', 'pwrite64', 'pwritev2']);
const SENDS: ReadonlySet<string> = new Set(['write', 'writev', 'sendto', 'sendmsg']);

export function auditNode(init: AuditInit): NodeAudit {
  const audit = new Audit(init);
  for (const call of callsOf(readFileSync(init.file, 'latin1'))) audit.take(call);
  return audit;
}

class Audit implements NodeAudit {
  readonly durableAt = new Map<string, number>();
  readonly oksAt = new Map<number, number[]>();
  readonly #logPath: string;
  readonly #toClient: RegExp;
  /** Written and not synced yet: mark, and when its write had ended. */
  readonly #written = new Map<string, number>();

  constructor({ logPath, clientPort }: AuditInit) {
    this.#logPath = logPath;
    this.#toClient = new RegExp(`127\\.0\\.0\\.1:${clientPort}->127\\.0\\.0\\.1:(\\d+)\\]`);
  }

  take(call: EndedCall): void {
    const { name, text } = call;
    const isLog = text.includes(this.#logPath);
    if (isLog && WRITES.has(name)) {
      for (const [mark] of text.matchAll(/m[a-z]\d{7}m/g)) this.#written.set(mark, call.endedAt);
    } else if (isLog && name === 'fdatasync' && call.result === 0) this.#synced(call);
    else if (SENDS.has(name)) this.#sent(call);
  }

  /** A sync covers what was written before it began. */
  #synced({ begunAt, endedAt }: EndedCall): void {
    for (const [mark, writtenAt] of this.#written) {
      if (writtenAt > begunAt) continue;
      this.#written.delete(mark);
      if (!this.durableAt.has(mark)) this.durableAt.set(mark, endedAt);
    }
  }

  #sent({ text, begunAt }: EndedCall): void {
    const [, port] = this.#toClient.exec(text) ?? [];
    if (port === undefined) return;
    const oks = this.oksAt.get(Number(port)) ?? [];
    for (const _ of text.matchAll(/\+OK\\r\\n/g)) oks.push(begunAt);
    this.oksAt.set(Number(port), oks);
  }
}

/** Calls in the order in which they ended. */
function* callsOf(trace: string): Generator<EndedCall> {
  const open = new Map<string, Call>();
  for (const line of trace.split('\n')) {
    const [, thread = '', time = '', rest = ''] = LINE.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest);
    const name = /^(\w+)\(/.exec(rest)?.[1] ?? '';
    const call = resumed ? open.get(thread) : { name, begunAt: Number(time), text: rest };
    if (call === undefined || call.name === '') continue;
    if (!resumed && rest.endsWith('<unfinished ...>')) {
      open.set(thread, call);
      continue;
    }
    const ending = ENDING.exec(rest);
    if (ending === null) continue;
    open.delete(thread);
    yield { ...call, result: Number(ending[1]), endedAt: call.begunAt + Number(ending[2]) };
  }
}
