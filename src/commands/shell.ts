import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { contextNames, readManifest } from '../cli/complete-command.ts';
import { runsDirectory, stateDirectory } from '../cli/directories.ts';
import { entryOf } from '../cli/entry.ts';
import { kvFlags } from '../cli/flags.ts';
import { localNames } from '../cli/local-names.ts';
import { entrustGiven } from '../cluster/given-credentials.ts';
import { ClusterStore } from '../cluster/store.ts';
import { completeLine } from '../shell/completer.ts';
import { runEditor } from '../shell/editor.ts';
import { historyFile } from '../shell/history.ts';
import { runScript } from '../shell/script.ts';
import { ShellSession } from '../shell/session.ts';

export default class Shell extends BaseCommand {
  static override summary = 'Type commands and RESP commands in one place.';
  static override description =
    "raftctl's commands without the word raftctl, and RESP commands that go to the cluster in use, " +
    'with history and completion. Reads lines from a pipe as well: the exit code is then that of the ' +
    'last line, with --strict of the first that fails. With --json every line answers with one line of JSON.';
  static override examples = [
    '<%= config.bin %> shell --cluster demo',
    "printf 'SET a 1\\nGET a\\ncluster status\\n' | <%= config.bin %> shell --strict",
  ];
  static override flags = {
    ...kvFlags,
    strict: Flags.boolean({
      summary: 'From a pipe: stop at the first line that fails.',
      env: 'RAFTCTL_STRICT',
    }),
    raw: Flags.boolean({
      summary: 'Print replies without types and quotes. [default: unless on a terminal]',
      allowNo: true,
      env: 'RAFTCTL_RAW',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Shell);
    await entrustGiven(flags.endpoints?.split(',') ?? [], flags);
    const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const { root } = this.config;
    const session = new ShellSession({
      config: this.config,
      entry: entryOf(root),
      place: {
        dir: flags.dir,
        cluster: await clusterInUse(flags),
        endpoints: flags.endpoints ?? null,
        ...{ context: this.context, isContextPlace: this.isContextPlace },
        isReadOnly: this.isReadOnly,
      },
      timeoutMs: flags.timeout,
      isRaw: flags.raw ?? !isTerminal,
      isJson: this.jsonEnabled(),
      isInteractive: isTerminal,
    });
    if (!isTerminal) {
      process.exitCode = await runScript(session, flags.strict);
      return undefined;
    }
    this.note(`raftctl ${this.config.version}: help explains, Tab completes, Ctrl-D leaves`);
    const manifest = readManifest(root);
    const places = { clusters: flags.dir, runs: runsDirectory(), root, ...(await contextNames()) };
    const names = localNames(places);
    process.exitCode = await runEditor({
      session,
      historyFile: historyFile(stateDirectory()),
      complete: (line) => completeLine(line, manifest, names, session.cluster),
    });
    return undefined;
  }
}

interface Choice {
  readonly dir: string;
  readonly cluster: string | undefined;
  readonly endpoints: string | undefined;
}

/** None beside addresses; the named one, which must exist; the only one there is; none yet. */
async function clusterInUse(choice: Choice): Promise<string | null> {
  const store = new ClusterStore(choice.dir);
  if (choice.endpoints !== undefined) return null;
  if (choice.cluster !== undefined) return (await store.findAnywhere(choice.cluster)).name;
  const specs = await store.list();
  return specs.length === 1 ? (specs[0]?.name ?? null) : null;
}
