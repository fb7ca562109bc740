/** raft-demo's kvstore: two generations of it, and its three of clients. */
import { resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { askByLine } from './joining.ts';
import { MONIT_FLAG, monitorItself } from './monit.ts';
import { addressOf, adminPortOf, directoryOf, fsyncOf, NODE_FLAGS, portOf } from './node-flags.ts';
import { type NodePlan, type NodeStart, runOldNode } from './node-run.ts';
import type { OldFlag, OldLine } from './old-flags.ts';
import { POD_WAIT_FLAG, podDirectory, podServer, runsAsPod } from './pod-servers.ts';
import { type AsContext, isOn, numberOf, type OldProgram, textOf } from './program.ts';

/** Of every server of raft-demo. */
export const DEMO_FLAGS: readonly OldFlag[] = [
  { name: 'id', kind: 'text', default: '', about: 'name of the node' },
  { name: 'port', kind: 'text', default: ':11000', about: 'where clients come' },
  { name: 'raft', kind: 'text', default: ':12000', about: 'Raft address' },
  { name: 'join', kind: 'text', default: '', about: 'a join port (-hjoin) of a cluster to join' },
  { name: 'hjoin', kind: 'text', default: '', about: 'where others may ask to join' },
  {
    name: 'logfolder',
    kind: 'text',
    default: '',
    about: 'where the application log goes, with its /',
  },
  { name: 'cpuprofile', kind: 'text', default: '', about: 'profile of the processor, at the end' },
  { name: 'memprofile', kind: 'text', default: '', about: 'profile of allocations, at the end' },
  {
    ...{ name: 'synclog', kind: 'switch', default: 'false', env: 'RAFTCTL_SYNCLOG' },
    about: 'every write to the application log is synced',
  },
  MONIT_FLAG,
  POD_WAIT_FLAG,
  ...NODE_FLAGS.filter(({ name }) => name !== 'reads'),
];

export const KVSTORE: OldProgram = {
  name: 'kvstore',
  system: 'raft-demo',
  about: 'Key-value store, text and protobuf, answers by UDP.',
  examples: [
    'kvstore -id node0 -hjoin :13000',
    'kvstore -id node1 -port :11001 -raft :12001 -join :13000',
    'kvstore -id node2 -port :11002 -raft :12002 -join :13000',
  ],
  flags: [
    ...DEMO_FLAGS,
    { name: 'hrecov', kind: 'text', default: '', about: 'where the application log is handed out' },
    {
      ...{ name: 'prefill', kind: 'number', default: '0', env: 'RAFTCTL_PREFILL' },
      about: 'keys 0, 1, ... of 1024 bytes it begins with; the original had 1000000',
    },
    {
      ...{ name: 'compress', kind: 'switch', default: 'false', env: 'RAFTCTL_COMPRESS' },
      about: 'values are stored compressed',
    },
  ],
  run: async (line, context) => {
    const plan = await demoPlan('kvstore', line, context);
    const compress = isOn(line, 'compress');
    const keys = numberOf(line, 'prefill');
    const isFounder = plan.start.type === 'alone' && keys > 0;
    return runOldNode(
      {
        ...plan,
        ports: plan.ports.map((port) => ({ ...port, compress })),
        ...(isFounder ? { prefill: { keys, compress } } : {}),
      },
      line,
      context,
    );
  },
};

/** Flags that a server tells at its start, with the words before them. */
type Labels = readonly (readonly [flag: string, label: string])[];

const LABELS: Labels = [
  ['id', 'ID'],
  ['port', 'app'],
  ['raft', 'raft'],
  ['join', 'join'],
  ['hjoin', 'hjoin'],
];

/** Where a server is, and how it begins: as its command line says, or as the pod it runs in. */
interface Place {
  readonly self: NodePlan['self'];
  readonly directory: string;
  readonly joins: string | undefined;
  readonly start: NodeStart;
}

/** What all servers of raft-demo have in common. @throws {RaftctlError} USAGE; see podServer() */
export async function demoPlan(
  program: string,
  line: OldLine,
  context: AsContext,
  labels: Labels = LABELS,
): Promise<NodePlan> {
  const place = runsAsPod(line, context)
    ? await placeOfPod(program, line, context)
    : placeTyped(program, line, context, labels);
  const { self, joins, start, directory } = place;
  const { id, clientAddress } = self;
  return {
    ...{ cluster: program, directory, self, start },
    fsync: fsyncOf(line),
    ports: [portOf(line, { address: clientAddress, dialect: 'raft-demo' })],
    extras: { ...extrasOf(line, context, id), ...(joins === undefined ? {} : { joins }) },
    profiles: profilesOf(line, context),
    keepsLog: true,
    onReady: () => {
      context.say(`${program}: ${id} answers on ${clientAddress}`);
      if (isOn(line, MONIT_FLAG.name)) monitorItself(context);
    },
  };
}

function placeTyped(program: string, line: OldLine, context: AsContext, labels: Labels): Place {
  const id = textOf(line, 'id');
  if (id === '') {
    throw new RaftctlError('USAGE', {
      message: `Cannot start ${program} without a name`,
      hint: 'Use -id to give one, as in -id node0',
    });
  }
  for (const [flag, label] of labels) context.print(`${label}: ${textOf(line, flag)}`);
  const clientAddress = addressOf(line, context, { flag: 'port', listens: true });
  const peerAddress = addressOf(line, context, { flag: 'raft', listens: false });
  const join = optionalAddress(line, context, { flag: 'join', listens: false });
  return {
    directory: directoryOf(line, context, `${program}-${id}`),
    self: { id, clientAddress, peerAddress, adminAddress: adminPortOf(peerAddress) },
    joins: optionalAddress(line, context, { flag: 'hjoin', listens: true }),
    start:
      join === undefined
        ? { type: 'alone' }
        : { type: 'join', contacts: async () => [await askByLine(join)] },
  };
}

async function placeOfPod(program: string, line: OldLine, context: AsContext): Promise<Place> {
  const pod = await podServer(program, line, context);
  const { id, clientAddress, peerAddress, joins, contacts } = pod;
  return {
    directory: podDirectory(program, line, context, id),
    self: { id, clientAddress, peerAddress, adminAddress: adminPortOf(peerAddress) },
    joins: joins ?? undefined,
    start: contacts === null ? { type: 'alone' } : { type: 'join', contacts },
  };
}

function extrasOf(line: OldLine, context: AsContext, id: string): NonNullable<NodePlan['extras']> {
  const folder = textOf(line, 'logfolder');
  const transfer = line.values.has('hrecov')
    ? optionalAddress(line, context, { flag: 'hrecov', listens: true })
    : undefined;
  // Put together as the original does: a folder without its slash is part of the name.
  const path = resolve(context.cwd, `${folder}log-file-${id}.txt`);
  return {
    throughputFile: resolve(context.cwd, `${id}-throughput.out`),
    ...(transfer === undefined ? {} : { transfer }),
    ...(folder === '' ? {} : { applicationLog: { path, sync: isOn(line, 'synclog') } }),
  };
}

function optionalAddress(
  line: OldLine,
  context: AsContext,
  ask: { readonly flag: string; readonly listens: boolean },
): string | undefined {
  return textOf(line, ask.flag) === '' ? undefined : addressOf(line, context, ask);
}

function profilesOf(line: OldLine, context: AsContext): NonNullable<NodePlan['profiles']> {
  const [cpu, heap] = [textOf(line, 'cpuprofile'), textOf(line, 'memprofile')];
  return {
    ...(cpu === '' ? {} : { cpu: resolve(context.cwd, cpu) }),
    ...(heap === '' ? {} : { heap: resolve(context.cwd, heap) }),
  };
}
