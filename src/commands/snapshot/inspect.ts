import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reportOf } from '../../cli/error-report.ts';
import { snapshotFileAt } from '../../cli/given-file.ts';
import { asOfText, type InspectedSnapshot } from '../../node/wal/snapshot-catalogue.ts';
import { EXIT } from '../../std/errors.ts';
import { formatBytes } from '../../std/units.ts';

export default class SnapshotInspect extends BaseCommand {
  static override summary = 'Verify a snapshot and say what is in it.';
  static override description =
    'Reads the whole file and checks every checksum in it; changes nothing and needs no node. Damage ' +
    'is named with its offset (exit code 12). See docs/snapshot-format.md.';
  static override examples = ['<%= config.bin %> snapshot inspect demo.snap --json'];
  static override args = {
    file: Args.string({ description: 'The file.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(SnapshotInspect);
    const path = await snapshotFileAt(args.file);
    const { FsDisk } = await import('../../node/io/fs-disk.ts');
    const { inspectSnapshot } = await import('../../node/wal/snapshot-catalogue.ts');
    const { decodeMembership } = await import('../../node/model/membership.ts');
    const found = await inspectSnapshot(new FsDisk({ readOnly: true }), path);
    const { header, damage } = found;
    const members =
      header === null ? [] : decodeMembership(header.meta.configuration).members.map(memberOf);
    const data = { ...dataOf(found), members };
    for (const line of lines(data)) this.print(line);
    const report = damage === null ? null : reportOf(damage);
    if (report !== null) this.print(`${this.paintOut('red', 'DAMAGED')}: ${report.message}`);
    return this.answer('snapshot.inspect', { ...data, damage: report }, report?.exit ?? EXIT.ok);
  }
}

type Data = ReturnType<typeof dataOf> & {
  readonly members: readonly ReturnType<typeof memberOf>[];
};

function memberOf(member: {
  readonly number: number;
  readonly name: string;
  readonly voter: boolean;
  readonly peerAddress: string;
}) {
  const { number, name: id, voter, peerAddress } = member;
  return { member: number, id, voter, peerAddress };
}

function dataOf({ path: file, bytes, header, chunks, dataBytes, digest }: InspectedSnapshot) {
  const meta = header?.meta;
  return {
    file,
    bytes,
    clusterId: header?.cluster ?? null,
    app: header?.app ?? null,
    index: meta?.index ?? null,
    term: meta?.term ?? null,
    asOf: meta === undefined ? null : asOfText(meta.leaderTimeMs),
    chainHash: meta === undefined ? null : meta.chain.toString(16).padStart(8, '0'),
    chunks,
    dataBytes,
    digest,
  };
}

function lines(data: Data): string[] {
  const size = `${formatBytes(data.bytes)}, ${data.chunks} chunks with ${formatBytes(data.dataBytes)} of data`;
  const members = data.members.map(({ id, voter }) => (voter ? id : `${id} (learner)`)).join(', ');
  const rows: readonly (readonly [string, string | number | null])[] = [
    ['file', data.file],
    ['size', size],
    ['cluster', data.clusterId],
    ['app', data.app],
    ['entry', data.index === null ? null : `${data.index}, term ${data.term}`],
    ['as of', data.asOf],
    ['members', members],
    ['chain hash', data.chainHash],
    ['sha256', data.digest],
  ];
  return rows.map(([name, value]) => `${name.padEnd(11)} ${value ?? '-'}`);
}
