import { Args, Flags } from '@oclif/core';
import { type Finding, type Judgement, LinearizabilityCheck } from '../../checker/checker.ts';
import type { Operation } from '../../checker/history.ts';
import { HISTORY_FORMATS, type ReadHistory, readHistory } from '../../checker/history-file.ts';
import { operationFields } from '../../checker/history-lines.ts';
import { foreignTo, MODEL_NAMES, type Model, modelNamed, modelOf } from '../../checker/models.ts';
import { drawPage } from '../../checker/page.ts';
import { reportLines } from '../../checker/report.ts';
import { actionText } from '../../checker/wording.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationFlag, sizeFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LiveLine } from '../../cli/live-line.ts';
import { readText, writeWhole } from '../../cli/text-files.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';
import { formatBytes, formatCount, formatDurationMs, plural } from '../../std/units.ts';

/** Between two looks at the clock and at signals. */
const SLICE_MS = 40;
const PLAIN_PROGRESS_EVERY_MS = 10_000;
const SLICE_STEPS_FIRST = 2000;
const SLICE_STEPS_MAX = 1_000_000;
/** Of the order, its end is in the JSON. */
const ORDER_MAX = 50;
const KEYS_MAX = 100;

export default class CheckLinearizability extends BaseCommand {
  static override summary = 'Judge whether what clients were answered can be explained.';
  static override description =
    'A history is linearizable if each operation can have taken effect at one moment between its ' +
    'call and its answer. Operations of unknown outcome took effect at any time after their call, ' +
    'or never. Reads histories of raftctl (JSON lines), EDN operation maps of Jepsen and lines of ' +
    'its log; see docs/history-format.md. Exit code 9: not linearizable, with the first answer ' +
    'that nothing explains. 4: the budget ran out, which is no pass. 130: cut short by Ctrl-C.';
  static override examples = [
    '<%= config.bin %> check linearizability history.jsonl',
    '<%= config.bin %> check linearizability history.edn --html fault.html --budget 10m',
    '<%= config.bin %> check linearizability jepsen.log --model cas-register --json',
  ];
  static override args = {
    history: Args.string({ description: 'File of the history; - reads stdin.', required: true }),
  };
  static override flags = {
    model: Flags.string({
      summary: 'What the keys are. [default: as the file says, or as its operations need]',
      options: [...MODEL_NAMES],
      env: 'RAFTCTL_MODEL',
    }),
    initial: Flags.string({
      summary: 'What every key holds at the start. [default: as the file says, or nothing]',
      helpValue: 'VALUE',
      env: 'RAFTCTL_INITIAL',
    }),
    format: Flags.string({
      summary: 'How the file is written. [default: as it looks]',
      options: [...HISTORY_FORMATS],
      env: 'RAFTCTL_FORMAT',
    }),
    budget: durationFlag({
      summary: 'How long to search.',
      default: 60_000,
      defaultHelp: async () => '60s',
      env: 'RAFTCTL_BUDGET',
    }),
    memory: sizeFlag({
      summary: 'How much the search may remember.',
      default: 2 ** 30,
      defaultHelp: async () => '1GiB',
      env: 'RAFTCTL_MEMORY',
    }),
    html: Flags.string({
      summary: 'Draw the history into this file.',
      helpValue: 'FILE',
      env: 'RAFTCTL_HTML',
    }),
    pairs: Flags.string({
      summary: 'Jepsen: whether values are pairs of key and value.',
      options: ['auto', 'yes', 'no'],
      default: 'auto',
      env: 'RAFTCTL_PAIRS',
    }),
    'failed-cas': Flags.string({
      summary: 'Jepsen: whether a cas that failed is passed over, or saw another value.',
      options: ['ignore', 'sees'],
      default: 'ignore',
      env: 'RAFTCTL_FAILED_CAS',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CheckLinearizability);
    const name = args.history === '-' ? 'stdin' : args.history;
    const history = readHistory(await readText(args.history), {
      name,
      format: HISTORY_FORMATS.find((format) => format === flags.format) ?? null,
      pairs: flags.pairs as 'auto' | 'yes' | 'no',
      failedCasSees: flags['failed-cas'] === 'sees',
    });
    const model = modelFor(history, name, flags);
    const begunAt = performance.now();
    const { judgement, exit } = await this.#judge(history, model, flags);
    const durationMs = performance.now() - begunAt;
    const { timeUnit, format } = history;
    if (flags.html !== undefined) {
      const page = drawPage({ judgement, title: name, model: model.name, timeUnit });
      await writeWhole(flags.html, page);
    }
    const durationText = formatDurationMs(durationMs);
    const input = { judgement, model: model.name, timeUnit, durationText, paint: this.paintOut };
    for (const line of reportLines(input)) this.print(line);
    if (flags.html !== undefined) this.print(`drawn in ${flags.html}`);
    const troubleExit = this.showTrouble(troubleOf(judgement, name, flags));
    const data = {
      ...{ file: name, format, timeUnit, model: model.name, verdict: judgement.verdict },
      ...{ operationCount: judgement.operationCount, unknownCount: judgement.unknownCount },
      ...{ keyCount: judgement.keyCount, undecidedCount: judgement.undecided.length },
      undecidedKeys: judgement.undecided.slice(0, KEYS_MAX),
      ...{ stepCount: judgement.stepCount, durationMs },
      fault: judgement.finding?.isIllegal ? faultOf(judgement.finding) : null,
      html: flags.html ?? null,
    };
    return this.answer('check.linearizability', data, exit ?? troubleExit);
  }

  /** Searches in slices, so that Ctrl-C is heard and progress is seen. */
  async #judge(
    { operations }: ReadHistory,
    model: Model,
    { budget, memory }: { readonly budget: number; readonly memory: number },
  ): Promise<{ judgement: Judgement; exit: number | null }> {
    const line = new LiveLine({
      isQuiet: this.isQuiet,
      stream: process.stderr,
      plainEveryMs: PLAIN_PROGRESS_EVERY_MS,
    });
    const interrupts = new Interrupts(() => line.say('Stopping: the verdict so far'));
    interrupts.hurry.addEventListener('abort', () => process.exit(EXIT.interrupted));
    try {
      line.say(`Checking ${plural(operations.length, 'operation')}`);
      const check = new LinearizabilityCheck(operations, model, { bytesMax: memory });
      const deadline = performance.now() + budget;
      let steps = SLICE_STEPS_FIRST;
      for (let isDone = false; !isDone; ) {
        const begunAt = performance.now();
        isDone = check.advance(steps);
        const tookMs = performance.now() - begunAt;
        if (performance.now() > deadline || interrupts.signal.aborted) break;
        steps = Math.min(SLICE_STEPS_MAX, Math.ceil((steps * SLICE_MS) / Math.max(tookMs, 1)));
        const text = progressText(check);
        line.show(text, text);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { judgement: check.judgement, exit: interrupts.exitCode };
    } finally {
      line.end();
      interrupts.release();
    }
  }
}

function progressText(check: LinearizabilityCheck): () => string {
  return () => {
    const { decidedCount, keyCount, stepCount, bytes } = check;
    const steps = `${formatCount(stepCount)} steps, ${formatBytes(bytes)}`;
    return `${formatCount(decidedCount)} of ${formatCount(keyCount)} keys decided, ${steps}`;
  };
}

function modelFor(
  { operations, model, initial }: ReadHistory,
  name: string,
  flags: { readonly model: string | undefined; readonly initial: string | undefined },
): Model {
  const asked = MODEL_NAMES.find((known) => known === flags.model) ?? model ?? modelOf(operations);
  const chosen = modelNamed(asked, flags.initial ?? initial ?? null);
  const foreign = foreignTo(chosen, operations);
  if (foreign === null) return chosen;
  throw new RaftctlError('HISTORY_INVALID', {
    message: `Cannot judge ${name} as ${asked}: client ${foreign.client} did ${actionText(foreign)}`,
    hint: `A model that has that operation is ${modelOf(operations)}`,
  });
}

function troubleOf(
  { verdict, finding, undecided }: Judgement,
  name: string,
  { budget, memory }: { readonly budget: number; readonly memory: number },
): RaftctlError | null {
  if (verdict === 'ok') return null;
  if (verdict === 'unknown') {
    const spent = `${formatDurationMs(budget)} and ${formatBytes(memory)}`;
    return new RaftctlError('CHECK_UNDECIDED', {
      message: `Cannot decide ${name} within ${spent}: ${plural(undecided.length, 'key')} undecided`,
      hint: 'Give it more with --budget and --memory, or record fewer clients and operations a key',
    });
  }
  const blocked = finding?.blocked ?? null;
  const what = blocked === null ? '' : `: client ${blocked.client}, ${actionText(blocked)}`;
  return new RaftctlError('NOT_LINEARIZABLE', { message: `${name} is not linearizable${what}` });
}

function faultOf({ key, blocked, states, order, operations }: Finding): object {
  return {
    key,
    operationCount: operations.length,
    blocked: blocked === null ? null : drawn(blocked),
    possibleValues: states,
    orderLength: order.length,
    orderEnd: order.slice(-ORDER_MAX).map(drawn),
  };
}

/** As in the file, but for times: those may count events. */
function drawn(operation: Operation): object {
  const { startUs: start, endUs: end, ...rest } = operationFields(operation);
  return { ...rest, start, end };
}
