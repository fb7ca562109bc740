import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { tlsArgs, tlsFlags } from '../../cli/tls-flags.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { initTls } from '../../cluster/tls-change.ts';
import { CERTIFICATE_DAYS, TlsFolder } from '../../cluster/tls-folder.ts';
import { parseTlsMembers } from '../../cluster/tls-member.ts';
import { certificateLines, shownCertificate } from '../../cluster/tls-view.ts';

export default class TlsInit extends BaseCommand {
  static override summary = 'Make the certificates and tokens of a cluster.';
  static override description =
    'A cluster gets an authority of its own, a certificate for each member, one for the operator, ' +
    'and a token for each scope: client, client-read, admin, admin-read. Its nodes must be stopped; ' +
    'afterwards they serve nobody without. With --into they lie in a folder for nodes made by hand ' +
    '(node start --tls-dir); again, it adds certificates for members that have none. A new cluster ' +
    'has all of it by cluster up --tls.';
  static override examples = [
    '<%= config.bin %> tls init demo',
    '<%= config.bin %> tls init --into ./keys --member n1=10.0.0.1 --member n2=10.0.0.2',
  ];
  static override args = tlsArgs;
  static override flags = {
    ...tlsFlags,
    member: Flags.string({
      summary: 'With --into: a member and where it may serve; may be repeated.',
      helpValue: 'NAME=HOST,...',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['into'],
      env: 'RAFTCTL_MEMBER',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TlsInit);
    const made = flags.into === undefined ? await this.#ofCluster() : await this.#ofFolder();
    const rows = await made.folder.certificates();
    const certificates = rows.map((row) => shownCertificate(row, null, Date.now()));
    for (const line of certificateLines(certificates, this.paintOut)) this.print(line);
    const { cluster } = made;
    const directory = made.folder.path;
    if (!made.isNew) this.note(`There were certificates in ${directory} already`);
    else if (cluster !== null) this.note(`Start it: raftctl cluster up ${args.name ?? cluster} -d`);
    return this.answer('tls.init', { cluster, directory, isNew: made.isNew, certificates });
  }

  async #ofCluster() {
    const { args, flags } = await this.parse(TlsInit);
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(this.clusterNamed(args.name));
    const isNew = await initTls(store, spec);
    return { cluster: spec.name, folder: store.tlsFolderOf(spec.name), isNew };
  }

  async #ofFolder() {
    const { args, flags } = await this.parse(TlsInit);
    const folder = new TlsFolder(resolve(flags.into ?? ''));
    const members = parseTlsMembers(flags.member ?? []);
    const isNew = !(await folder.exists());
    if (isNew) await folder.make(args.name ?? 'local', members, CERTIFICATE_DAYS);
    else await folder.add(members, CERTIFICATE_DAYS);
    return { cluster: null, folder, isNew };
  }
}
