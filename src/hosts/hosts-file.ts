/**
 * `hosts.toml`: the machines of a cluster, one for each node, in the order of the nodes.
 *
 * ```toml
 *  directory = "/srv/raftctl"      # where program and data go; relative: in the home folder there
 *
 *  [[host]]
 *  ssh = "admin@alpha"             # as it is typed behind ssh
 *  address = "10.0.0.1"            # where the others and clients reach it
 * ```
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { checkToml, readTomlFile } from '../config/toml-file.ts';
import { RaftctlError } from '../std/errors.ts';

/** What a host's entry may say, and the file for all of them. */
const EACH = {
  directory: z.string().min(1).optional(),
  node: z.string().min(1).optional(),
};
const HOSTS = z.strictObject({
  ...EACH,
  sshConfig: z.string().min(1).optional(),
  host: z
    .array(
      z.strictObject({
        ...EACH,
        // A word that began with a hyphen would be an option of ssh.
        ssh: z.string().regex(/^[^-\s][^\s]*$/, 'it is what stands behind ssh, one word'),
        address: z
          .string()
          .regex(/^[^\s:/]+$/, 'it is an address or a name, without a port')
          .optional(),
      }),
    )
    .min(1)
    .max(99),
});

const DIRECTORY = '.raftctl';
const NODE = 'node';

/** A machine as its owner describes it. */
export interface HostWish {
  readonly ssh: string;
  /** Absolute; null: ssh's own files. */
  readonly sshConfig: string | null;
  readonly address: string;
  /** Absolute, or in the home folder there. */
  readonly directory: string;
  readonly node: string;
}

/** @throws {RaftctlError} CONFIG_INVALID with line and key, USAGE when there is no such file. */
export async function readHosts(path: string): Promise<HostWish[]> {
  const file = await readTomlFile(path);
  if (file === null) {
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${path}: there is no such file`,
      hint: 'It lists machines: [[host]], ssh = "alpha", address = "10.0.0.1"; see docs/hosts.md',
    });
  }
  const { host, sshConfig, directory = DIRECTORY, node = NODE } = checkToml(file, HOSTS);
  const config = sshConfig === undefined ? null : resolve(dirname(path), sshConfig);
  return host.map((one) => ({
    ssh: one.ssh,
    sshConfig: config,
    address: one.address ?? one.ssh.slice(one.ssh.lastIndexOf('@') + 1),
    directory: one.directory ?? directory,
    node: one.node ?? node,
  }));
}
