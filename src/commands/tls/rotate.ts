import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { tlsArgs, tlsFlags } from '../../cli/tls-flags.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { rotateFolder, rotateTls } from '../../cluster/tls-change.ts';
import { CERTIFICATE_DAYS, TlsFolder } from '../../cluster/tls-folder.ts';
import { certificateLines, shownCertificate } from '../../cluster/tls-view.ts';
import { rotateElsewhere } from '../../hosts/far-keys.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';

export default class TlsRotate extends BaseCommand {
  static override summary = 'Replace the certificates of a cluster while it runs.';
  static override description =
    'Makes new certificates and has the running nodes read them; connections that are open stay. ' +
    'With --authority the authority is replaced too: all nodes trust the new one before any shows ' +
    'its certificates, and the old one is forgotten last. With --tokens only the tokens are ' +
    'replaced: the old ones are taken until the next time. Broken off, it goes on where it was. ' +
    'Nodes of a folder (--into) read it on SIGHUP; --authority there is for nodes that are stopped.';
  static override examples = [
    '<%= config.bin %> tls rotate demo',
    '<%= config.bin %> tls rotate demo --authority',
    '<%= config.bin %> tls rotate demo --tokens',
  ];
  static override args = tlsArgs;
  static override flags = {
    ...tlsFlags,
    authority: Flags.boolean({
      summary: 'Replace the authority, and with it all certificates.',
      env: 'RAFTCTL_AUTHORITY',
    }),
    tokens: Flags.boolean({ summary: 'Replace the tokens.', env: 'RAFTCTL_TOKENS' }),
    days: Flags.integer({
      summary: 'How long new certificates are good.',
      default: CERTIFICATE_DAYS,
      min: 1,
      max: 3650,
      env: 'RAFTCTL_DAYS',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TlsRotate);
    const { authority = false, tokens = false, days, into } = flags;
    const wish = { authority, tokens, days };
    const store = new ClusterStore(flags.dir);
    const spec = into === undefined ? await store.findAnywhere(this.clusterNamed(args.name)) : null;
    const folder =
      spec === null ? new TlsFolder(resolve(into ?? '')) : store.tlsFolderOf(spec.name);
    await folder.mustExist();
    const told =
      spec === null
        ? await rotateFolder(folder, { ...wish, cluster: args.name ?? 'local' }, async () => [])
        : await (isElsewhere(spec) ? rotateElsewhere : rotateTls)(store, spec, wish);
    const rows = await folder.certificates();
    const certificates = rows.map((row) => shownCertificate(row, null, Date.now()));
    for (const line of certificateLines(certificates, this.paintOut)) this.print(line);
    this.note(
      told.length === 0 ? 'No node was told: none runs' : `${told.join(', ')} read them again`,
    );
    const data = {
      ...{ cluster: spec?.name ?? null, directory: folder.path, authority, tokens },
      ...{ told, certificates },
    };
    return this.answer('tls.rotate', data);
  }
}
