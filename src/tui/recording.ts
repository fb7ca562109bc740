/**
 * The flight recorder: a file of lines, a header first, then a sample each; each says which cluster
 * it is of. It can be read while it is written, and a line cut by a crash is left out.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { RaftctlError } from '../std/errors.ts';
import { Flight } from './flight.ts';
import type { Sample } from './sample.ts';

export const RECORDING_SCHEMA = 'raftctl/flight/v1';

interface Header {
  readonly schema: typeof RECORDING_SCHEMA;
  readonly cluster: string;
  /** All of them, in order, where there are several. */
  readonly clusters?: readonly string[];
  readonly startedAtMs: number;
}

export class Recorder {
  readonly #stream: WriteStream;
  #bytes = 0;

  private constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @throws {RaftctlError} RECORDING_INVALID when the file is there already or cannot be made. */
  static async create(file: string, clusters: readonly string[]): Promise<Recorder> {
    try {
      // Never over another recording.
      const handle = await open(file, 'wx', 0o600);
      const recorder = new Recorder(createWriteStream('', { fd: handle }));
      const [cluster = ''] = clusters;
      const several = clusters.length > 1 ? { clusters } : {};
      const header: Header = {
        schema: RECORDING_SCHEMA,
        cluster,
        ...several,
        startedAtMs: Date.now(),
      };
      recorder.#write(header);
      return recorder;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RaftctlError('RECORDING_INVALID', {
        message: `Cannot record to ${file}: ${reason}`,
        hint: 'Name a file that does not exist yet',
        cause,
      });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(sample: Sample): void {
    this.#write(sample);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  #write(value: Header | Sample): void {
    const text = `${JSON.stringify(value)}\n`;
    this.#bytes += text.length;
    this.#stream.write(text);
  }
}

/** What was recorded of one cluster. */
export interface RecordedCluster {
  readonly name: string;
  readonly flight: Flight;
}

/**
 * @returns the clusters in the order in which they were named, at least one.
 * @throws {RaftctlError} RECORDING_INVALID when the file is no recording or holds no sample.
 */
export async function readRecording(file: string): Promise<readonly RecordedCluster[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause);
  }
  const [first = '', ...lines] = text.split('\n');
  const header = parse(first) as Partial<Header> | null;
  if (header?.schema !== RECORDING_SCHEMA)
    throw unusable(file, 'it is no recording of raftctl top');
  const flights = new Map<string, Flight>();
  for (const name of header.clusters ?? []) flights.set(name, newFlight());
  for (const line of lines) {
    const sample = parse(line) as Sample | null;
    if (sample === null || !Array.isArray(sample.nodes)) continue;
    const name = sample.cluster ?? header.cluster ?? '';
    const flight = flights.get(name) ?? newFlight();
    flights.set(name, flight);
    flight.add(sample);
  }
  const found = [...flights].map(([name, flight]) => ({ name, flight }));
  const seen = found.filter(({ flight }) => flight.length > 0);
  if (seen.length === 0) throw unusable(file, 'it holds no sample');
  return seen;
}

function newFlight(): Flight {
  return new Flight({ samplesMax: Number.POSITIVE_INFINITY });
}

/** Those that are named; all when none is. @throws {RaftctlError} RECORDING_INVALID */
export function recordedClusters(
  file: string,
  clusters: readonly RecordedCluster[],
  names: readonly string[],
): readonly RecordedCluster[] {
  if (names.length === 0) return clusters;
  return names.map((wanted) => {
    const found = clusters.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    const held = clusters.map(({ name }) => name).join(', ');
    throw unusable(file, `it holds ${held}, not ${wanted}`);
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function unusable(file: string, reason: string, cause?: unknown): RaftctlError {
  return new RaftctlError('RECORDING_INVALID', {
    message: `Cannot replay ${file}: ${reason}`,
    hint: 'Record one with: raftctl top --record FILE',
    cause,
  });
}
