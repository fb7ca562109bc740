/** Two members on a simulated network, moved through simulated time by hand. */
import type { MemberNumber } from '../../src/node/model/ids.ts';
import { Scheduler } from '../../src/simulator/scheduler.ts';
import { SimEndpoint } from '../../src/simulator/sim-endpoint.ts';
import { SimNetwork, type Weather } from '../../src/simulator/sim-network.ts';
import { SimProcess } from '../../src/simulator/sim-process.ts';
import { Prng } from '../../src/std/prng.ts';
import { CLUSTER, heartbeat, Recorder } from './transport-rig.ts';

export { CLUSTER };

export function fairWeather(): Weather {
  return {
    ...{ delayMsMin: 0.1, delayMsMean: 0, dropChance: 0, duplicateChance: 0 },
    ...{ reorderChance: 0, reorderMsMax: 0, breakAfterMs: 0, reconnectMs: 1 },
  };
}

/** Lets simulated time pass as fast as it can, for tests that await real promises. */
export class AsyncLoop {
  #running = true;
  readonly #ended: Promise<void>;

  constructor(scheduler: Scheduler) {
    this.#ended = this.#run(scheduler);
  }

  async #run(scheduler: Scheduler): Promise<void> {
    while (this.#running) {
      await scheduler.runUntil(scheduler.nowMs + 1, () => false);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#ended;
  }
}

interface End {
  readonly process: SimProcess;
  readonly endpoint: SimEndpoint;
}

export class Ends {
  readonly network: SimNetwork;
  readonly #scheduler = new Scheduler();
  readonly #recorders = new Map<MemberNumber, Recorder>();
  readonly #ends = new Map<MemberNumber, End>();
  /** How many messages each had when the last exchange began. */
  readonly #seen = new Map<MemberNumber, number>();

  private constructor(weather: Partial<Weather>) {
    this.network = new SimNetwork({
      ...{ scheduler: this.#scheduler, cluster: CLUSTER, members: [1, 2], prng: new Prng(1) },
      ...{ weather: { ...fairWeather(), ...weather }, onLeave: () => {}, onArrive: () => {} },
    });
  }

  /** Both up and connected. */
  static async open(weather: Partial<Weather>): Promise<Ends> {
    const ends = new Ends(weather);
    for (const member of [1, 2]) {
      ends.#recorders.set(member, new Recorder());
      ends.boot(member);
    }
    await ends.pass(20);
    return ends;
  }

  boot(member: MemberNumber): void {
    const process = new SimProcess(this.#scheduler);
    const endpoint = new SimEndpoint(this.network, member, process);
    this.#ends.set(member, { process, endpoint });
    endpoint.start(this.#recorder(member));
  }

  kill(member: MemberNumber, silently: boolean): void {
    this.#ends.get(member)?.process.kill();
    this.network.leave(member, silently);
  }

  send(from: MemberNumber, to: MemberNumber, round: number): void {
    const endpoint = this.#ends.get(from)?.endpoint;
    endpoint?.send(heartbeat(from, to, round));
    endpoint?.flush();
  }

  /** Sends rounds 1..count both ways and lets them arrive. */
  async exchange(count: number): Promise<void> {
    for (const member of [1, 2]) {
      this.#seen.set(member, this.#recorder(member).messages.length);
    }
    for (let round = 1; round <= count; round += 1) {
      this.send(1, 2, round);
      this.send(2, 1, round);
    }
    await this.pass(1000);
  }

  async pass(ms: number): Promise<void> {
    await this.#scheduler.runUntil(this.#scheduler.nowMs + ms, () => false);
  }

  rounds(count: number): number[] {
    return Array.from({ length: count }, (_, at) => at + 1);
  }

  /** Rounds that arrived at a member since the last exchange began. */
  received(member: MemberNumber): number[] {
    const messages = this.#recorder(member).messages.slice(this.#seen.get(member) ?? 0);
    return messages.map((message) => (message.type === 'heartbeat' ? message.round : -1));
  }

  /** Ups and downs of the other one, as a member saw them. */
  links(member: MemberNumber): readonly string[] {
    return this.#recorder(member).links(3 - member);
  }

  #recorder(member: MemberNumber): Recorder {
    const recorder = this.#recorders.get(member);
    if (recorder === undefined) throw new Error(`no member ${member}`);
    return recorder;
  }
}
