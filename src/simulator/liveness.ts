/**
 * What a cluster that was healed must show (I29), and what must be true at its end: soon all nodes
 * take writes. Its leader dies once more and comes back: soon all serve reads, though nobody
 * writes; then all take writes; then all are equal and hold every write that was acknowledged.
 */
import { votersOf } from '../node/model/membership.ts';
import type { ElectionOracles } from './election-oracles.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { History } from './history.ts';
import type { MemberOracle } from './member-oracle.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNode } from './sim-node.ts';
import { Violation } from './violation.ts';
import type { Workload } from './workload.ts';

/** The world, as far as it is looked at. */
export interface HealedWorld {
  readonly scheduler: Scheduler;
  readonly plan: FaultPlan;
  readonly nodes: readonly SimNode[];
  readonly oracles: Oracles;
  readonly elections: ElectionOracles;
  readonly memberOracle: MemberOracle;
  readonly history: History;
  readonly workload: Workload;
  /** @returns whether `stop` ended it before its time. */
  runFor(ms: number, stop?: () => boolean): Promise<boolean>;
}

/** The healed cluster serves within so many election timeouts ... */
const TIMEOUTS_TO_SERVE = 10;
/** ... and all its members are equal after as many more. */
const TIMEOUTS_TO_CONVERGE = 10;
/** A request that failed for want of a leader is tried again after so long. */
const RETRY_MS = 20;
const LEADER_DOWN_MS = 50;

export async function checkHealed(world: HealedWorld): Promise<void> {
  await untilQuiet(world);
  // Whom the leader has lost sight of shows before there is another one.
  await untilAll(world, 'write');
  await untilHandedOver(world);
  const leader = world.nodes.find((node) => node.leads);
  if (leader !== undefined) {
    leader.crash(false);
    await world.runFor(LEADER_DOWN_MS);
    leader.start();
  }
  await untilAll(world, 'read');
  await untilAll(world, 'write');
  const { electionTimeoutTicksMax, tickMs } = world.plan.config;
  const timeoutMs = (electionTimeoutTicksMax * tickMs) / 0.9;
  if (!(await world.runFor(timeoutMs * TIMEOUTS_TO_CONVERGE, () => converged(world)))) {
    const applied = healthy(world)
      .map((n) => `n${n.member}: ${n.applied}`)
      .join(', ');
    const detail = `applied ${applied} of ${world.oracles.maxCommit} when all should be equal`;
    throw new Violation('I29 liveness', detail);
  }
  world.workload.checkAnswered();
  world.elections.checkTimeouts();
  checkEqual(world);
}

/** What was lost is sent again by itself: nobody has to write anything for it. */
async function untilQuiet(world: HealedWorld): Promise<void> {
  const { electionTimeoutTicksMax, tickMs } = world.plan.config;
  const timeoutMs = (electionTimeoutTicksMax * tickMs) / 0.9;
  if (await world.runFor(timeoutMs * TIMEOUTS_TO_SERVE + 1000, () => isQuiet(world))) return;
  const applied = world.nodes.map((n) => n.applied).join(', ');
  const detail = `applied ${applied} of ${world.oracles.maxCommit} though nobody writes any more`;
  throw new Violation('I29 liveness', detail);
}

/** All that the leader holds is committed, and applied everywhere. */
function isQuiet(world: HealedWorld): boolean {
  const { oracles } = world;
  const leader = world.nodes.find((node) => node.leads);
  if (leader === undefined || !converged(world)) return false;
  return oracles.record(leader.member).volatile.last === oracles.maxCommit;
}

/** Every member that is not damaged serves such a request. */
async function untilAll(world: HealedWorld, kind: 'read' | 'write'): Promise<void> {
  const { electionTimeoutTicksMax, tickMs } = world.plan.config;
  const timeoutMs = (electionTimeoutTicksMax * tickMs) / 0.9;
  let over = false;
  const served = new Set<SimNode>();
  const ask = (node: SimNode): void => {
    const again = (): void => {
      if (!over && !served.has(node)) world.scheduler.schedule(RETRY_MS, () => ask(node));
    };
    if (node.serving === null) {
      again();
      return;
    }
    world.workload[kind](node.member, 'liveness', (outcome) => {
      if (outcome === 'ok') served.add(node);
      else again();
    });
  };
  for (const node of world.nodes) if (!node.damaged) ask(node);
  const allServe = (): boolean => healthy(world).every((node) => served.has(node));
  // A question may meet an election, and wait as long as a client has to.
  const inTime = await world.runFor(timeoutMs * TIMEOUTS_TO_SERVE + 1000, allServe);
  over = true;
  if (inTime) return;
  const members = healthy(world);
  const serving = members.filter((node) => served.has(node));
  const detail = `of ${members.length} healed nodes ${serving.length} serve a ${kind}`;
  throw new Violation('I29 liveness', detail);
}

/** A cluster without troubles hands leadership over when it is asked to (thesis 3.10). */
async function untilHandedOver(world: HealedWorld): Promise<void> {
  const voters = votersOf(world.memberOracle.membership);
  const target = healthy(world).find((node) => voters.includes(node.member) && !node.leads);
  if (target === undefined) return;
  let over = false;
  const ask = (): void => {
    if (over || target.leads) return;
    const again = (): void => void world.scheduler.schedule(RETRY_MS, ask);
    const serving = world.nodes.find((node) => node.leads)?.serving ?? null;
    if (serving === null) again();
    else {
      serving.process.post(0, () => {
        serving.replica.transferLeadership(target.member, ({ outcome }) => {
          if (outcome === 'done') over = true;
          else again();
        });
      });
    }
  };
  ask();
  const { electionTimeoutTicksMax, tickMs } = world.plan.config;
  const limitMs = ((electionTimeoutTicksMax * tickMs) / 0.9) * TIMEOUTS_TO_SERVE + 1000;
  if (await world.runFor(limitMs, () => over || target.leads)) return;
  over = true;
  if (!isElectionQuick(world.plan)) return;
  throw new Violation(
    'I29 transfer',
    `nobody hands leadership to n${target.member}, which is healthy`,
  );
}

/**
 * Whether an election, at its longest, takes no more than half of the shortest election timeout:
 * the timing that Raft asks for (§5.6). Where disks are slower, any member may start an election
 * while the one that was asked to still syncs its vote, and win it, again and again.
 */
export function isElectionQuick({ config, diskMsMin, diskMsMean }: FaultPlan): boolean {
  // The healed network delays next to nothing; the candidate syncs its vote, then a voter does.
  const electionMsMax = 2 * (diskMsMin + 2 * diskMsMean);
  return electionMsMax <= (config.electionTimeoutTicksMin * config.tickMs) / 2;
}

/** The nodes of those who belong to the cluster by now. */
function healthy(world: HealedWorld): readonly SimNode[] {
  const { members } = world.memberOracle.membership;
  return world.nodes.filter(
    (node) => !node.damaged && members.some((m) => m.number === node.member),
  );
}

/** No change is left half done, and all have applied everything. */
function converged(world: HealedWorld): boolean {
  if (world.memberOracle.membership.outgoing !== undefined) return false;
  return healthy(world).every((node) => node.applied === world.oracles.maxCommit);
}

function checkEqual(world: HealedWorld): void {
  const { history } = world;
  history.checkAcknowledged();
  const nodes = healthy(world);
  const digest = nodes[0]?.digest();
  for (const node of nodes) {
    if (node.digest() !== digest) {
      throw new Violation('I8 state machine safety', `n${node.member} ends in another state`);
    }
    for (const key of history.keys) {
      const value = node.query(key);
      if (value === history.latest(key)) continue;
      throw new Violation('I23 read value', `n${node.member} ends with ${key}=${value}`);
    }
  }
}
