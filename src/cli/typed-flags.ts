/** What a command line says to a flag, before or without oclif. */

/** Whether the command line itself has a flag. */
export function isTyped(argv: readonly string[], flag: string): boolean {
  return flagsOf(argv).some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
}

/** What the command line gives a flag, before oclif has read it; null: it does not have it. */
export function typedValue(argv: readonly string[], flag: string): string | null {
  const words = flagsOf(argv);
  const at = words.findLastIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  if (at < 0) return null;
  const assigned = words[at]?.slice(`--${flag}=`.length) ?? '';
  return words[at] === `--${flag}` ? (words[at + 1] ?? null) : assigned;
}

function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}
