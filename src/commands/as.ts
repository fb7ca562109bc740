import { BaseCommand } from '../cli/base-command.ts';
import { stateDirectory } from '../cli/directories.ts';
import { entryOf } from '../cli/entry.ts';
import { versionInfo } from '../cli/version.ts';

export default class As extends BaseCommand {
  static override summary = 'Run a program of an older Raft system by its old command line.';
  static override description =
    'Alone, it lists the programs with the lines of their READMEs; with PROGRAM -help, its flags. ' +
    'Old flags, ports, answers and files are what they were; the node underneath is this one.';
  static override examples = [
    '<%= config.bin %> as',
    '<%= config.bin %> as hraftd -id node0 ~/node0',
    '<%= config.bin %> as raftexample --id 1 --cluster http://127.0.0.1:12379 --port 12380',
  ];
  static override strict = false;
  static override usage = 'as [PROGRAM [ITS OWN FLAGS]]';

  /** The words belong to the older program: oclif would not know its flags. */
  async run(): Promise<unknown> {
    const { OLD_PROGRAMS, overviewLines, runAs } = await import('../as/as.ts');
    const [name, ...argv] = this.argv;
    if (name === undefined || name.startsWith('-')) {
      await this.parse(As);
      for (const line of overviewLines()) this.print(line);
      const programs = OLD_PROGRAMS.map(({ name, system, about, examples }) => {
        return { name, system, about, examples };
      });
      return this.answer('as', { programs });
    }
    process.exitCode = await runAs(name, argv, {
      env: process.env,
      cwd: process.cwd(),
      version: versionInfo().raftctl,
      stateDirectory: stateDirectory(),
      entry: entryOf(this.config.root),
      print: (line) => process.stdout.write(`${line}\n`),
      say: (line) => process.stderr.write(`${line}\n`),
    });
    return undefined;
  }
}
