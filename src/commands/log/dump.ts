import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reportOf } from '../../cli/error-report.ts';
import { findNodeProcess } from '../../cluster/node-process.ts';
import type { LogDumpEnd, LogDumpRow } from '../../node/wal/dump.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';
import type { Paint } from '../../std/paint.ts';
import { formatBytes } from '../../std/units.ts';

export default class LogDump extends BaseCommand {
  static override summary = "Print a stopped node's log, frame by frame.";
  static override description =
    'Reads only. Every frame whose checksums are right is a row, up to the end of the log or to ' +
    'damage, which is named with file and offset (exit code 12). See docs/wal-format.md.';
  static override examples = ['<%= config.bin %> log dump ./n1 --json'];
  static override args = {
    directory: Args.string({ description: 'Data directory of the node.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(LogDump);
    const dataDir = resolve(args.directory);
    await checkStopped(dataDir);
    const { FsDisk } = await import('../../node/io/fs-disk.ts');
    const { dumpLog } = await import('../../node/wal/dump.ts');
    const rows: LogDumpRow[] = [];
    const isJson = this.jsonEnabled();
    let isFirst = true;
    const end = await dumpLog(new FsDisk(), await logFolder(dataDir), (row) => {
      if (isJson) rows.push(row);
      if (isFirst) this.print(this.paintOut('dim', HEADER));
      isFirst = false;
      this.print(rowLine(row));
    });
    for (const line of endLines(end, this.paintOut)) this.print(line);
    const { damage, ...rest } = end;
    const report = damage === null ? null : reportOf(damage);
    return this.answer('log.dump', { rows, ...rest, damage: report }, report?.exit ?? EXIT.ok);
  }
}

const WIDTHS = [22, 10, 10, 14, 8, 9, 9, 10] as const;
const HEADER = columns('FILE', 'OFFSET', 'KIND', 'WHAT', 'TERM', 'FIRST', 'LAST', 'BYTES');

function rowLine(row: LogDumpRow): string {
  const what = row.batchKind ?? (row.vote === null ? '-' : `vote ${row.vote || 'for none'}`);
  const { file, offset, kind, term, first, last, bytes } = row;
  return columns(file, offset, kind, what, term, first, last, formatBytes(bytes));
}

function columns(...cells: readonly (string | number | null)[]): string {
  return cells
    .map((cell, i) => String(cell ?? '-').padEnd(WIDTHS[i] ?? 0))
    .join(' ')
    .trimEnd();
}

function endLines(end: LogDumpEnd, paint: Paint): string[] {
  const owner = `member ${end.member} of cluster ${end.cluster}`;
  if (end.damage !== null) return ['', `${paint('red', 'DAMAGED')}: ${end.damage.message}`, owner];
  const where =
    end.end === null ? '' : ` at ${end.end.file} offset ${end.end.offset} (${end.end.reason})`;
  const last = end.lastIndex ?? 0;
  return [
    '',
    `last index ${last}, term ${end.term}, vote ${end.vote || 'for none'}`,
    `ends${where}, ${owner}`,
  ];
}

/** A running node writes as we read: what looks like a torn tail would be its next frame. */
async function checkStopped(dataDir: string): Promise<void> {
  const found = await findNodeProcess(dataDir);
  if (found === null) return;
  throw new RaftctlError('NODE_RUNNING', {
    message: `Cannot print the log of a running node: pid ${found.pid} runs ${dataDir}`,
    hint: 'Stop it first: raftctl node stop NODE',
  });
}

/** Given is the node's directory, or the log's own. */
async function logFolder(dataDir: string): Promise<string> {
  const inner = join(dataDir, 'log');
  return access(inner).then(
    () => inner,
    () => dataDir,
  );
}
