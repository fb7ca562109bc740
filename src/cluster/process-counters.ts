/** What Linux counts of a process and of the network of its machine, since they began. */
import { readFile } from 'node:fs/promises';

export interface NetworkBytes {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface StorageBytes {
  /** From storage and to it: what the page cache answered or still holds does not count. */
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export interface ProcessUsage {
  /** Of the processor, by all its threads. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Of `/proc/<pid>/stat`: fixed at 100 for user space on Linux. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;

/** @throws when the process has ended. */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  return parseUsage(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** @param text a line whose second field, the name, may hold anything. */
export function parseUsage(text: string): ProcessUsage {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index] ?? '0');
  return { cpuMs: (at(11) + at(12)) * MS_PER_TICK, rssBytes: at(21) * PAGE_BYTES };
}

/** Of all interfaces of this machine, loopback included. @throws where the system does not tell. */
export async function networkBytes(): Promise<NetworkBytes> {
  return parseNetwork(await readFile('/proc/net/dev', 'utf8'));
}

/** @throws when the process has ended, or is somebody else's. */
export async function storageBytes(pid: number): Promise<StorageBytes> {
  return parseStorage(await readFile(`/proc/${pid}/io`, 'utf8'));
}

export function parseNetwork(text: string): NetworkBytes {
  let [receivedBytes, sentBytes] = [0, 0];
  for (const line of text.split('\n').slice(2)) {
    const fields = line
      .replace(/^[^:]*:/, '')
      .trim()
      .split(/\s+/);
    receivedBytes += Number(fields[0] ?? '0');
    sentBytes += Number(fields[8] ?? '0');
  }
  return { receivedBytes, sentBytes };
}

export function parseStorage(text: string): StorageBytes {
  const counter = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { readBytes: counter('read_bytes'), writtenBytes: counter('write_bytes') };
}
