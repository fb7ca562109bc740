/** raft-demo's load generator against one cluster: a process of its own, as in the thesis. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterSpec } from '../../cluster/topology.ts';
import type { ValueSize } from '../../config/experiment-schema.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { ExperimentRig } from './rig.ts';
import { numbersIn } from './throughput.ts';

/** The load generator's -data. */
const DATA_CHOICE: Readonly<Record<ValueSize, number>> = { 128: 0, 1024: 1, 4096: 2 };
const CONFIG = 'client-config.toml';
const ANSWER_MS_MAX = 5000;

export interface DemoLoadInit {
  readonly rig: ExperimentRig;
  readonly cluster: ClusterSpec;
  /** Of the cluster among those of the rig, from 0. */
  readonly number: number;
  /** Where its files go. */
  readonly folder: string;
  readonly clients: number;
  readonly size: ValueSize;
  readonly keys: number;
  readonly thinkingMs: number;
  readonly samplePercent: number;
}

export interface DemoLoadEnd {
  readonly requests: number;
  readonly seconds: number;
  readonly lost: number;
}

export class DemoLoad {
  readonly #init: DemoLoadInit;

  private constructor(init: DemoLoadInit) {
    this.#init = init;
  }

  /** Writes the file with its addresses; no load yet. */
  static async open(init: DemoLoadInit): Promise<DemoLoad> {
    const { rig, cluster, number, folder, thinkingMs } = init;
    const addresses = cluster.nodes.map(({ clientAddress }) => `"${clientAddress}"`);
    const lines = [
      `rep = ${addresses.length}`,
      `svrIps = [${addresses.join(', ')}]`,
      'localip = "127.0.0.1"',
      `udpport = ${rig.udpPortOf(number)}`,
      `thinkingTimeMsec = ${thinkingMs}`,
    ];
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, CONFIG), `${lines.join('\n')}\n`);
    return new DemoLoad(init);
  }

  /** For so long; what is not measured leaves no file. */
  async pour(seconds: number, isMeasured: boolean): Promise<DemoLoadEnd> {
    const length = ['-run', 'TestClientTimeKvstore', '-time', String(seconds)];
    return this.#run([...length, '-log', String(isMeasured)]);
  }

  /** So many requests of each client. */
  async count(requests: number): Promise<DemoLoadEnd> {
    return this.#run(['-req', String(requests), '-log', 'false']);
  }

  /** Nanoseconds, of the requests that were sampled. */
  async latenciesNs(): Promise<number[]> {
    const { folder, clients } = this.#init;
    const file = join(folder, `${clients}c-latency.out`);
    return readNumbers(file);
  }

  async #run(length: readonly string[]): Promise<DemoLoadEnd> {
    const { rig, clients, keys, size, samplePercent, folder } = this.#init;
    const load = ['-clients', String(clients), '-key', String(keys)];
    const text = await rig.run(
      [
        ...['as', 'loadgen', ...load, '-data', String(DATA_CHOICE[size]), '-config', CONFIG],
        ...['-sample', String(samplePercent), '-timeout', String(ANSWER_MS_MAX), ...length],
      ],
      folder,
    );
    const found = /^Executed (\d+) requests .* in ([\d.]+) seconds: .*?(\d+) lost$/m.exec(text);
    if (found !== null) {
      const [requests = 0, seconds = 0, lost = 0] = found.slice(1).map(Number);
      return { requests, seconds, lost };
    }
    throw new RaftctlError('MEASUREMENT_INVALID', {
      message: `Cannot read what the load generator said: ${text.trim()}`,
    });
  }
}

/** One number a line; none where there is no file yet. */
export async function readNumbers(file: string): Promise<number[]> {
  try {
    return numbersIn(await readFile(file, 'utf8'));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return [];
  }
}
