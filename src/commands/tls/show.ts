import { resolve } from 'node:path';
import { BaseCommand } from '../../cli/base-command.ts';
import { tlsArgs, tlsFlags } from '../../cli/tls-flags.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { keysInUse } from '../../cluster/tls-change.ts';
import { TlsFolder } from '../../cluster/tls-folder.ts';
import { certificateLines, endsSoon, shownCertificate } from '../../cluster/tls-view.ts';
import { EXIT } from '../../std/errors.ts';

export default class TlsShow extends BaseCommand {
  static override summary = 'Show the certificates of a cluster, until when, and what is in use.';
  static override description =
    'IN USE says whether the running node shows this certificate. Exit 5 when one ends within 30 ' +
    'days, or when a node has not read its new one.';
  static override examples = [
    '<%= config.bin %> tls show demo',
    '<%= config.bin %> tls show --into ./keys --json',
  ];
  static override args = tlsArgs;
  static override flags = tlsFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TlsShow);
    const store = new ClusterStore(flags.dir);
    const spec =
      flags.into === undefined ? await store.findAnywhere(this.clusterNamed(args.name)) : null;
    const folder =
      spec === null ? new TlsFolder(resolve(flags.into ?? '')) : store.tlsFolderOf(spec.name);
    await folder.mustExist();
    const used = spec === null ? new Map() : await keysInUse(store, spec);
    const rows = await folder.certificates();
    const certificates = rows.map((row) =>
      shownCertificate(row, used.get(row.name)?.fingerprint ?? null, Date.now()),
    );
    for (const line of certificateLines(certificates, this.paintOut)) this.print(line);
    const isReplacing = await folder.isReplacing();
    if (isReplacing) this.note('An authority is being replaced: raftctl tls rotate goes on');
    const isWell =
      !isReplacing && !certificates.some((row) => endsSoon(row) || row.inUse === 'other');
    const data = {
      ...{ cluster: spec?.name ?? null, directory: folder.path },
      ...{ trusted: await folder.trusted(), isReplacing, certificates },
    };
    return this.answer('tls.show', data, isWell ? EXIT.ok : EXIT.unhealthy);
  }
}
