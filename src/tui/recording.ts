/**
 * The flight recorder: a file of lines, a header first, then a sample each. It can be read while it
 * is written, and a line cut by a crash is left out.
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
  readonly startedAtMs: number;
}

export class Recorder {
  readonly #stream: WriteStream;
  #bytes = 0;

  private constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @throws {RaftctlError} RECORDING_INVALID when the file is there already or cannot be made. */
  static async create(file: string, cluster: string): Promise<Recorder> {
    try {
      // Never over another recording.
      const handle = await open(file, 'wx', 0o600);
      const recorder = new Recorder(createWriteStream('', { fd: handle }));
      const header: Header = { schema: RECORDING_SCHEMA, cluster, startedAtMs: Date.now() };
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

/** @throws {RaftctlError} RECORDING_INVALID when the file is no recording or holds no sample. */
export async function readRecording(file: string): Promise<{ flight: Flight; cluster: string }> {
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
  const flight = new Flight({ samplesMax: Number.POSITIVE_INFINITY });
  for (const line of lines) {
    const sample = parse(line) as Sample | null;
    if (sample !== null && Array.isArray(sample.nodes)) flight.add(sample);
  }
  if (flight.length === 0) throw unusable(file, 'it holds no sample');
  return { flight, cluster: header.cluster ?? '' };
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
