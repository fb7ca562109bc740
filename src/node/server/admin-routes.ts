/** What can be asked of the admin port, and how each is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Histogram } from '../../std/histogram.ts';
import type { NodeLogView } from '../../wire/log-view.ts';
import type { NodePhases, PhaseStats } from '../../wire/phases.ts';
import type { Security } from '../../wire/security.ts';
import type { AdminReplica, ProfileTaker } from './admin-contract.ts';
import { EventStream, parseEventQuery } from './admin-events.ts';
import type { AdminGuard } from './admin-guard.ts';
import { answerWithHistory } from './admin-history.ts';
import { MEMBERS_PARAMS, parseChanges } from './admin-members.ts';
import { addReplicaMetrics, METRICS_CONTENT_TYPE, MetricsPage } from './admin-metrics.ts';
import type { ProcessMetrics } from './admin-process.ts';
import { answerWithProfile } from './admin-profile.ts';
import { AdminRefusal, sendData, sendText } from './admin-reply.ts';
import { answerWithKeys, answerWithReload } from './admin-security.ts';
import { answerWithFile, answerWithSnapshots, answerWithTake } from './admin-snapshots.ts';
import { armTrace, traceOf } from './admin-trace.ts';
import { answerWithTransfer } from './admin-transfer.ts';
import { vitalsOf } from './admin-vitals.ts';

/** The reason a client may give for a stop, for the log. Characters. */
const REASON_LENGTH_MAX = 200;
/** Batches that `/v1/log` tells of. */
const BATCHES_SHOWN = 64;

export interface AdminContext {
  readonly replicas: readonly AdminReplica[];
  readonly guard: AdminGuard;
  readonly processMetrics: ProcessMetrics;
  readonly profiler: ProfileTaker;
  readonly streams: Set<EventStream>;
  /** Requests refused and readers closed, by reason. */
  readonly refused: Map<string, number>;
  /** Null: plain HTTP. */
  readonly security: Security | null;
}

export interface AdminCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: URLSearchParams;
  readonly context: AdminContext;
}

export interface AdminRoute {
  readonly method: 'GET' | 'POST';
  /** Parameters it knows; others are refused, so that a slip of the pen does not go unseen. */
  readonly params: readonly string[];
  /** Anybody who reaches the port may ask: probes of health have no token. */
  readonly isOpen?: true;
  readonly answer: (call: AdminCall) => void | Promise<void>;
}

export const ADMIN_ROUTES: ReadonlyMap<string, AdminRoute> = new Map([
  ['/v1/status', { method: 'GET', params: ['cluster'], answer: answerStatus }],
  ['/v1/phases', { method: 'GET', params: ['cluster'], answer: answerPhases }],
  ['/v1/vitals', { method: 'GET', params: ['cluster'], answer: answerVitals }],
  ['/v1/log', { method: 'GET', params: ['cluster'], answer: answerLog }],
  ['/v1/log/entries', { method: 'GET', params: ['cluster', 'from'], answer: answerHistory }],
  [
    '/v1/events',
    { method: 'GET', params: ['cluster', 'since', 'follow', 'types'], answer: answerEvents },
  ],
  ['/metrics', { method: 'GET', params: [], answer: answerMetrics }],
  ['/livez', { method: 'GET', params: [], isOpen: true, answer: answerLive }],
  ['/healthz', { method: 'GET', params: [], isOpen: true, answer: answerHealth }],
  ['/v1/tls', { method: 'GET', params: [], answer: answerKeys }],
  ['/v1/tls/reload', { method: 'POST', params: [], answer: answerReload }],
  ['/v1/snapshots', { method: 'GET', params: ['cluster'], answer: answerSnapshots }],
  ['/v1/snapshots/take', { method: 'POST', params: ['cluster'], answer: answerTake }],
  ['/v1/snapshots/file', { method: 'GET', params: ['cluster', 'index'], answer: answerFile }],
  [
    '/v1/profile',
    { method: 'POST', params: ['kind', 'ms', 'at', 'warm', 'interval'], answer: answerProfile },
  ],
  ['/v1/members', { method: 'POST', params: MEMBERS_PARAMS, answer: answerMembers }],
  ['/v1/trace', { method: 'GET', params: ['cluster'], answer: answerTrace }],
  ['/v1/trace/arm', { method: 'POST', params: ['cluster', 'marker', 'ms'], answer: answerArm }],
  ['/v1/stop', { method: 'POST', params: ['cluster', 'reason', 'transfer'], answer: answerStop }],
  [
    '/v1/leader/transfer',
    { method: 'POST', params: ['cluster', 'target'], answer: answerTransfer },
  ],
]);

function answerStatus(call: AdminCall): void {
  sendData(call.response, 'admin.status', replicaOf(call).status());
}

function answerPhases(call: AdminCall): void {
  const replica = replicaOf(call);
  const phases: Record<string, PhaseStats> = {};
  for (const [name, histogram] of replica.phases()) phases[name] = statsOf(histogram);
  const { cluster, clusterId, id } = replica.status();
  const data: NodePhases = { cluster, clusterId, id, phases };
  sendData(call.response, 'admin.phases', data);
}

function answerVitals(call: AdminCall): void {
  sendData(call.response, 'admin.vitals', vitalsOf(replicaOf(call), call.context.processMetrics));
}

function answerLog(call: AdminCall): void {
  const replica = replicaOf(call);
  const data: NodeLogView = { id: replica.memberName, batches: replica.batches(BATCHES_SHOWN) };
  sendData(call.response, 'admin.log', data);
}

function answerEvents(call: AdminCall): void {
  const { request, response, params, context } = call;
  const source = replicaOf(call).events;
  const query = parseEventQuery(params);
  response.shouldKeepAlive = false;
  if (query.follow) {
    // Nothing may happen for long; a reader that is gone is found by the system.
    request.socket.setTimeout(0);
    request.socket.setKeepAlive(true, 30_000);
  }
  const onLapped = (): void => countRefused(context, 'slowReader');
  const stream = new EventStream({ source, query, response, onLapped });
  context.streams.add(stream);
  response.once('close', () => context.streams.delete(stream));
}

async function answerMetrics(call: AdminCall): Promise<void> {
  const { context, response } = call;
  const page = new MetricsPage();
  for (const replica of context.replicas) addReplicaMetrics(page, replica);
  for (const [reason, value] of context.refused) {
    page.add(
      'raftctl_admin_refused_total',
      { help: 'Admin requests refused and readers closed', type: 'counter' },
      { labels: { reason }, value },
    );
  }
  await context.processMetrics.add(page);
  const text = await page.render();
  sendText(response, { statusCode: 200, contentType: METRICS_CONTENT_TYPE, text });
}

/** The process turns its loop, no more: a node without a leader is not to be restarted. */
function answerLive({ response }: AdminCall): void {
  sendData(response, 'admin.live', { pid: process.pid });
}

function answerHealth(call: AdminCall): void {
  const replicas = call.context.replicas.map((replica) => {
    const { cluster, id, role, leader } = replica.status();
    return { cluster, id, role, leader };
  });
  const lost = replicas.find((replica) => replica.leader === null);
  if (lost !== undefined) {
    throw new AdminRefusal(503, {
      code: 'NO_LEADER',
      message: `No leader of ${lost.cluster} is known to ${lost.id}`,
    });
  }
  sendData(call.response, 'admin.health', { replicas });
}

function answerSnapshots(call: AdminCall): Promise<void> {
  return answerWithSnapshots(call.response, replicaOf(call));
}

function answerTake(call: AdminCall): void {
  call.context.guard.checkSecret(call.request);
  answerWithTake(call.response, replicaOf(call));
}

/** All of the app's data: reading it takes the secret too. */
function answerFile(call: AdminCall): Promise<void> {
  call.context.guard.checkSecret(call.request);
  return answerWithFile(call.response, replicaOf(call), call.params.get('index'));
}

/** The commands themselves: reading them takes the secret too. */
function answerHistory(call: AdminCall): Promise<void> {
  call.context.guard.checkSecret(call.request);
  return answerWithHistory(call.response, replicaOf(call), call.params.get('from'));
}

function answerTrace(call: AdminCall): void {
  sendData(call.response, 'admin.trace', traceOf(replicaOf(call)));
}

function answerArm(call: AdminCall): void {
  call.context.guard.checkSecret(call.request);
  sendData(call.response, 'admin.trace-arm', armTrace(replicaOf(call), call.params));
}

function answerKeys({ response, context }: AdminCall): void {
  answerWithKeys(response, context.security);
}

function answerReload({ request, response, context }: AdminCall): Promise<void> {
  context.guard.checkSecret(request);
  return answerWithReload(response, context.security);
}

function answerProfile(call: AdminCall): Promise<void> {
  const { request, response, params, context } = call;
  context.guard.checkSecret(request);
  return answerWithProfile(response, params, context.profiler);
}

function answerMembers(call: AdminCall): Promise<void> {
  const { request, response, params, context } = call;
  context.guard.checkSecret(request);
  const replica = replicaOf(call);
  const changes = parseChanges(params);
  return new Promise((resolve, reject) => {
    replica.changeMembers(changes, (answer) => {
      if (answer.ok) {
        sendData(response, 'member.change', answer.reply);
        resolve();
        return;
      }
      const { code, message, hint } = answer;
      reject(new AdminRefusal(409, { code, message, ...(hint === undefined ? {} : { hint }) }));
    });
  });
}

function answerStop(call: AdminCall): void {
  const { request, response, params, context } = call;
  context.guard.checkSecret(request);
  const replica = replicaOf(call);
  const reason = (params.get('reason') ?? 'asked over the admin port').slice(0, REASON_LENGTH_MAX);
  const transfer = params.get('transfer') ?? 'yes';
  if (transfer !== 'yes' && transfer !== 'no') {
    throw new AdminRefusal(400, {
      code: 'USAGE',
      message: `Cannot read transfer=${JSON.stringify(transfer.slice(0, 100))}: it is yes or no`,
    });
  }
  response.shouldKeepAlive = false;
  // The answer goes out first: the process may be gone soon after.
  response.once('close', () => replica.stop({ reason, handOver: transfer === 'yes' }));
  sendData(response, 'admin.stop', { id: replica.memberName, stopping: true }, 202);
}

function answerTransfer(call: AdminCall): Promise<void> {
  const { request, response, params, context } = call;
  context.guard.checkSecret(request);
  return answerWithTransfer(response, replicaOf(call), params.get('target'));
}

/** @throws {AdminRefusal} when it is not clear which replica is meant. */
function replicaOf(call: AdminCall): AdminReplica {
  const { replicas } = call.context;
  const wanted = call.params.get('cluster');
  const fitting =
    wanted === null
      ? replicas
      : replicas.filter((one) => one.clusterId === wanted || one.events.cluster === wanted);
  const [replica, ...more] = fitting;
  if (replica === undefined) {
    throw new AdminRefusal(404, {
      code: 'CLUSTER_NOT_FOUND',
      message: `No replica of the cluster ${JSON.stringify(wanted ?? '')} runs in this process`,
    });
  }
  if (more.length > 0) {
    const names = fitting.map((one) => `${one.events.cluster} (${one.clusterId})`).join(', ');
    throw new AdminRefusal(400, {
      code: 'CLUSTER_AMBIGUOUS',
      message: `Cannot tell which cluster is meant as several are here: ${names}`,
      hint: 'Add ?cluster= with a name or an id',
    });
  }
  return replica;
}

export function countRefused(context: AdminContext, reason: string): void {
  context.refused.set(reason, (context.refused.get(reason) ?? 0) + 1);
}

function statsOf(histogram: Histogram): PhaseStats {
  return {
    count: histogram.count,
    meanUs: Math.round(histogram.meanUs * 10) / 10,
    p50Us: histogram.percentile(50),
    p90Us: histogram.percentile(90),
    p99Us: histogram.percentile(99),
    p999Us: histogram.percentile(99.9),
    maxUs: histogram.maxUs,
    histogram: histogram.toJSON(),
  };
}
