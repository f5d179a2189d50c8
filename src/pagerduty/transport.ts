import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors, Pool } from 'undici';
import type { Clock } from '../clock/clock.js';
import { AnswerTooLargeError, NoSocketError, PagerDutyTimeoutError, PagerDutyUnreachableError } from './errors.js';
import { FairQueue } from './fair-queue.js';

/** One request to the upstream's origin, ready to be written to a socket. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Whose request it is: each sender has its share of the sockets. A secret, like the headers. */
  readonly sender: string;
  /** The endpoint's path template, which names it in reports. */
  readonly endpoint: string;
  /** Encoded path with its query, below the base URL's own path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A complete answer. Header names are in lower case. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** How a request ended, for metrics: a status, `timeout`, `unreachable`, `too_large` or `not_sent`. No identity, few values. */
export interface CallReport {
  readonly endpoint: string;
  readonly outcome: string;
  readonly durationMs: number;
}

/** Sends requests to one origin, each of them once. */
export interface Upstream {
  /**
   * @throws {PagerDutyTimeoutError} if no complete answer came before the deadline
   * @throws {PagerDutyUnreachableError} if the connection failed, before or while the answer was read
   * @throws {AnswerTooLargeError} if the answer is too large
   * @throws {NoSocketError} if no socket was free for long: nothing was sent
   */
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Ends all connections; what is under way fails. */
  close(): Promise<void>;
}

/** A page of a hundred large incidents has some megabytes. */
const maxAnswerMib = 8;
/** A request waits no longer for a socket: its caller would be gone before the answer. */
const maxWaitMs = 10_000;

/**
 * A pool of kept-alive sockets to one origin, shared fairly, with a deadline for each request. It neither retries nor judges a
 * status: the client does.
 */
export class Transport implements Upstream {
  readonly #pool: Pool;
  readonly #queue: FairQueue;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #report: (report: CallReport) => void;

  constructor(options: {
    baseUrl: URL;
    clock: Clock;
    /** How long a request may take, from when it has a socket until its answer is complete. */
    deadlineMs: number;
    report: (report: CallReport) => void;
    sockets?: number;
  }) {
    const { clock, sockets = 128 } = options;
    this.#queue = new FairQueue({ places: sockets, maxWaitMs, clock });
    this.#prefix = options.baseUrl.pathname.replace(/\/$/, '');
    this.#clock = clock;
    this.#deadlineMs = options.deadlineMs;
    this.#report = options.report;
    this.#pool = new Pool(options.baseUrl.origin, {
      connections: sockets,
      pipelining: 1,
      // The deadline below ends a request; undici's own timers must not come first with another error.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxAnswerMib * 1024 * 1024,
    });
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const askedAtMs = this.#clock.monotonic();
    if (!(await this.#queue.enter(request.sender))) {
      this.#reportEnd(request, 'not_sent', askedAtMs);
      throw new NoSocketError(maxWaitMs);
    }
    const startedAtMs = this.#clock.monotonic();
    let outcome = 'unreachable';
    try {
      const response = await this.#dispatch(request);
      outcome = String(response.status);
      return response;
    } catch (error) {
      if (error instanceof PagerDutyTimeoutError) {
        outcome = 'timeout';
        throw error;
      }
      if (error instanceof errors.ResponseExceededMaxSizeError) {
        outcome = 'too_large';
        throw new AnswerTooLargeError(maxAnswerMib, error);
      }
      throw new PagerDutyUnreachableError(error, certainlyNotSent(error));
    } finally {
      this.#queue.leave(request.sender);
      this.#reportEnd(request, outcome, startedAtMs);
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #reportEnd({ method, endpoint }: UpstreamRequest, outcome: string, sinceMs: number): void {
    this.#report({ endpoint: `${method} ${endpoint}`, outcome, durationMs: this.#clock.monotonic() - sinceMs });
  }

  /** Resolves with the complete answer, or rejects at the deadline. */
  #dispatch({ method, path, headers, body }: UpstreamRequest): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const answer = new BufferedResponse(
        (response) => {
          cancel();
          resolve(response);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
      const cancel = this.#clock.after(this.#deadlineMs, () => {
        answer.abort(new PagerDutyTimeoutError(this.#deadlineMs));
      });
      this.#pool.dispatch({ method, path: this.#prefix + path, headers, body: body ?? null }, answer);
    });
  }
}

/** Whether the connection was never made, so that the request cannot have had an effect. */
function certainlyNotSent(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH';
}

/**
 * Buffers the answer to one dispatched request. undici's own `request` makes a stream and a signal for each answer: with
 * it a call takes 17 % more CPU time, and each answer twice the memory (`npm run bench -- action`).
 */
export class BufferedResponse implements Dispatcher.DispatchHandler {
  readonly #done: (answer: UpstreamResponse) => void;
  readonly #failed: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #abortedWith: Error | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];

  constructor(done: (answer: UpstreamResponse) => void, failed: (error: Error) => void) {
    this.#done = done;
    this.#failed = failed;
  }

  /** Ends the request with an error. One that still waits for a socket is never sent. */
  abort(error: Error): void {
    this.#abortedWith = error;
    this.#failed(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedWith !== undefined) controller.abort(this.#abortedWith);
  }

  // Called again after an informational answer (1xx), which has no body.
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#done({ status: this.#status, headers: this.#headers, body: body.toString() });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#failed(error);
  }
}
