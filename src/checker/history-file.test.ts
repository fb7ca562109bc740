import { describe, expect, it } from 'vitest';
import { linearizableHistory } from '../../test/doubles/checker-twin.ts';
import { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import type { Operation } from './history.ts';
import { type ReadHistory, type ReadOptions, readHistory } from './history-file.ts';
import { headerLine, historyLine } from './history-lines.ts';
import { actionText } from './wording.ts';

const OPTIONS: ReadOptions = { name: 'h', format: null, pairs: 'auto', failedCasSees: false };

function read(text: string, options: Partial<ReadOptions> = {}): ReadHistory {
  return readHistory(text, { ...OPTIONS, ...options });
}

function brief({ operations }: ReadHistory): string[] {
  return operations.map((it) => `${it.client} ${it.key}: ${actionText(it)}`);
}

function messageOf(text: string, options: Partial<ReadOptions> = {}): string {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof RaftctlError && error.code === 'HISTORY_INVALID') return error.message;
    throw error;
  }
  throw new Error('it was read');
}

describe('readHistory of JSON lines', () => {
  it('reads what historyLine writes', () => {
    const kinds = ['get', 'put', 'cas', 'append', 'del', 'incr'] as const;
    const shape = { operations: 200, clients: 5, kinds, valuesMax: null, unknownShare: 0.2 };
    const written: Operation[] = linearizableHistory(new Prng(1), shape);
    const lines = written.map(historyLine).join('');
    const back = read(headerLine('kv', 'a') + lines);
    expect(back).toMatchObject({ format: 'json', model: 'kv', initial: 'a', timeUnit: 'us' });
    expect(back.operations).toEqual(written);
  });

  it('takes other names, numbers as values and what did not happen', () => {
    const lines = [
      '{"client":1,"op":"write","key":7,"value":5,"startUs":0,"endUs":1}',
      '',
      '{"client":1,"op":"read","key":7,"result":5,"startUs":2,"endUs":3.5,"outcome":"ok"}',
      '{"client":1,"op":"del","key":7,"result":1,"startUs":4,"endUs":5}',
      '{"client":1,"op":"put","key":7,"value":6,"startUs":6,"endUs":7,"outcome":"fail"}',
      '{"client":2,"op":"incr","key":7,"startUs":6,"endUs":7,"outcome":"info"}',
      '{"client":3,"op":"put","value":{"a":1},"startUs":6}',
    ];
    expect(brief(read(lines.join('\n')))).toEqual([
      ...['1 7: put 5', '1 7: get -> 5', '1 7: del -> true', '2 7: incr 1 -> ?'],
      '3 : put "{\\"a\\":1}" -> ?',
    ]);
  });

  it('names the line and the field that is wrong', () => {
    const good = '{"client":1,"op":"get","key":"x","result":null,"startUs":0,"endUs":1}\n';
    const wrong: readonly (readonly [string, string])[] = [
      ['{"client":', 'it is not JSON'],
      ['[1]', 'it is not an object'],
      ['{"schema":"other"}', 'its schema is "other"'],
      ['{"schema":"raftctl/history/v1","model":"queue"}', '"model" is "queue"'],
      [good.replace('"get"', '"pop"'), '"op" must be get'],
      [good.replace('"client":1', '"client":null'), '"client" must be'],
      [good.replace('"endUs":1', '"endUs":-1'), '"endUs" must be'],
      [good.replace('"startUs":0', '"startUs":"0"'), '"startUs" must be a number'],
      [good.replace('"result":null,', ''), '"result" must be given: it is missing'],
      [good.replace('"endUs":1', '"outcome":"maybe"'), '"outcome" must be'],
      ['{"client":1,"op":"cas","from":1,"to":2,"startUs":0,"endUs":1}', '"result" must be true'],
      ['{"client":1,"op":"incr","by":"x","startUs":0,"endUs":1}', '"by" must be a whole'],
    ];
    for (const [line, message] of wrong) {
      expect(messageOf(good + line)).toContain('Cannot read h, line 2, as json: ');
      expect(messageOf(good + line)).toContain(message);
    }
  });
});

const REGISTER = `
{:type :invoke, :f :read, :value nil, :process 0, :time 1, :index 0}
{:type :info, :f :start, :value nil, :process :nemesis}
{:type :invoke, :f :cas, :value [3 4], :process 1}
{:type :ok, :f :read, :value 3, :process 0}
{:type :fail, :f :cas, :value [3 4], :process 1}
{:type :invoke, :f :write, :value 9, :process 1}
{:type :info, :f :write, :value 9, :process 1, :error :timeout}
{:type :invoke, :f :read, :value nil, :process 2}`;

describe('readHistory of EDN', () => {
  it('pairs calls with answers, and passes over the nemesis and what failed', () => {
    const history = read(REGISTER);
    expect(history).toMatchObject({ format: 'edn', timeUnit: 'events', model: null });
    expect(brief(history)).toEqual(['0 : get -> 3', '1 : put 9 -> ?', '2 : get -> ?']);
    expect(history.operations[0]).toMatchObject({ calledAt: 0, returnedAt: 2 });
  });

  it('takes a failed cas for an answer when asked to', () => {
    expect(brief(read(REGISTER, { failedCasSees: true }))[1]).toBe('1 : cas 3 4 -> false');
  });

  it('reads one vector of all events, with tags', () => {
    const vector = `[${REGISTER.replaceAll('{:type', '#jepsen.history.Op{:type')}]`;
    expect(brief(read(vector))).toEqual(brief(read(REGISTER)));
  });

  it('reads operations on the keys of a store', () => {
    const lines = [
      '{:process 0, :type :invoke, :f :put, :key "3", :value "x 0 0 y"}',
      '{:process 1, :type :invoke, :f :append, :key "3", :value "x 1 0 y"}',
      '{:process 0, :type :ok, :f :put, :key "3", :value "x 0 0 y"}',
      '{:process 1, :type :ok, :f :append, :key "3", :value "x 1 0 y"}',
      '{:process 0, :type :invoke, :f :get, :key "3", :value nil}',
      '{:process 0, :type :ok, :f :get, :key "3", :value "x 0 0 yx 1 0 y"}',
    ];
    expect(brief(read(lines.join('\n')))).toEqual([
      '0 3: put "x 0 0 y"',
      '1 3: append "x 1 0 y"',
      '0 3: get -> "x 0 0 yx 1 0 y"',
    ]);
  });

  it('sees by itself whether values are pairs of key and value', () => {
    const pairs = [
      '{:process 0, :type :invoke, :f :read, :value [5 nil]}',
      '{:process 0, :type :ok, :f :read, :value [5 2]}',
      '{:process 0, :type :invoke, :f :cas, :value [5 [2 3]]}',
      '{:process 0, :type :ok, :f :cas, :value [5 [2 3]]}',
    ].join('\n');
    expect(brief(read(pairs))).toEqual(['0 5: get -> 2', '0 5: cas 2 3 -> true']);
    const cas = '{:process 0, :type :invoke, :f :cas, :value [2 3]}';
    expect(brief(read(cas))).toEqual(['0 : cas 2 3 -> ?']);
    const write = cas.replace(':cas', ':write');
    expect(brief(read(write))).toEqual(['0 2: put 3 -> ?']);
    expect(brief(read(write, { pairs: 'no' }))).toEqual(['0 : put "[2 3]" -> ?']);
  });

  it('names the line of what makes no sense', () => {
    const call = '{:process 0, :type :invoke, :f :read, :value nil}\n';
    expect(messageOf(`${call}${call}`)).toContain('line 2, as edn: process 0 calls before');
    expect(messageOf(call.replace('invoke', 'ok'))).toContain('hears of no call');
    expect(messageOf(`${call}\n{:process 0, :type :ok, :f :write}`)).toContain('line 3');
    expect(messageOf(`${call}{:type :maybe}`)).toContain(':type is :maybe');
    expect(messageOf(`${call}(1`)).toContain('line 2, as edn: nothing closes (');
    expect(messageOf(call.replace(':read', ':pop'))).toContain(':f is :pop');
    expect(messageOf(call.replace(':read', ':cas'))).toContain('no pair of values');
    expect(messageOf('; nothing')).toContain('no event is in it');
    expect(messageOf(call, { pairs: 'yes' })).toContain('no pair of key and value');
  });
});

describe('readHistory of Jepsen log lines', () => {
  it('takes events out of a log, old and new, and alone', () => {
    const lines = [
      'INFO  jepsen.core - Worker 0 starting',
      'INFO  jepsen.util - 0\t:invoke\t:write\t3',
      'INFO  jepsen.util - :nemesis\t:info\t:start\tnil',
      'INFO [2020-01-01 00:00:00,000] jepsen worker 0 - jepsen.util 0\t:ok\t:write\t3',
      '1\t:invoke\t:cas\t[3 4]',
      '1\t:info\t:cas\t:timed-out',
      'INFO  jepsen.util - 2\t:invoke\t:read\tnil',
      'INFO  jepsen.util - 2\t:fail\t:read\t:timed-out',
    ];
    const history = read(lines.join('\n'));
    expect(history.format).toBe('jepsen-log');
    expect(brief(history)).toEqual(['0 : put 3', '1 : cas 3 4 -> ?']);
  });

  it('names the line of what it cannot read', () => {
    expect(messageOf('INFO  jepsen.util - 1\t:invoke\t:cas\t[3')).toContain(
      'line 1, as jepsen-log',
    );
    expect(messageOf('nothing like it')).toContain('no event is in it');
  });
});

describe('readHistory', () => {
  it('takes an empty text for a history without operations', () => {
    expect(read('')).toMatchObject({ format: 'json', operations: [] });
  });
});
