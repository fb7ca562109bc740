/** The flags that say what to measure, of every command that measures. */
import { Flags } from '@oclif/core';
import { clusterChoice, profileFlag } from '../cli/flags.ts';

/** Values are read by `resolveWorkload`, which profiles go through as well. */
export function value(summary: string, helpValue: string, char?: 'c' | 'd' | 'n' | 'R' | 't') {
  return Flags.string({ summary, helpValue, ...(char === undefined ? {} : { char }) });
}

/** Each flag's environment variable: `--key-maximum` is `RAFTCTL_KEY_MAXIMUM`. */
export function withVariables<T extends Record<string, object>>(flags: T): T {
  const named = Object.entries(flags).map(([name, flag]) => [
    name,
    { ...flag, env: `RAFTCTL_${name.toUpperCase().replaceAll('-', '_')}` },
  ]);
  return Object.fromEntries(named) as T;
}

/** Each is a key of a workload as well (`bench/workload.ts`). */
export const workloadFlags = {
  profile: profileFlag,
  ...clusterChoice,
  ...withVariables({
    target: Flags.string({
      summary: 'Address, or leader, any or a node of the cluster; may be repeated. [default: any]',
      helpValue: 'SCHEME://HOST:PORT|NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    driver: value(
      'Protocol: resp, http, etcd, raftexample, kvapi, raft-demo-a, -b or -c. ' +
        '[default: what the target says, or resp]',
      'NAME',
    ),
    clients: value('Connections. [default: 50]', 'N', 'c'),
    duration: value('How long to measure. [default: 10s, unless --requests]', 'DURATION', 'd'),
    requests: value('How many requests to measure.', 'N', 'n'),
    rate: value('Open loop: requests per second. [default: max, a closed loop]', 'N|max', 'R'),
    stage: Flags.string({
      summary: 'Open loop in stages: a time and a rate, or a change of rate; may be repeated.',
      helpValue: '30s:500|30s:500-5000',
      multiple: true,
      multipleNonGreedy: true,
    }),
    arrival: value('Of an open loop: constant, poisson or burst. [default: constant]', 'NAME'),
    burst: value('How many arrive at once in bursts. [default: 100]', 'N'),
    'closed-loop': Flags.boolean({ summary: 'Send again only after the answer (default).' }),
    pipeline: value(
      'Unanswered requests a connection may have; a closed loop sends and awaits them together. ' +
        '[default: 1; open loop: 256]',
      'N',
    ),
    workload: value('YCSB core workload: a, b, c, d, e or f.', 'a-f'),
    modify: Flags.boolean({ summary: 'Writes return what was there before (SET ... GET).' }),
    'scan-length': value('Keys that a read asks for. [default: 1]', 'N'),
    ratio: value('Writes to reads. [default: 1:1]', 'W:R'),
    reads: value(
      'Consistency of reads: linearizable; of etcd and kvapi also stale. [default: linearizable]',
      'MODE',
    ),
    'key-pattern': value('uniform, zipf, gauss, hot, latest or seq. [default: uniform]', 'NAME'),
    'key-maximum': value('How many keys there are. [default: 100000]', 'N'),
    'key-prefix': value('What keys begin with. [default: key:]', 'TEXT'),
    'zipf-exp': value('Skew of zipf. [default: 0.99]', 'S'),
    hot: value('Of hot: per cent of keys, and of requests they get. [default: 20:80]', 'K:R'),
    'data-size': value('Size of values. [default: 64]', 'SIZE'),
    'data-size-list': value('Sizes of values, and how often each.', '64:90,4KiB:10'),
    warmup: value('Load before the measurement. [default: 1s, with --requests none]', 'DURATION'),
    cooldown: value('Load behind the measurement. [default: 0s]', 'DURATION'),
    workers: value('Threads that make load. [default: half the cores]', 'N', 't'),
    timeout: value('When a request without an answer has failed. [default: 5s]', 'DURATION'),
    slo: Flags.string({
      summary: 'Objective: p99<10ms, mean<1ms, max<1s, err<0.1%, rate>5000; may be repeated.',
      helpValue: 'EXPRESSION',
      multiple: true,
      multipleNonGreedy: true,
    }),
    seed: value('Seed of keys, values and order. [default: 1]', 'N'),
  }),
};
