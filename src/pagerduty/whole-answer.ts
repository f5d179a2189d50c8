import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { UpstreamResponse } from './transport.js';

/**
 * Reads the answer to one dispatched request. undici's own `request` makes a stream and a signal for each, which for
 * answers that are read whole anyway were a quarter of what a call costs.
 */
export class WholeAnswer implements Dispatcher.DispatchHandler {
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
    const whole = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#done({ status: this.#status, headers: this.#headers, body: whole.toString() });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#failed(error);
  }
}
