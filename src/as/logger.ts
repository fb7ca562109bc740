/**
 * raft-demo's logger: members without a vote, of one cluster or of many, whose application logs are
 * all there is of them. One process; each has a directory of its own.
 */
import { resolve } from 'node:path';
import { expectNodes } from '../node/daemon-process.ts';
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { askByLine } from './joining.ts';
import { MONIT_FLAG, monitorItself } from './monit.ts';
import { adminPortOf, directoryOf, fsyncOf, NODE_FLAGS } from './node-flags.ts';
import { type NodePlan, runOldNode } from './node-run.ts';
import type { OldLine } from './old-flags.ts';
import { type FollowedLeader, followedLeaders } from './pod-clients.ts';
import { POD_WAIT_FLAG } from './pod-servers.ts';
import { type AsContext, isOn, type OldProgram, textOf } from './program.ts';

/** What only nodes with clients take. */
const OTHERS: ReadonlySet<string> = new Set(['reads', 'on-follower']);

export const LOGGER: OldProgram = {
  name: 'logger',
  system: 'raft-demo',
  about: 'Writes down what clusters do: a member of each, without a vote.',
  examples: [
    'logger -id log1 -raft :12003 -join :13000 -logfolder /tmp/',
    "logger -id 'log0,log1' -raft ':12100,:12101' -join ':13000,:13001'",
  ],
  flags: [
    { name: 'id', kind: 'text', default: '', about: 'names, one for each cluster, with commas' },
    { name: 'raft', kind: 'text', default: ':12000', about: 'as many Raft addresses' },
    { name: 'join', kind: 'text', default: ':13000', about: 'as many join ports' },
    {
      name: 'hrecov',
      kind: 'text',
      default: '',
      about: 'where logs are handed out, in this order',
    },
    { name: 'logfolder', kind: 'text', default: '/tmp/', about: 'where logs go, with its /' },
    {
      ...{ name: 'textlog', kind: 'switch', default: 'false', env: 'RAFTCTL_TEXT_LOG' },
      about: 'lines of text in log-file-<id>.txt as well',
    },
    MONIT_FLAG,
    POD_WAIT_FLAG,
    ...NODE_FLAGS.filter(({ name }) => !OTHERS.has(name)),
  ],
  run: async (line, context) => {
    const loggers = (await followedLeaders(line, context)) ?? loggersOf(line);
    const plans = loggers.map((one, i) => planOf(line, context, { ...one, number: i }));
    if (isOn(line, MONIT_FLAG.name)) monitorItself(context);
    expectNodes(plans.length);
    const codes = await Promise.all(plans.map((plan) => runOldNode(plan, line, context)));
    return Math.max(...codes);
  },
};

/** @throws {RaftctlError} USAGE when the lists are not of one length. */
export function loggersOf(line: OldLine): readonly FollowedLeader[] {
  const listOf = (flag: string): string[] => [...new Set(textOf(line, flag).split(','))];
  const [ids, rafts, joins] = [listOf('id'), listOf('raft'), listOf('join')];
  if (textOf(line, 'id') === '') {
    throw new RaftctlError('USAGE', {
      message: 'Cannot start logger without a name',
      hint: 'Use -id to give one, as in -id log1',
    });
  }
  if (ids.length !== rafts.length || ids.length !== joins.length) {
    throw new RaftctlError('USAGE', {
      message: `Cannot start logger: -id names ${ids.length}, -raft ${rafts.length} and -join ${joins.length} different ones`,
      hint: 'Give as many of each as there are clusters to follow',
    });
  }
  return ids.map((id, i) => ({ id, raft: rafts[i] ?? '', join: joins[i] ?? '' }));
}

function planOf(
  line: OldLine,
  context: AsContext,
  one: FollowedLeader & { readonly number: number },
): NodePlan {
  const { id, raft, join, number } = one;
  context.print(`Application #${number}`);
  context.print(`loggerID: ${id}`);
  context.print(`raft: ${raft}`);
  context.print(`appIP: ${join}`);
  const peerAddress = listedAddress('raft', raft);
  const contact = listedAddress('join', join);
  const hrecov = textOf(line, 'hrecov').split(',')[number] ?? '';
  const path = resolve(context.cwd, `${textOf(line, 'logfolder')}log-file-${id}`);
  return {
    cluster: 'logger',
    directory: `${directoryOf(line, context, 'logger')}-${id}`,
    // It has no clients: what others are told is an address where nobody listens for them.
    self: { id, clientAddress: peerAddress, peerAddress, adminAddress: adminPortOf(peerAddress) },
    fsync: fsyncOf(line),
    ports: [],
    learner: true,
    start: { type: 'join', contacts: async () => [await askByLine(contact)] },
    extras: {
      applicationLog: { path: `${path}.log`, sync: false },
      ...(isOn(line, 'textlog') ? { textLog: `${path}.txt` } : {}),
      throughputFile: resolve(context.cwd, `${id}-throughput.out`),
      throughputOf: 'records',
      ...(hrecov === '' ? {} : { transfer: listedAddress('hrecov', hrecov) }),
    },
    keepsLog: true,
    onReady: () => context.say(`logger: ${id} follows the cluster at ${contact}, into ${path}.log`),
  };
}

function listedAddress(flag: string, text: string): string {
  const parsed = parseAddress(text);
  if (parsed === null || parsed.port === 0) {
    throw new RaftctlError('USAGE', {
      message: `Cannot use -${flag} ${JSON.stringify(text)}: it is not HOST:PORT or :PORT`,
    });
  }
  return formatAddress({
    host: parsed.host === 'localhost' ? '127.0.0.1' : parsed.host,
    port: parsed.port,
  });
}
