/** Where the generator ran: figures of different machines are not comparable. */
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Environment {
  readonly raftctl: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly kernel: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryBytes: number;
  /** Of the last minute before the run. */
  readonly loadAverage: number;
}

export function describeEnvironment(raftctl: string): Environment {
  return {
    raftctl,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${platform()}-${arch()}`,
    kernel: release(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    loadAverage: loadavg()[0] ?? 0,
  };
}
