/** `POST /v1/trace/arm` looks out for a request, `GET /v1/trace` tells what was seen of it. */
import { type NodeTrace, TRACE_MARKER, TRACE_MS_MAX } from '../../wire/traces.ts';
import type { AdminReplica } from './admin-contract.ts';
import { AdminRefusal } from './admin-reply.ts';

export function armTrace(replica: AdminReplica, params: URLSearchParams): { monoMs: number } {
  const marker = params.get('marker') ?? '';
  const ms = Number(params.get('ms') ?? '1000');
  if (!TRACE_MARKER.test(marker)) throw bad('marker', 'it is like trace-0123456789abcdef');
  if (!(ms >= 1 && ms <= TRACE_MS_MAX)) throw bad('ms', `it is 1 to ${TRACE_MS_MAX}`);
  replica.tracer.arm(marker, ms);
  return { monoMs: replica.tracer.seen().monoMs };
}

export function traceOf(replica: AdminReplica): NodeTrace {
  const { cluster, id, term, leader } = replica.status();
  return { cluster, id, term, leader, ...replica.tracer.seen() };
}

function bad(name: string, rule: string): AdminRefusal {
  return new AdminRefusal(400, { code: 'USAGE', message: `Cannot read ${name}: ${rule}` });
}
