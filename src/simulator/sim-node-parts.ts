/** What a simulated member is made of, and what it is given. */
import type { ClusterId, MemberNumber } from '../node/model/ids.ts';
import type { Membership } from '../node/model/membership.ts';
import type { Prng } from '../std/prng.ts';
import type { ElectionOracles } from './election-oracles.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { History } from './history.ts';
import type { MemberOracle } from './member-oracle.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Violation } from './violation.ts';

export interface SimNodeComponents {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly oracles: Oracles;
  readonly elections: ElectionOracles;
  readonly memberOracle: MemberOracle;
  readonly history: History;
  readonly prng: Prng;
  /** Something that must be the same in every run of a seed. */
  readonly trace: (what: number, value: number) => void;
  /** An event of the program's own, or something that happened to a node. */
  readonly note: (member: MemberNumber, what: string, data: unknown) => void;
  readonly fail: (violation: Violation) => void;
}

export interface SimNodeInit {
  readonly member: MemberNumber;
  readonly cluster: ClusterId;
  readonly membership: Membership;
  readonly plan: FaultPlan;
  /** Belongs to no configuration at first, and starts only once it is recruited. */
  readonly spare: boolean;
}
