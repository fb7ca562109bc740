import { Flags } from '@oclif/core';
import { checkFits, inputFor } from '../bench/app-workload.ts';
import { type BenchOptions, runBench } from '../bench/bench.ts';
import { checkFolderOf } from '../bench/histogram-files.ts';
import { progressLine, progressText } from '../bench/progress.ts';
import { actualText, reportLines } from '../bench/report.ts';
import type { BenchResult } from '../bench/result.ts';
import { parseTarget, type Target } from '../bench/target.ts';
import { resolveWorkload, WORKLOAD_KEYS, type WorkloadInput } from '../bench/workload.ts';
import { WORKLOAD_RULES } from '../bench/workload-rules.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterChoice, profileFlag } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { LiveLine } from '../cli/live-line.ts';
import { versionInfo } from '../cli/version.ts';
import { checkApp } from '../cluster/endpoints.ts';
import { loadTargets } from '../cluster/load-targets.ts';
import { ClusterStore } from '../cluster/store.ts';
import { loadWorkloadProfile } from '../config/profile.ts';
import { HistoryClients } from '../scenarios/history-clients.ts';
import { EXIT, RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';

const PLAIN_PROGRESS_EVERY_MS = 10_000;

type Measured = Pick<BenchOptions, 'workload' | 'targets' | 'histogramFiles' | 'program'>;

interface Measurement {
  readonly data: BenchResult;
  readonly exit: number;
}

/** Values are read by `resolveWorkload`, which profiles go through as well. */
function value(summary: string, helpValue: string, char?: 'c' | 'd' | 'n' | 'R' | 't') {
  return Flags.string({ summary, helpValue, ...(char === undefined ? {} : { char }) });
}

/** Each flag's environment variable: `--key-maximum` is `RAFTCTL_KEY_MAXIMUM`. */
function withVariables<T extends Record<string, object>>(flags: T): T {
  const named = Object.entries(flags).map(([name, flag]) => [
    name,
    { ...flag, env: `RAFTCTL_${name.toUpperCase().replaceAll('-', '_')}` },
  ]);
  return Object.fromEntries(named) as T;
}

export default class Bench extends BaseCommand {
  static override summary = 'Measure a cluster, or any server that speaks RESP or HTTP.';
  static override description =
    'Closed loop by default: each connection waits for its answers before it sends again. With ' +
    '--rate it is an open loop: requests leave when they are due, whether or not earlier ones were ' +
    'answered, and latency counts from the time they were due (corrected) beside the time they ' +
    'were really sent (raw). Latency covers answered requests; refused ones are errors; what has ' +
    'no answer by the end counts with the time it has waited. A cluster that is named runs kvstore ' +
    'or diskstorage, whose keys are numbers without a prefix. ' +
    'Exit code 6: an objective was missed. 10: the measurement cannot be believed, because the ' +
    'generator was too late or the target was lost. 130: cut short by Ctrl-C, after a report.';
  static override examples = [
    '<%= config.bin %> bench --rate 2000 --duration 60s --slo "p99<10ms" --slo "err<0.1%"',
    '<%= config.bin %> bench --clients 50 --pipeline 16 --ratio 1:0 --target leader',
    '<%= config.bin %> bench -f bench-mixed --duration 10s',
    '<%= config.bin %> bench --target resp://127.0.0.1:6379 --requests 100000 --json',
  ];
  static override flags = {
    profile: profileFlag,
    ...clusterChoice,
    ...withVariables({
      target: Flags.string({
        summary:
          'Address, or leader, any or a node of the cluster; may be repeated. [default: any]',
        helpValue: 'resp://HOST:PORT|NAME',
        multiple: true,
        multipleNonGreedy: true,
      }),
      driver: value('Protocol: resp or http. [default: what the target says, or resp]', 'NAME'),
      clients: value('Connections. [default: 50]', 'N', 'c'),
      duration: value('How long to measure. [default: 10s, unless --requests]', 'DURATION', 'd'),
      requests: value('How many requests to measure.', 'N', 'n'),
      rate: value('Open loop: requests per second. [default: max, a closed loop]', 'N|max', 'R'),
      'closed-loop': Flags.boolean({ summary: 'Send again only after the answer (default).' }),
      pipeline: value(
        'Unanswered requests a connection may have; a closed loop sends and awaits them together. ' +
          '[default: 1; open loop: 256]',
        'N',
      ),
      ratio: value('Writes to reads. [default: 1:1]', 'W:R'),
      reads: value('Consistency of reads: linearizable. [default: linearizable]', 'MODE'),
      'key-pattern': value('uniform, zipf or seq. [default: uniform]', 'NAME'),
      'key-maximum': value('How many keys there are. [default: 100000]', 'N'),
      'key-prefix': value('What keys begin with. [default: key:]', 'TEXT'),
      'zipf-exp': value('Skew of zipf. [default: 0.99]', 'S'),
      'data-size': value('Size of values. [default: 64]', 'SIZE'),
      warmup: value('Load before the measurement. [default: 1s, with --requests none]', 'DURATION'),
      workers: value('Threads that make load. [default: half the cores]', 'N', 't'),
      timeout: value('When a request without an answer has failed. [default: 5s]', 'DURATION'),
      slo: Flags.string({
        summary: 'Objective: p99<10ms, mean<1ms, max<1s, err<0.1%, rate>5000; may be repeated.',
        helpValue: 'EXPRESSION',
        multiple: true,
        multipleNonGreedy: true,
      }),
      'hdr-file': value('Write the percentiles of all requests to this file (.hgrm).', 'FILE'),
      'hdr-file-prefix': value(
        'Write PREFIX.raw.hgrm, .corrected, .write, .read, .lateness.',
        'PREFIX',
      ),
      history: value(
        'Write what a few clients beside the load saw, for check linearizability, to this file.',
        'FILE',
      ),
      seed: value('Seed of keys, values and order. [default: 1]', 'N'),
    }),
  };

  async run(): Promise<unknown> {
    const { flags, metadata } = await this.parse(Bench);
    const profile =
      flags.profile === undefined
        ? {}
        : await loadWorkloadProfile(flags.profile, this.config.root, WORKLOAD_RULES);
    const said = Object.entries(flags).filter(([key, value]) => {
      if (value === undefined || !WORKLOAD_KEYS.includes(key)) return false;
      // What a configuration file says goes behind the profile.
      return metadata.flags[key]?.setFromDefault !== true || !(key in profile);
    });
    const input: WorkloadInput = { ...profile, ...Object.fromEntries(said) };
    const { targets, app } = await this.#targets(resolveWorkload(input).targets, flags);
    const workload = resolveWorkload(inputFor(app, input));
    checkFits(app, workload);
    if (app === 'diskstorage' && flags.history !== undefined) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot write a history of a diskstorage: its keys are numbers of slots',
        hint: 'Leave --history out',
      });
    }
    const options = {
      workload,
      targets,
      histogramFiles: { file: flags['hdr-file'] ?? null, prefix: flags['hdr-file-prefix'] ?? null },
      program: versionInfo().raftctl,
    };
    const result =
      flags.history === undefined
        ? await this.#measure(options)
        : await this.#witnessed(flags.history, options);
    return this.answer('bench', result.data, result.exit);
  }

  /** Measures while other clients write down what they see. */
  async #witnessed(file: string, options: Measured): Promise<Measurement> {
    const { workload, targets } = options;
    if (workload.driver !== 'resp') {
      throw new RaftctlError('USAGE', {
        message: `Cannot write a history over ${workload.driver}: its clients speak RESP`,
        hint: 'Leave --driver out, or name the target resp://HOST:PORT',
      });
    }
    await checkFolderOf(file);
    const { timeoutMs, seed } = workload;
    const endpoints = targets.map(({ address }) => address);
    const clients = new HistoryClients({ endpoints, timeoutMs, seed });
    try {
      return await this.#measure(options);
    } finally {
      await clients.stop();
      const count = await clients.write(file);
      this.note(`${count} operations in ${file}: raftctl check linearizability ${file}`);
    }
  }

  async #measure(options: Measured): Promise<Measurement> {
    const line = new LiveLine({
      isQuiet: this.isQuiet,
      stream: process.stderr,
      plainEveryMs: PLAIN_PROGRESS_EVERY_MS,
    });
    const paint = this.paintErr;
    const interrupts = new Interrupts(() => line.say('Stopping: a report of what was measured'));
    interrupts.hurry.addEventListener('abort', () => process.exit(EXIT.interrupted));
    try {
      const data = await runBench({
        ...options,
        signal: interrupts.signal,
        onProgress: (progress) => {
          line.show(
            () => progressLine(progress, paint),
            () => progressText(progress),
          );
        },
      });
      line.end();
      for (const text of reportLines(data, this.paintOut)) this.print(text);
      const exit = this.showTrouble(troubleOf(data));
      return { data, exit: interrupts.exitCode ?? exit };
    } finally {
      line.end();
      interrupts.release();
    }
  }

  /** Addresses stand for themselves; names are nodes of the cluster. */
  async #targets(
    texts: readonly string[],
    choice: { cluster: string | undefined; dir: string },
  ): Promise<{ readonly targets: Target[]; readonly app: AppName | null }> {
    const addresses = texts.flatMap((text) => parseTarget(text) ?? []);
    const names = texts.filter((text) => parseTarget(text) === null);
    if (addresses.length > 0 && names.length === 0) return { targets: addresses, app: null };
    const store = new ClusterStore(choice.dir);
    const spec = await store.find(choice.cluster ?? null);
    checkApp(spec, 'kvstore');
    const named = await loadTargets(store, spec, names);
    const targets = [...addresses, ...named.map((address) => ({ address }))];
    return { targets, app: spec.app };
  }
}

/** A measurement that cannot be believed says nothing about objectives. */
function troubleOf(result: BenchResult): RaftctlError | null {
  if (!result.isValid) {
    return new RaftctlError('MEASUREMENT_INVALID', {
      message: `The measurement is invalid: ${result.invalidReasons.join('; ')}`,
      hint: 'Lower the rate, or leave more of the machine to the generator',
    });
  }
  const missed = result.slos.filter((slo) => !slo.isMet);
  if (missed.length === 0) return null;
  const list = missed.map(({ slo, actual, unit }) => `${slo} (${actualText(actual, unit)})`);
  return new RaftctlError('SLO_MISSED', { message: `Objectives were missed: ${list.join(', ')}` });
}
