/** Sends one request to a cluster all of whose nodes look out for it, and gathers what they saw. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { postAdmin } from '../client/admin-post.ts';
import { NodeWatcher } from '../client/node-watcher.ts';
import { RespConnection } from '../client/resp-connection.ts';
import { type Reply, RespError } from '../client/resp-reply.ts';
import { encodeCommand } from '../client/resp-request.ts';
import { checkApp } from '../cluster/endpoints.ts';
import { namedNodes } from '../cluster/nodes.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { type RequestTrace, requestTrace } from '../forensics/trace.ts';
import type { NodeClock } from '../forensics/trace-story.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeStatus } from '../wire/status.ts';
import type { NodeTrace } from '../wire/traces.ts';

export interface TraceWish {
  readonly dir: string;
  readonly cluster: string | null;
  readonly kind: 'write' | 'read';
  /** Who is asked; null: the leader. */
  readonly node: string | null;
  /** Of a read; a write goes to a key of its own. */
  readonly key: string | null;
  readonly timeoutMs: number;
}

/** What is written, for a minute. */
const OWN_KEY = 'raftctl:trace';
const OWN_KEY_MS = '60000';
/** Round trips from which a node's clock is known. */
const LOOKS = 7;
const ANSWER_MS_MAX = 3000;
/** After the answer, for followers that were not needed for it. */
const LATE_MS = 500;
const LATE_STEP_MS = 50;

interface Traced {
  readonly node: ClusterNode;
  readonly watcher: NodeWatcher;
  readonly status: NodeStatus;
  readonly clock: NodeClock;
}

/**
 * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_DIFFERS, NODE_NOT_FOUND, UNREACHABLE,
 *   NO_LEADER, OUTCOME_UNKNOWN when a write was not answered, REQUEST_REFUSED.
 */
export async function traceRequest(wish: TraceWish): Promise<RequestTrace> {
  const store = new ClusterStore(wish.dir);
  const spec = await store.findAnywhere(wish.cluster);
  checkApp(spec, 'kvstore');
  const secretHex = (await readFile(store.secretFileOf(spec.name), 'utf8')).trim();
  const watchers = spec.nodes.map((node) => ({
    node,
    watcher: new NodeWatcher(node.adminAddress, () => {}),
  }));
  try {
    const traced = (await Promise.all(watchers.map(lookAt))).filter((one) => one !== null);
    return await follow({ spec, traced, secretHex }, wish);
  } finally {
    for (const { watcher } of watchers) watcher.close();
  }
}

/** Null: it does not answer. */
async function lookAt(one: Pick<Traced, 'node' | 'watcher'>): Promise<Traced | null> {
  let [offsetMs, uncertaintyMs] = [0, Number.POSITIVE_INFINITY];
  let status: NodeStatus | null = null;
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const before = nowMs();
      const vitals = await one.watcher.vitals(ANSWER_MS_MAX);
      const half = (nowMs() - before) / 2;
      status = vitals.status;
      if (half >= uncertaintyMs) continue;
      uncertaintyMs = half;
      offsetMs = vitals.process.monoMs - (before + half);
    }
  } catch (error) {
    if (error instanceof RaftctlError) return null;
    throw error;
  }
  if (status === null) return null;
  // Processes of one machine read the same clock.
  if (Math.abs(offsetMs) <= uncertaintyMs) offsetMs = 0;
  return { ...one, status, clock: { node: status.id, offsetMs, uncertaintyMs } };
}

interface Ground {
  readonly spec: ClusterSpec;
  readonly traced: readonly Traced[];
  readonly secretHex: string;
}

async function follow({ spec, traced, secretHex }: Ground, wish: TraceWish): Promise<RequestTrace> {
  const leader = traced.find(({ status }) => status.role === 'leader');
  if (leader === undefined) {
    const hint = `See raftctl cluster status ${spec.name}`;
    throw new RaftctlError('NO_LEADER', { message: `Nobody leads ${spec.name}`, hint });
  }
  const named = wish.node === null ? undefined : namedNodes(spec, [wish.node])[0];
  const via = named ?? leader.node;
  const marker = `trace-${randomBytes(8).toString('hex')}`;
  const connection = await RespConnection.open(via.clientAddress, wish.timeoutMs);
  try {
    // The first request of a connection takes longer, at both ends.
    await ask(connection, ['PING'], wish);
    await Promise.all(
      traced.map(({ node: { adminAddress: address } }) => {
        const path = `/v1/trace/arm?marker=${marker}&ms=${wish.timeoutMs}`;
        return postAdmin({ address, path, secretHex, timeoutMs: ANSWER_MS_MAX });
      }),
    );
    const command =
      wish.kind === 'read'
        ? ['GET', wish.key ?? OWN_KEY]
        : ['SET', OWN_KEY, marker, 'PX', OWN_KEY_MS];
    const sentMonoMs = nowMs();
    await ask(connection, command, wish);
    const answeredMonoMs = nowMs();
    const voters = leader.status.members.filter(({ voter }) => voter).map(({ id }) => id);
    const facts = { kind: wish.kind, cluster: spec.name, via: via.id, voters };
    const clocks = traced.map(({ clock }) => clock);
    return await whole(traced, (traces) =>
      requestTrace({ ...facts, clocks, traces, sentMonoMs, answeredMonoMs }),
    );
  } finally {
    connection.close();
  }
}

/** Asks the nodes again while some follower has yet to acknowledge. */
async function whole(
  traced: readonly Traced[],
  judge: (traces: readonly NodeTrace[]) => RequestTrace,
): Promise<RequestTrace> {
  for (let waitedMs = 0; ; waitedMs += LATE_STEP_MS) {
    const traces = await Promise.all(
      traced.map(async ({ watcher }) => {
        const answer = await watcher.json('/v1/trace', ANSWER_MS_MAX);
        return (answer as { readonly data: NodeTrace }).data;
      }),
    );
    const trace = judge(traces);
    const heard = trace.steps.filter(({ step }) => step === 'acknowledge' || step === 'echo');
    if (heard.length >= traced.length - 1 || waitedMs >= LATE_MS) return trace;
    await sleep(LATE_STEP_MS);
  }
}

function ask(
  connection: RespConnection,
  args: readonly string[],
  { kind, timeoutMs }: TraceWish,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lost = (reason: string): void => {
      const message = `Cannot trace the ${kind}: ${reason}`;
      const code = kind === 'write' && args[0] === 'SET' ? 'OUTCOME_UNKNOWN' : 'UNREACHABLE';
      reject(new RaftctlError(code, { message }));
    };
    const timer = setTimeout(() => lost(`no answer within ${timeoutMs} ms`), timeoutMs);
    connection.listen({
      onReply: (reply) => {
        clearTimeout(timer);
        if (!(reply instanceof RespError)) resolve(reply);
        else {
          const message = `Cannot trace the ${kind}: ${reply.message}`;
          reject(new RaftctlError('REQUEST_REFUSED', { message }));
        }
      },
      onClose: () => {
        clearTimeout(timer);
        lost('the connection broke');
      },
    });
    connection.send(encodeCommand(args), 1);
  });
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
