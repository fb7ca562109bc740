/** How a request finds its command among those of a port. */
import type { RespCommand, RespRequest } from './resp-session.ts';

/** Names of at most six letters as small integers: found without making a string. */
const PACKED_LETTERS_MAX = 6;

export class RespCommandTable {
  readonly byName: ReadonlyMap<string, RespCommand>;
  readonly #packed: ReadonlyMap<number, RespCommand>;

  constructor(commands: readonly RespCommand[]) {
    this.byName = new Map(commands.map((command) => [command.name, command]));
    const short = commands.filter(({ name }) => name.length <= PACKED_LETTERS_MAX);
    this.#packed = new Map(
      short.map((command) => {
        const bytes = Uint8Array.from(command.name, (c) => c.charCodeAt(0));
        return [packName(bytes, 0, bytes.length), command];
      }),
    );
  }

  find(request: RespRequest): RespCommand | undefined {
    const start = request.starts[0] as number;
    const end = request.ends[0] as number;
    return end - start <= PACKED_LETTERS_MAX
      ? this.#packed.get(packName(request.bytes, start, end))
      : this.byName.get(request.arg(0).toUpperCase());
  }
}

/** Five bits a letter, whatever its case; -1 when it is not letters only. */
function packName(bytes: Uint8Array, start: number, end: number): number {
  let packed = 0;
  for (let i = start; i < end; i += 1) {
    const lower = (bytes[i] as number) | 32;
    if (lower < 97 || lower > 122) return -1;
    packed = (packed << 5) | (lower - 96);
  }
  return packed;
}
