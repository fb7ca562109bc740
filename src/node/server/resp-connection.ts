/**
 * One client that speaks RESP: takes commands off its stream, keeps their slots in order, and
 * writes their replies once a turn.
 *
 * ```
 *   chunk -> parser -> command -> slot -> replica ... settle / readReady -> reply
 *                        |                                                    |
 *                        held: socket paused, parsed again later              output -> socket
 * ```
 * A command is *held* when it must not start yet: a write behind a read that still waits for its
 * round (unless it is tried as a read, see slot.ts), too many open slots, replies the client does
 * not take, a replica that is full. Nothing behind a held command is looked at, so its backlog is
 * what the kernel keeps.
 */
import type { Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import { RespParser } from '../../wire/dialects/resp.ts';
import { encodeReply, errorReply, RespError } from '../../wire/dialects/resp-reply.ts';
import { refusalReply } from './outcomes.ts';
import { RespClient } from './resp-client.ts';
import type { RespContext } from './resp-context.ts';
import { RespOutput } from './resp-output.ts';
import { STARTED } from './resp-session.ts';
import { RespSlots } from './resp-slots.ts';
import { ExecAborted, endTransaction, NEVER_QUEUED } from './resp-transaction-commands.ts';
import { takeReads } from './short-reads.ts';
import type { TurnMember } from './turns.ts';

type Hold = 'none' | 'order' | 'slots' | 'output' | 'full';

export class RespConnection implements TurnMember {
  readonly client: RespClient;
  closed = false;
  readonly #socket: Socket;
  readonly #context: RespContext;
  readonly #parser = new RespParser();
  readonly #output: RespOutput;
  readonly #slots: RespSlots;
  #hold: Hold = 'none';
  #heldSinceMs = 0;
  #resumable = false;
  #dirty = false;
  /** No more commands: close once everything is answered and written. */
  #ending = false;
  #inputEnded = false;
  #countedBytes = 0;
  #partialSinceMs = 0;
  #takenBytes = 0;
  #takenSinceMs = 0;

  constructor(socket: Socket, id: number, context: RespContext) {
    this.#socket = socket;
    this.#context = context;
    this.#output = new RespOutput(socket);
    this.#slots = new RespSlots({
      replica: context.replica,
      turns: context.turns,
      output: this.#output,
      replyBytesMax: context.limits.replyBytesMax,
      onReplies: () => this.#replied(),
      onReadsEnded: () => {
        if (this.#hold === 'order') this.#markResumable();
      },
    });
    this.client = new RespClient(socket, id, context, this.#slots);
    takeReads(socket, (chunk) => this.receive(chunk));
    socket.on('end', () => this.#inputEnd());
    socket.on('drain', () => this.#drained());
    socket.on('close', () => this.#close());
  }

  receive(chunk: Bytes): void {
    if (this.closed || this.#ending) return;
    this.#parser.feed(chunk);
    if (this.#hold === 'none') this.#dispatch();
    if (this.#dirty) this.#context.turns.planFlush();
  }

  /** Takes no further commands; closes when those that were started are answered. */
  stop(): void {
    this.#ending = true;
    this.#maybeFinish();
  }

  // Turns, see TurnMember.

  flush(): void {
    this.#dirty = false;
    if (this.closed) return;
    this.#output.flush();
    this.#maybeFinish();
  }

  resume(): void {
    this.#resumable = false;
    if (this.closed || this.#hold === 'none') return;
    this.#hold = 'none';
    this.#dispatch();
    if (this.#hold === 'none' && !this.closed) this.#socket.resume();
    this.#maybeFinish();
  }

  /** The replica has room again. */
  room(): void {
    if (this.#hold === 'full') this.#markResumable();
  }

  /** Looks at time limits. */
  sweep(nowMs: number): void {
    const limits = this.#context.limits;
    if (this.#partialSinceMs > 0 && nowMs - this.#partialSinceMs > limits.requestMs) {
      this.#socket.destroy();
      return;
    }
    const taken = this.#output.takenBytes;
    if (taken !== this.#takenBytes || this.#output.pendingBytes <= limits.outputBytesMax) {
      this.#takenBytes = taken;
      this.#takenSinceMs = nowMs;
    } else if (nowMs - this.#takenSinceMs >= limits.outputStallMs) {
      this.#context.facts.log.warn(
        { client: this.client.remoteAddress, pendingBytes: this.#output.pendingBytes },
        'Closed a client that does not read its replies',
      );
      this.#socket.destroy();
      return;
    }
    if (this.#hold === 'full' && nowMs - this.#heldSinceMs >= limits.fullMs) {
      this.resume();
      if (this.#dirty) this.#context.turns.planFlush();
    }
  }

  #replied(): void {
    const { slotsPerConnection } = this.#context.limits;
    if (this.#hold === 'slots' && this.#slots.count <= slotsPerConnection / 2) {
      this.#markResumable();
    }
    if (this.#dirty) return;
    this.#dirty = true;
    this.#context.turns.markDirty(this);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The client sends no more; what it has sent is still done, also what is held. */
  #inputEnd(): void {
    this.#inputEnded = true;
    if (this.#hold === 'none') this.stop();
  }

  #dispatch(): void {
    const parser = this.#parser;
    while (!this.#ending) {
      const hold = this.#backlog();
      if (hold !== 'none') {
        this.#holdBack(hold);
        return;
      }
      const step = parser.next();
      if (step === 'more') break;
      if (step === 'error') {
        this.#slots.reply(errorReply(`ERR ${parser.error}`));
        this.#ending = true;
        break;
      }
      if (!this.#start()) return;
    }
    if (this.#inputEnded) this.#ending = true;
    this.#countPartial();
  }

  /** Whether this client has too much open to start anything else. */
  #backlog(): Hold {
    const limits = this.#context.limits;
    if (this.#slots.count >= limits.slotsPerConnection) return 'slots';
    const output = this.#output;
    return output.blocked && output.pendingBytes > limits.outputBytesSoft ? 'output' : 'none';
  }

  /** Starts the parser's command. @returns false when it is held instead. */
  #start(): boolean {
    const parser = this.#parser;
    const context = this.#context;
    const { client } = this;
    const command = context.find(parser);
    if (command instanceof RespError) {
      if (command instanceof ExecAborted) endTransaction(client);
      if (client.transaction !== null) client.transaction.failed = true;
      this.#slots.reply(errorReply(command.text));
      return true;
    }
    if (client.transaction !== null && !NEVER_QUEUED.has(command.name)) {
      const refusal = client.transaction.add(client, command, parser);
      this.#slots.reply(refusal === null ? '+QUEUED\r\n' : errorReply(refusal));
      return true;
    }
    if (command.kind === 'write') {
      const isTried = command.triable === true && this.#slots.tries;
      if (this.#slots.waitingReads > 0 && !isTried) {
        this.#holdBack('order');
        return false;
      }
      if (context.replica.full) {
        if (!this.#waitedLong()) {
          this.#holdBack('full');
          return false;
        }
        this.#slots.reply(refusalReply('busy'));
        return true;
      }
    }
    context.facts.counters.commands += 1;
    this.#partialSinceMs = 0;
    client.lastCommand = command.name;
    const value = command.run(client, parser);
    if (value !== STARTED) this.#slots.reply(encodeReply(value, client.resp3));
    if (client.ending) this.#ending = true;
    return true;
  }

  #waitedLong(): boolean {
    return this.#heldSinceMs > 0 && Date.now() - this.#heldSinceMs >= this.#context.limits.fullMs;
  }

  #holdBack(hold: Hold): void {
    const parsed = hold === 'order' || hold === 'full';
    if (parsed) this.#parser.unread();
    if (hold === 'full' && this.#heldSinceMs === 0) this.#heldSinceMs = Date.now();
    this.#hold = hold;
    this.#socket.pause();
    // The time limit is for clients that do not finish a request, not for requests we hold.
    this.#partialSinceMs = 0;
  }

  #markResumable(): void {
    if (this.#resumable) return;
    this.#resumable = true;
    this.#context.turns.markResumable(this);
  }

  #countPartial(): void {
    const unparsed = this.#parser.unparsedBytes;
    this.#heldSinceMs = 0;
    if (unparsed === 0 && this.#countedBytes === 0) return;
    if (unparsed === 0) this.#partialSinceMs = 0;
    else if (this.#partialSinceMs === 0) this.#partialSinceMs = Date.now();
    const change = unparsed - this.#countedBytes;
    this.#countedBytes = unparsed;
    if (!this.#context.unparsed(change)) {
      this.#slots.reply(errorReply('ERR too many unfinished requests on this node'));
      this.#ending = true;
    }
  }

  #drained(): void {
    this.#output.blocked = false;
    this.flush();
    if (this.#hold === 'output' && !this.#output.blocked) {
      this.resume();
      if (this.#dirty) this.#context.turns.planFlush();
    }
  }

  #maybeFinish(): void {
    if (!this.#ending || this.#slots.count > 0 || this.#dirty || this.#output.blocked) return;
    if (this.#output.pendingBytes > this.#socket.writableLength) return;
    this.#socket.destroySoon();
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#context.unparsed(-this.#countedBytes);
    this.#countedBytes = 0;
    this.#slots.close();
    endTransaction(this.client);
  }
}
