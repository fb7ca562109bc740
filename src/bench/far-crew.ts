/**
 * The crew of a run whose load comes from other machines: an agent on each is a far part of it.
 * All begin at one moment, each by its own clock; what they count is added up here, bucket for
 * bucket, and beside that by agent: who is to blame is told by name.
 */
import { credentialsOf } from '../client/credentials.ts';
import { isLoopback } from '../std/address.ts';
import { assert } from '../std/assert.ts';
import { RaftctlError } from '../std/errors.ts';
import { AgentLink } from './agent-link.ts';
import type { AgentFacts } from './agent-row.ts';
import { type FromAgent, revivedPart } from './agent-wire.ts';
import type { CrewEnd, CrewInit, LoadCrew } from './crew.ts';
import type { WorkerEnd } from './thread-messages.ts';
import { Totals } from './totals.ts';

export interface AgentsWish {
  /** `host:port`, each once. */
  readonly addresses: readonly string[];
  readonly token: string;
  /** PEM of the authority that agents are trusted by; null: plain connections. */
  readonly ca: string | null;
}

export interface FarCrewInit extends Omit<CrewInit, 'workers' | 'mark'> {
  readonly agents: AgentsWish;
  /** The version of the program. */
  readonly program: string;
}

/** From the word to begin until the first request is due: longer than any way there. */
const LEAD_NS = 300_000_000n;
const NS_PER_MS = 1e6;
/** Beside the run itself, for connections to open and last answers to come. */
const MUSTER_MS_MAX = 60_000;

/** An agent, as far as the run has got. */
interface Hand {
  readonly link: AgentLink;
  readonly totals: Totals;
  ends: readonly WorkerEnd[] | null;
  processorUs: number;
  trouble: string | null;
  /** Settles the muster. */
  onReady: (error: RaftctlError | null) => void;
}

export class FarCrew implements LoadCrew {
  readonly #init: FarCrewInit;
  #hands: readonly Hand[] = [];
  readonly #done: Promise<CrewEnd>;
  #resolveDone: (end: CrewEnd) => void = () => {};

  constructor(init: FarCrewInit) {
    this.#init = init;
    this.#done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
  }

  /** @throws {RaftctlError} UNREACHABLE, UNAUTHORIZED, FORMAT_UNSUPPORTED, USAGE */
  async muster(): Promise<void> {
    const { agents, program, workload } = this.#init;
    const { addresses, token, ca } = agents;
    const links: AgentLink[] = [];
    const opened = await Promise.allSettled(
      addresses.map(async (address) => {
        links.push(await AgentLink.open({ address, token, ca, program }));
      }),
    );
    const isOpenLoop = workload.ratePerSecond !== null;
    this.#hands = addresses.flatMap((address): Hand[] => {
      const link = links.find((one) => one.address === address);
      if (link === undefined) return [];
      const totals = new Totals(isOpenLoop);
      return [{ link, totals, ends: null, processorUs: 0, trouble: null, onReady: () => {} }];
    });
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await Promise.all(this.#hands.map((hand, at) => this.#plan(hand, at)));
  }

  begin(): number {
    const atNs = process.hrtime.bigint() + LEAD_NS;
    for (const { link } of this.#hands) {
      link.tell({ kind: 'begin', atNs: String(link.timeThere(atNs)) });
    }
    return Number(LEAD_NS) / NS_PER_MS;
  }

  stop(): void {
    for (const { link } of this.#hands) link.tell({ kind: 'stop' });
  }

  get done(): Promise<CrewEnd> {
    return this.#done;
  }

  async dismiss(): Promise<void> {
    for (const { link } of this.#hands) link.close();
  }

  #plan(hand: Hand, at: number): Promise<void> {
    const { workload, targets } = this.#init;
    const { link } = hand;
    const credentials = targets.map(({ address }) => credentialsOf(address));
    const isOpen = this.#init.agents.ca === null && !isLoopback(hostOf(link.address));
    if (isOpen && credentials.some((one) => one !== null)) {
      throw new RaftctlError('EXPOSED_BIND', {
        message: `Cannot tell agent ${link.address} the target's keys: its connection is not encrypted`,
        hint: 'Start it with --tls-cert, and name its authority here: --agents-ca',
      });
    }
    const each = workload.workers / this.#hands.length;
    assert(Number.isInteger(each), 'threads are dealt out evenly');
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => fail('opens no connections'), MUSTER_MS_MAX);
      const fail = (reason: string): void => {
        clearTimeout(timer);
        reject(unable(link.address, reason));
      };
      hand.onReady = (error) => {
        clearTimeout(timer);
        if (error === null) resolve();
        else reject(error);
      };
    });
    link.listen(
      (message) => this.#take(hand, message),
      (reason) => this.#lose(hand, `was lost: ${reason}`),
    );
    const workers = { first: at * each, count: each };
    link.tell({ kind: 'plan', workload, targets, credentials, workers });
    return ready;
  }

  #take(hand: Hand, message: FromAgent): void {
    switch (message.kind) {
      case 'ready':
        hand.onReady(null);
        return;
      case 'part': {
        const part = revivedPart(message.part);
        hand.totals.add(part.tally);
        hand.totals.resetRecent();
        this.#init.onPart(part);
        return;
      }
      case 'failed':
        this.#lose(hand, `failed: ${message.reason}`);
        return;
      case 'done':
        hand.ends = message.ends;
        hand.processorUs = message.processorUs;
        this.#settle();
    }
  }

  /** What the others measure is not what was asked for: they end as well. */
  #lose(hand: Hand, reason: string): void {
    if (hand.ends !== null || hand.trouble !== null) return;
    hand.trouble = reason;
    hand.onReady(unable(hand.link.address, reason));
    this.stop();
    this.#settle();
  }

  #settle(): void {
    if (this.#hands.some(({ ends, trouble }) => ends === null && trouble === null)) return;
    const agents = this.#hands.map(({ link, totals, ends, processorUs, trouble }): AgentFacts => {
      const { address, host, clockErrorMs } = link;
      return { address, host, clockErrorMs, totals, ends: ends ?? [], processorUs, trouble };
    });
    this.#resolveDone({ ends: agents.flatMap(({ ends }) => ends), agents });
  }
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

function unable(address: string, reason: string): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot measure with agent ${address}: it ${reason}`,
    hint: 'See what it says there: raftctl bench agent',
  });
}
