/** What to try with a cluster that has started. Pure. */
import type { ClusterSpec } from './topology.ts';

/** Commands, by the cluster's app. @param port client port of its first node. */
export function firstSteps(
  { app, engine, name, tls }: ClusterSpec,
  port: number,
  folder: string,
): string[] {
  if (engine !== undefined) {
    return [`raftctl bench --cluster ${name}`, `etcdctl --endpoints 127.0.0.1:${port} put a b`];
  }
  const keys = `${folder}/tls`;
  const redis =
    tls === true
      ? `REDISCLI_AUTH=$(cat ${keys}/client.token) redis-cli --tls --cacert ${keys}/ca.pem -p ${port}`
      : `redis-cli -p ${port}`;
  if (app === 'chatroom') {
    return [`raftctl chat --cluster ${name}`, ...(tls === true ? [] : [`nc 127.0.0.1 ${port}`])];
  }
  if (app === 'diskstorage') return [`${redis} set 5 hello`, `${redis} get 5`];
  return [`raftctl kv set greeting hello --cluster ${name}`, `${redis} get greeting`];
}
