/**
 * Replies of one connection on their way out. They are joined as strings and written once a turn;
 * while the client does not take what was written they wait here, in pieces of bounded size.
 */
import type { Socket } from 'node:net';

/** A string is cut off here, so that none comes near the longest string there can be. */
const PIECE_CHARS = 256 * 1024;
/** More than this in the socket means that the client does not keep up; above its high water mark,
 * so that `drain` is sure to come. */
const SOCKET_BYTES_MAX = 64 * 1024;

export class RespOutput {
  readonly #socket: Socket;
  #current = '';
  #pieces: string[] = [];
  #pieceChars = 0;
  /** The client does not take what was written: wait for `drain`. */
  blocked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(reply: string): void {
    this.#current += reply;
    if (this.#current.length < PIECE_CHARS) return;
    this.#pieces.push(this.#current);
    this.#pieceChars += this.#current.length;
    this.#current = '';
  }

  /** Not yet written, and written but not taken. */
  get pendingBytes(): number {
    return this.#pieceChars + this.#current.length + this.#socket.writableLength;
  }

  /** Bytes the client's side has taken, ever: what tells a slow reader from a dead one. */
  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Writes as much as the socket takes at once. */
  flush(): void {
    while (!this.blocked) {
      let piece = this.#pieces.shift();
      if (piece === undefined) {
        if (this.#current === '') return;
        piece = this.#current;
        this.#current = '';
      } else {
        this.#pieceChars -= piece.length;
      }
      this.#socket.write(piece, 'latin1');
      this.blocked = this.#socket.writableLength > SOCKET_BYTES_MAX;
    }
  }
}
