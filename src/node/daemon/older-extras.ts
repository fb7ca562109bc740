/** What a node of an older system has beside its client ports, and how that begins and ends. */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { LoggerConfig, MemberConfig, NodeConfig } from '../../wire/node-config.ts';
import type { Security } from '../../wire/security.ts';
import type { NodeStatus } from '../../wire/status.ts';
import { LoggedMachine } from '../apps/logged-machine.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { ReplicaFrontDoor } from '../replica/contract.ts';
import type { Replica } from '../replica/replica.ts';
import { plainValue } from '../server/demo-values.ts';
import type { MemberDesk } from '../server/member-desk.ts';
import { ApplicationLog } from './application-log.ts';
import { listenForJoins } from './join-line.ts';
import { beginPrefill } from './prefill.ts';
import { StateTransfer } from './state-transfer.ts';
import { TextLog } from './text-log.ts';
import { writeThroughput } from './throughput-file.ts';

export interface OlderExtras {
  /** Where raft-demo's join lines are taken. */
  readonly joins?: string;
  /** Where the application log is handed out. */
  readonly transfer?: string;
  readonly applicationLog?: { readonly path: string; readonly sync: boolean };
  /** File of the same as lines of text. */
  readonly textLog?: string;
  readonly throughputFile?: string;
  /** What it counts: commands of clients (left out), or records of the application log. */
  readonly throughputOf?: 'records';
  /** Of diskstorage, in the place of the one in the data directory. */
  readonly stateFile?: string;
}

/** What its `node.json` asks for; the folders of its files exist afterwards. */
export function extrasOf(config: NodeConfig, own: MemberConfig): OlderExtras {
  const { id, logger, demo = {} } = config;
  if (logger !== undefined) return extrasOfLogger(logger, own);
  const { logFolder, throughputFolder, transferAddress: transfer, syncLog: sync = false } = demo;
  for (const folder of [logFolder, throughputFolder]) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }
  return {
    ...(transfer !== undefined && { transfer }),
    ...(logFolder !== undefined && {
      applicationLog: { path: join(logFolder, `log-file-${id}.txt`), sync },
    }),
    ...(throughputFolder !== undefined && {
      throughputFile: join(throughputFolder, `${id}-throughput.out`),
    }),
  };
}

/** A logger's client port hands out what it has written. */
function extrasOfLogger(
  { file: path, text, throughput }: LoggerConfig,
  own: MemberConfig,
): OlderExtras {
  return {
    applicationLog: { path, sync: false },
    transfer: own.clientAddress,
    ...(text === undefined ? {} : { textLog: text }),
    ...(throughput === undefined
      ? {}
      : { throughputFile: throughput, throughputOf: 'records' as const }),
  };
}

export interface ExtrasInit {
  readonly directory: string;
  readonly wish: OlderExtras;
  readonly log: Log;
  readonly onFailed: (error: RaftctlError) => void;
}

export interface ExtrasParts {
  readonly replica: ReplicaFrontDoor;
  readonly desk: MemberDesk;
  readonly adminAddress: string;
  readonly status: () => NodeStatus;
  /** Commands of clients so far. */
  readonly commands: () => number;
  /** Null: plain ports. */
  readonly security: Security | null;
}

export class Extras {
  readonly #init: ExtrasInit;
  readonly #file: ApplicationLog | null;
  readonly #text: TextLog | null;
  #appliedIndex = (): number => 0;
  readonly #servers: Server[] = [];
  #ends: (() => void)[] = [];

  /** @throws {RaftctlError} DISK_FAILED */
  constructor(init: ExtrasInit) {
    this.#init = init;
    const { wish, log, onFailed } = init;
    this.#file =
      wish.applicationLog === undefined
        ? null
        : new ApplicationLog({ ...wish.applicationLog, log, onFailed });
    const { textLog: path } = wish;
    this.#text = path === undefined ? null : new TextLog({ path, log, onFailed });
  }

  /** The app as the replica is to see it. */
  around(machine: StateMachine): StateMachine {
    const sinks = [this.#file, this.#text].filter((sink) => sink !== null);
    if (sinks.length === 0) return machine;
    const appliedIndex = (): number => this.#appliedIndex();
    return new LoggedMachine(machine, { sinks, plain: plainValue, appliedIndex });
  }

  /** To be called before client ports are opened: what is applied is told before it is answered. */
  follow(replica: Pick<Replica, 'applier' | 'onTurnEnd'>): void {
    this.#appliedIndex = () => replica.applier.appliedIndex;
    for (const sink of [this.#file, this.#text]) {
      if (sink !== null) replica.onTurnEnd(() => sink.flush());
    }
  }

  /** @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID, DISK_FAILED */
  async open({ desk, adminAddress, status, commands, security }: ExtrasParts): Promise<void> {
    const { wish, log } = this.#init;
    if (wish.joins !== undefined) {
      this.#servers.push(await listenForJoins(wish.joins, { desk, adminAddress, log }));
    }
    if (wish.transfer !== undefined) {
      const replicas = (): number => status().members.filter((m) => m.voter).length;
      const transfer = new StateTransfer({ file: this.#file, replicas });
      this.#servers.push(await transfer.listen(wish.transfer, security));
    }
    if (wish.throughputFile !== undefined) {
      const records = (): number => this.#file?.appended ?? 0;
      const count = wish.throughputOf === 'records' ? records : commands;
      this.#ends.push(writeThroughput(wish.throughputFile, count));
    }
  }

  /** The replica runs. */
  begin({ replica }: Pick<ExtrasParts, 'replica'>): void {
    this.#ends.push(beginPrefill(this.#init.directory, replica, this.#init.log));
  }

  /** No further connection is taken; to be called before the replica is stopped. */
  end(): void {
    for (const server of this.#servers) server.close();
    for (const end of this.#ends) end();
    this.#ends = [];
  }

  /** Nothing is applied any more. */
  close(): void {
    this.end();
    this.#file?.close();
    this.#text?.close();
  }
}
