import { describe, expect, test } from 'vitest';
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import { decodeKvAnswer, encodeKvAnswer } from '../../wire/apps/kv-answer.ts';
import {
  KV_ABORTED,
  KV_OK,
  type KvAnswer,
  KvError,
  KvFields,
  KvMembers,
  KvScore,
  KvScored,
  KvWord,
} from '../../wire/apps/kvstore.ts';
import {
  OPENING,
  OPENING_BODY,
  SESSION_ANSWER_LOST,
  SESSION_EXPIRED,
  SESSION_FORGOTTEN,
  SESSION_LIMITS,
  SESSION_WINDOW,
  type SessionLimits,
} from '../../wire/apps/session.ts';
import type { ApplyContext, StateMachine, StateRestore } from '../ports/state-machine.ts';
import { SessionMachine } from './session-machine.ts';

/** Appends what it is told and answers how often it was told anything; `time` tells nothing. */
class Tape implements StateMachine {
  readonly app = 'tape';
  readonly timeCommand = bytesFrom('time');
  told: string[] = [];
  times = 0;

  apply(bytes: Bytes, start: number, end: number): unknown {
    const text = bytes.toString('latin1', start, end);
    if (text === 'time') this.times += 1;
    else this.told.push(text);
    return text.startsWith('long') ? text : this.told.length;
  }

  foreseen: (readonly number[])[] = [];

  foresee(_bytes: Bytes, spans: Int32Array, count: number): void {
    this.foreseen.push([...spans.subarray(0, 2 * count)]);
  }

  query(): unknown {
    return this.told;
  }

  digest(): string {
    return this.told.join();
  }

  snapshot() {
    const pieces = [bytesFrom(JSON.stringify(this.told))];
    return { next: () => pieces.shift() ?? null, close: () => {} };
  }

  restore(): StateRestore {
    let text = '';
    return {
      take: (piece) => {
        text += piece.toString('latin1');
      },
      finish: () => {
        this.told = JSON.parse(text) as string[];
        return true;
      },
    };
  }
}

class Bench {
  readonly tape = new Tape();
  readonly machine: SessionMachine;
  index = 1;
  timeMs = 1000;

  constructor(limits: Partial<SessionLimits> = {}) {
    const answers = {
      encode: (answer: unknown) => encodeKvAnswer(answer as KvAnswer),
      decode: decodeKvAnswer,
    };
    this.machine = new SessionMachine(this.tape, answers, { ...SESSION_LIMITS, ...limits });
  }

  apply(body: Bytes, tag?: { readonly session: number; readonly sequence: number }): unknown {
    this.index += 1;
    const context: ApplyContext = { index: this.index, term: 2, leaderTimeMs: this.timeMs, ...tag };
    return this.machine.apply(body, 0, body.length, context);
  }

  open(): number {
    return this.apply(OPENING_BODY, OPENING) as number;
  }

  send(session: number, sequence: number, text = 'x'): unknown {
    return this.apply(bytesFrom(text), { session, sequence });
  }

  pieces(bytesMax: number): Bytes[] {
    const source = this.machine.snapshot();
    const pieces: Bytes[] = [];
    for (let piece = source.next(bytesMax); piece !== null; piece = source.next(bytesMax)) {
      pieces.push(Buffer.from(piece));
    }
    source.close();
    return pieces;
  }

  restored(pieces: readonly Bytes[]): Bench {
    const other = new Bench();
    const restore = other.machine.restore({
      index: this.index,
      term: 2,
      leaderTimeMs: this.timeMs,
    });
    for (const piece of pieces) restore.take(piece);
    expect(restore.finish()).toBe(true);
    Object.assign(other, { index: this.index, timeMs: this.timeMs });
    return other;
  }
}

describe('SessionMachine', () => {
  test('SessionMachine hands commands without a session straight on', () => {
    const bench = new Bench();
    expect([bench.apply(bytesFrom('a')), bench.apply(bytesFrom('a'))]).toEqual([1, 2]);
  });

  test('SessionMachine applies a command once, and answers its repetitions as the first', () => {
    const bench = new Bench();
    const session = bench.open();
    expect(session).toBe(2);
    expect(bench.send(session, 1, 'a')).toBe(1);
    expect(bench.apply(bytesFrom('other'))).toBe(2);
    expect([bench.send(session, 1, 'a'), bench.send(session, 2, 'b')]).toEqual([1, 3]);
    expect(bench.tape.told).toEqual(['a', 'other', 'b']);
    // Time passes in the app with every command of the log.
    expect(bench.tape.times).toBe(2);
  });

  test('SessionMachine applies what comes late, as long as it lies in the window', () => {
    const bench = new Bench();
    const session = bench.open();
    bench.send(session, SESSION_WINDOW + 1, 'newest');
    expect(bench.send(session, 2, 'late')).toBe(2);
    expect(bench.send(session, 1, 'too late')).toBe(SESSION_FORGOTTEN);
    expect(bench.send(session, 2, 'late')).toBe(2);
    bench.send(session, 3 * SESSION_WINDOW, 'leap');
    expect(bench.send(session, SESSION_WINDOW + 1, 'newest')).toBe(SESSION_FORGOTTEN);
    expect(bench.tape.told).toEqual(['newest', 'late', 'leap']);
  });

  test('SessionMachine never says of what it did that it was not done', () => {
    const bench = new Bench();
    const session = bench.open();
    bench.send(session, 1, 'done');
    bench.send(session, 1 + SESSION_WINDOW, 'newest');
    expect(bench.send(session, 1, 'done')).toBe(SESSION_FORGOTTEN);
    expect(SESSION_FORGOTTEN.text).toContain('whether this one was executed before');
    expect(SESSION_EXPIRED.text).toContain('not executed now');
  });

  test('SessionMachine ends a session that was unused for too long, by the time of the log', () => {
    const bench = new Bench({ idleMs: 500 });
    const [idle, used] = [bench.open(), bench.open()];
    bench.timeMs += 499;
    expect(bench.send(used, 1)).toBe(1);
    bench.timeMs += 1;
    expect(bench.send(idle, 1)).toBe(SESSION_EXPIRED);
    expect(bench.send(used, 2)).toBe(2);
    expect(bench.send(77, 1)).toBe(SESSION_EXPIRED);
  });

  test('SessionMachine ends the session that was unused for longest when there are too many', () => {
    const bench = new Bench({ sessionsMax: 2 });
    const [a, b] = [bench.open(), bench.open()];
    bench.send(a, 1);
    const c = bench.open();
    expect(bench.send(b, 1)).toBe(SESSION_EXPIRED);
    expect([bench.send(a, 1), bench.send(c, 1)]).toEqual([1, 2]);
  });

  test('SessionMachine ends sessions when their answers take too much memory, the oldest first', () => {
    const bench = new Bench({ bytesMax: 2500, answerBytesMax: 1000 });
    const [a, b] = [bench.open(), bench.open()];
    const long = `long${'x'.repeat(900)}`;
    bench.send(a, 1, long);
    bench.send(b, 1, long);
    bench.send(b, 2, long);
    expect(bench.send(a, 1, long)).toBe(SESSION_EXPIRED);
    expect(bench.send(b, 1, long)).toBe(long);
  });

  test('SessionMachine says that a command was done whose answer was too long to be kept', () => {
    const bench = new Bench({ answerBytesMax: 10 });
    const session = bench.open();
    expect(bench.send(session, 1, 'long answer')).toBe('long answer');
    expect(bench.send(session, 1, 'long answer')).toBe(SESSION_ANSWER_LOST);
    expect(bench.tape.told).toEqual(['long answer']);
  });

  test.each([1, 7, 1000])(
    'SessionMachine is whole in a snapshot, in pieces of %i bytes',
    (size) => {
      const bench = new Bench({ answerBytesMax: 10 });
      const [a, b] = [bench.open(), bench.open()];
      bench.send(a, 1, 'a');
      bench.send(b, 5, 'long answer');
      const pieces = bench.pieces(100);
      const cut = Buffer.concat(pieces);
      const parts = Array.from({ length: Math.ceil(cut.length / size) }, (_, at) =>
        cut.subarray(at * size, (at + 1) * size),
      );
      const other = bench.restored(parts);
      expect(other.machine.digest()).toBe(bench.machine.digest());
      expect(other.send(a, 1, 'a')).toBe(1);
      expect(other.send(b, 5, 'long answer')).toBe(SESSION_ANSWER_LOST);
      expect(other.send(b, 6, 'b')).toBe(3);
    },
  );

  test('SessionMachine freezes for a snapshot what changes while it is read', () => {
    const bench = new Bench();
    const session = bench.open();
    bench.send(session, 1, 'a');
    const digest = bench.machine.digest();
    const source = bench.machine.snapshot();
    const frozen = [Buffer.from(source.next(1) ?? [])];
    bench.send(session, 1, 'a');
    bench.send(session, 2, 'b');
    bench.open();
    for (let piece = source.next(1); piece !== null; piece = source.next(1)) {
      frozen.push(Buffer.from(piece));
    }
    const other = bench.restored(frozen);
    other.tape.told = ['a'];
    expect(other.machine.digest()).toBe(digest);
  });

  test('SessionMachine refuses half a snapshot', () => {
    const bench = new Bench();
    bench.open();
    const [first] = bench.pieces(100);
    const restore = bench.machine.restore({ index: 9, term: 2, leaderTimeMs: 0 });
    restore.take((first as Bytes).subarray(0, 20));
    expect(restore.finish()).toBe(false);
  });
});

test.each([
  [KV_OK],
  [KV_ABORTED],
  [null],
  [''],
  ['\u00ff\0'],
  [-1.5],
  [2n ** 62n],
  [new KvWord('string')],
  [new KvError('ERR no')],
  [[KV_OK, null, ['a', 1], new KvError('ERR no')]],
  [new KvScore(Number.NEGATIVE_INFINITY)],
  [new KvMembers(['a', ''])],
  [new KvFields(['field', 'value'])],
  [new KvScored([{ member: 'a', score: 0.5 }])],
  [[new KvMembers([]), new KvScored([])]],
] as readonly (readonly [KvAnswer])[])('encodeKvAnswer() keeps answers, kind %#', (answer) => {
  expect(decodeKvAnswer(encodeKvAnswer(answer))).toEqual(answer);
});

test('SessionMachine shows the app what comes next', () => {
  const { tape, machine } = new Bench();
  machine.foresee(bytesFrom('onetwo'), Int32Array.of(0, 3, 3, 6), 2);
  expect(tape.foreseen).toEqual([[0, 3, 3, 6]]);
});
