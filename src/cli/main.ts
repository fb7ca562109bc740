/**
 * The way into the program. What needs no command is answered here at once (`--version`, no words
 * at all); everything else goes to oclif, loaded only then.
 */
import { fileURLToPath } from 'node:url';
import { EXIT } from '../std/errors.ts';
import { paintFor } from './colour.ts';
import { isBrokenPipe, OUTPUT_CLOSED } from './error-report.ts';
import { typed } from './invocation.ts';
import { reportFailure, runWords } from './run-words.ts';
import { versionLine } from './version.ts';

const WELCOME: readonly (readonly [string, string])[] = [
  ['raftctl demo', 'watch a cluster lose its leader and nothing else'],
  ['raftctl cluster up --detach', 'start three nodes that stay'],
  ['raftctl cluster status', 'who leads, who is down, how far behind'],
  ['raftctl kv set greeting hello', 'write through the log'],
  ['raftctl cheat', 'the lines for most tasks'],
  ['raftctl help', 'everything else'],
];

/** Runs one command line and leaves its exit code in `process.exitCode`. */
export async function run(argv: readonly string[], entryUrl: string): Promise<void> {
  silenceBrokenPipes();
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    process.stdout.write(`${versionLine()}\n`);
    return;
  }
  if (argv[0] === '__complete') {
    const { completionText } = await import('./complete-command.ts');
    const root = fileURLToPath(new URL('..', entryUrl));
    process.stdout.write(await completionText(argv.slice(1), root));
    return;
  }
  if (argv.length === 0) {
    printWelcome();
    return;
  }
  try {
    const { Config } = await import('@oclif/core/config');
    await runWords(argv, await Config.load(fileURLToPath(entryUrl)));
  } catch (error) {
    reportFailure(error, argv);
  }
}

function printWelcome(): void {
  const paint = paintFor(process.stdout, false);
  const width = Math.max(...WELCOME.map(([command]) => typed(command).length));
  const lines = WELCOME.map(
    ([command, what]) => `  ${paint('cyan', typed(command).padEnd(width))}  ${what}`,
  );
  process.stdout.write(`Run, study and benchmark Raft clusters.\n\n${lines.join('\n')}\n`);
}

/**
 * A reader that went away (`| head`) is success, not an error. A command that has something to
 * clean up does that first: it listens for this signal as for Ctrl-C (interrupts.ts).
 */
function silenceBrokenPipes(): void {
  let isBroken = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isBrokenPipe(error)) throw error;
      if (isBroken) return;
      isBroken = true;
      if (!process.emit(OUTPUT_CLOSED as 'SIGPIPE', OUTPUT_CLOSED as 'SIGPIPE'))
        process.exit(EXIT.ok);
    });
  }
}
