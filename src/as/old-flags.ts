/**
 * Command lines as Go's `flag` package reads them: `-name value`, `--name value` and `-name=value`
 * are equal, a boolean is `-name` or `-name=false`, and flags end at the first word that is none.
 */
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';

export interface OldFlag {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'switch';
  /** Text as it would be typed; a switch is `true` or `false`. */
  readonly default: string;
  readonly about: string;
  /** The only values there are. */
  readonly options?: readonly string[];
  /** Takes its default from here, when this is set. */
  readonly env?: string;
}

export interface OldLine {
  /** By name: as typed, or the default. */
  readonly values: ReadonlyMap<string, string>;
  /** Flags that somebody typed. */
  readonly typed: ReadonlySet<string>;
  /** What stands behind the flags. */
  readonly words: readonly string[];
}

/** As Go's ParseBool. */
const YES = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const NO = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

type Env = Readonly<Record<string, string | undefined>>;

/** @throws {RaftctlError} USAGE naming the flag. */
export function parseOldLine(
  program: string,
  argv: readonly string[],
  { flags, env = {} }: { readonly flags: readonly OldFlag[]; readonly env?: Env },
): OldLine {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const values = new Map(flags.map((flag) => [flag.name, defaultOf(flag, env)]));
  const typed = new Set<string>();
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] as string;
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word);
    if (match === null) break;
    at += 1;
    const [, name = '', given] = match;
    const flag = byName.get(name);
    if (flag === undefined) throw unknownFlag(program, name, flags);
    let value = given;
    if (value === undefined && flag.kind === 'switch') value = 'true';
    if (value === undefined) {
      if (at === argv.length) throw refusal(program, `-${name} needs a value`, flags);
      value = argv[at] as string;
      at += 1;
    }
    values.set(name, checked(program, flag, value));
    typed.add(name);
  }
  if (argv[at] === '--') at += 1;
  return { values, typed, words: argv.slice(at) };
}

/** What `raftctl as PROGRAM -help` prints of a program's flags. */
export function flagLines(flags: readonly OldFlag[]): string[] {
  const shown = flags.map((flag) => {
    const value = { text: ' TEXT', number: ' N', switch: '' }[flag.kind];
    return {
      ...flag,
      left: `  -${flag.name}${flag.options ? ` ${flag.options.join('|')}` : value}`,
    };
  });
  const width = Math.max(0, ...shown.map(({ left }) => left.length));
  return shown.map(({ left, about, default: value }) => {
    const told = value === '' || value === 'false' ? '' : ` [default: ${value}]`;
    return `${left.padEnd(width)}  ${about}${told}`;
  });
}

function defaultOf(flag: OldFlag, env: Env): string {
  const said = flag.env === undefined ? undefined : env[flag.env];
  if (said === undefined || said === '') return flag.default;
  return checked(flag.env as string, flag, said, flag.env);
}

function checked(program: string, flag: OldFlag, value: string, shown = `-${flag.name}`): string {
  if (flag.kind === 'switch') {
    if (YES.has(value)) return 'true';
    if (NO.has(value)) return 'false';
    throw refusal(program, `${shown} is yes or no, not ${JSON.stringify(value)}`);
  }
  if (flag.kind === 'number' && !/^-?\d{1,15}$/.test(value)) {
    throw refusal(program, `${shown} is a number, not ${JSON.stringify(value)}`);
  }
  if (flag.options !== undefined && !flag.options.includes(value)) {
    throw refusal(
      program,
      `${shown} is ${flag.options.join(' or ')}, not ${JSON.stringify(value)}`,
    );
  }
  return value;
}

function unknownFlag(program: string, name: string, flags: readonly OldFlag[]): RaftctlError {
  const names = flags.map((flag) => flag.name);
  const near = nearestWord(name, names);
  return new RaftctlError('USAGE', {
    message: `Unknown flag of ${program}: -${name}`,
    hint:
      near === null
        ? `It takes ${names.map((each) => `-${each}`).join(', ')}`
        : `Did you mean -${near}?`,
  });
}

function refusal(program: string, why: string, flags: readonly OldFlag[] = []): RaftctlError {
  const message = `Cannot read the command line of ${program}: ${why}`;
  const hint = flags.length === 0 ? undefined : `See what it takes: raftctl as ${program} -help`;
  return new RaftctlError('USAGE', hint === undefined ? { message } : { message, hint });
}
