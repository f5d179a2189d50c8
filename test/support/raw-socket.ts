import { createConnection, type Socket } from 'node:net';

/** A connection on which a test writes what it likes. Bytes are read and written as Latin-1. */
export class RawSocket {
  readonly #socket: Socket;
  /** All that came back so far. */
  received = '';
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = createConnection({ host: hostname, port: Number(port) });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk) => {
      this.received += String(chunk);
    });
    // A connection that is cut says so by its end.
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.on('close', () => resolve()));
  }

  /** Resolves once the bytes are on their way, or cannot be any more. */
  write(bytes: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) resolve();
      else this.#socket.write(bytes, 'latin1', () => resolve());
    });
  }

  /** Says that nothing more comes from here. */
  end(): void {
    this.#socket.end();
  }

  /** Ends the connection as a process that dies does: nothing more is read, and the other side is told of an error. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
