declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** One request of the sequence that a client sends over and over. */
  interface Request {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  interface Client {
    setRequests(requests: Request[]): void;
  }
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly overallRate?: number;
    readonly setupClient: (client: Client) => void;
  }
  interface Result {
    readonly errors: number;
    readonly timeouts: number;
  }
  /** Emits `response` with the client, the status, the bytes and the milliseconds of each answer. */
  type Run = EventEmitter & PromiseLike<Result>;
  function autocannon(options: Options): Run;
  export = autocannon;
}
