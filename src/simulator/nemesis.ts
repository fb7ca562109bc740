/** Carries out the fault events of a plan, and heals everything at the end. */
import type { MemberNumber } from '../node/model/ids.ts';
import type { FaultEvent, FaultPlan, Target } from './fault-plan.ts';
import { MemberNemesis } from './member-nemesis.ts';
import type { Moment } from './moments.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNetwork, Weather } from './sim-network.ts';
import type { SimNode } from './sim-node.ts';
import { Transfers } from './transfers.ts';

export interface NemesisInit {
  readonly scheduler: Scheduler;
  readonly plan: FaultPlan;
  readonly network: SimNetwork;
  readonly weather: Weather;
  readonly nodes: readonly SimNode[];
  readonly note: (what: string, data: unknown) => void;
}

export class Nemesis {
  readonly #init: NemesisInit;
  /** By the names of coverage.ts. */
  readonly counts = {
    ...{ crashes: 0, 'power cuts': 0, pauses: 0, partitions: 0, 'one-way cuts': 0, resets: 0 },
    ...{ 'slow disks': 0, 'moments of need': 0 },
  };
  readonly transfers: Transfers;
  readonly members: MemberNemesis;
  #rotten = false;
  /** What waits for its moment. */
  readonly #awaited: (FaultEvent & { readonly type: 'moment' })[] = [];
  #over = false;

  constructor(init: NemesisInit) {
    this.#init = init;
    this.transfers = new Transfers(init.nodes);
    this.members = new MemberNemesis(init.nodes);
  }

  start(): void {
    const { scheduler, plan } = this.#init;
    for (const event of plan.events) {
      scheduler.schedule(event.atMs, () => {
        if (!this.#over) this.#happen(event);
      });
    }
  }

  /** A node has come to a moment that something may be waiting for. */
  happens(member: MemberNumber, moment: Moment): void {
    const at = this.#awaited.findIndex((event) => event.moment === moment);
    const node = this.#init.nodes.find((n) => n.member === member);
    if (this.#over || at < 0 || node === undefined) return;
    const [event] = this.#awaited.splice(at, 1);
    if (event === undefined) return;
    this.#later(event.afterMs, () => {
      if (node.up) this.counts['moments of need'] += 1;
      this.#crash(node, event);
    });
  }

  /** From now on: a perfect network, healthy disks, every node up. */
  heal(): void {
    this.#over = true;
    this.#init.note('everything heals', null);
    const { network, weather, nodes } = this.#init;
    network.unblockAll();
    Object.assign(weather, { dropChance: 0, duplicateChance: 0, reorderChance: 0 });
    Object.assign(weather, { delayMsMin: 0.1, delayMsMean: 0.1, reconnectMs: 5 });
    for (const node of nodes) {
      node.disk.heal();
      node.resume();
      node.start();
    }
  }

  #happen(event: FaultEvent): void {
    this.#init.note('fault', event);
    switch (event.type) {
      case 'moment':
        this.#awaited.push(event);
        return;
      case 'crash':
        for (const node of this.#targets(event.target, event.draw)) this.#crash(node, event);
        return;
      case 'pause':
        for (const node of this.#targets(event.target, event.draw)) this.#pause(node, event.ms);
        return;
      case 'slowDisk':
        for (const node of this.#targets(event.target, event.draw)) this.#slow(node, event);
        return;
      case 'reset': {
        const [a, b] = this.#two(event.draw);
        if (a === undefined || b === undefined) return;
        this.counts.resets += 1;
        this.#init.network.reset(a, b);
        return;
      }
      case 'partition':
        this.#partition(event);
        return;
      case 'stop':
        for (const node of this.#targets(event.target, event.draw)) {
          node.stop(() => {
            if (this.#over) node.start();
            else this.#later(event.ms, () => node.start());
          });
        }
        return;
      case 'transfer':
        this.transfers.ask(event);
        return;
      case 'memberChange':
        this.members.change(event.draw);
        return;
      default:
        this.#hurtDisk(event);
    }
  }

  #hurtDisk(event: FaultEvent & { readonly type: 'diskFull' | 'diskError' | 'rot' }): void {
    for (const node of this.#targets(event.target, event.draw)) {
      if (event.type === 'diskError') node.disk.plan(event);
      else if (event.type === 'diskFull') {
        node.disk.limit(event.bytes);
        this.#later(event.ms, () => node.disk.limit(null));
      } else if (node.up && !this.#rotten) {
        // One node at most: a majority keeps what was promised.
        node.crash(false);
        this.#rotten = node.rot(event.kind, event.draw);
        this.#later(event.ms, () => node.start());
      }
    }
  }

  #crash(node: SimNode, event: { readonly power: boolean; readonly ms: number }): void {
    if (!node.up) return;
    this.counts[event.power ? 'power cuts' : 'crashes'] += 1;
    node.crash(event.power);
    this.#later(event.ms, () => node.start());
  }

  #pause(node: SimNode, ms: number): void {
    if (!node.pause()) return;
    this.counts.pauses += 1;
    this.#later(ms, () => node.resume());
  }

  #slow(node: SimNode, event: { readonly factor: number; readonly ms: number }): void {
    this.counts['slow disks'] += 1;
    node.disk.factor = event.factor;
    this.#later(event.ms, () => {
      node.disk.factor = 1;
    });
  }

  #partition(event: FaultEvent & { readonly type: 'partition' }): void {
    const links: [MemberNumber, MemberNumber][] = [];
    const [first, second] = this.#two(event.draw);
    const target = this.#targets(event.target, event.draw)[0]?.member;
    if (first === undefined || second === undefined || target === undefined) return;
    const others = this.#init.nodes.map((n) => n.member).filter((m) => m !== target);
    switch (event.shape) {
      case 'isolate':
        for (const other of others) links.push([target, other], [other, target]);
        break;
      case 'isolateIn':
        for (const other of others) links.push([other, target]);
        break;
      case 'isolateOut':
        for (const other of others) links.push([target, other]);
        break;
      case 'pair':
        links.push([first, second], [second, first]);
        break;
      case 'oneWay':
        links.push([first, second]);
        break;
      case 'lopsided':
        for (const other of others.slice(0, Math.floor(others.length / 2))) {
          links.push([target, other], [other, target]);
        }
        break;
    }
    const oneWay =
      event.shape === 'oneWay' || event.shape === 'isolateIn' || event.shape === 'isolateOut';
    this.counts[oneWay ? 'one-way cuts' : 'partitions'] += 1;
    const { network } = this.#init;
    for (const [from, to] of links) network.block(from, to);
    this.#later(event.ms, () => {
      for (const [from, to] of links) network.unblock(from, to);
    });
  }

  #targets(target: Target, draw: number): readonly SimNode[] {
    const { nodes } = this.#init;
    if (target === 'everybody') return nodes;
    if (target === 'followers') return nodes.filter((n) => !n.leads);
    const leader = target === 'leader' ? nodes.find((n) => n.leads) : undefined;
    return [leader ?? (nodes[draw % nodes.length] as SimNode)];
  }

  #two(draw: number): readonly (MemberNumber | undefined)[] {
    const members = this.#init.nodes.map((n) => n.member);
    const first = draw % members.length;
    const rest = members.filter((_, at) => at !== first);
    return [members[first], rest[(draw >>> 8) % Math.max(1, rest.length)]];
  }

  #later(ms: number, task: () => void): void {
    this.#init.scheduler.schedule(ms, () => {
      if (!this.#over) task();
    });
  }
}
