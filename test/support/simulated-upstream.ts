import type { Sandbox } from '../../sandbox/sandbox.js';
import { PagerDutyTimeoutError, PagerDutyUnreachableError } from '../../src/pagerduty/errors.js';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../src/pagerduty/transport.js';

/** What can go wrong with one call. */
export const faults = ['500', '429', '429 without headers', 'cut', 'timeout', 'half a body', 'not JSON'] as const;

export type Fault = (typeof faults)[number];

/** The sandbox as an upstream without sockets: calls are injected, so a manual clock and thousands of runs are cheap. */
export class SimulatedUpstream implements Upstream {
  readonly #sandbox: Sandbox;
  readonly pending: Fault[] = [];
  calls = 0;
  faulted = 0;
  /** While true every call fails. */
  isDown = false;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    this.calls += 1;
    const fault = this.isDown ? '500' : this.pending.shift();
    if (fault !== undefined) this.faulted += 1;
    if (fault === 'cut') throw new PagerDutyUnreachableError(new Error('cut'), false);
    if (fault === 'timeout') throw new PagerDutyTimeoutError(10_000);
    if (fault === '500') return { status: 500, headers: {}, body: '{"error":{"message":"broken"}}' };
    if (fault === '429') return { status: 429, headers: { 'ratelimit-reset': '7' }, body: '{"error":{"code":2020}}' };
    if (fault === '429 without headers') return { status: 429, headers: {}, body: '' };
    const answer = await this.answer(request);
    if (fault === 'half a body') return { ...answer, body: answer.body.slice(0, -20) };
    return fault === 'not JSON' ? { ...answer, body: '<html>' } : answer;
  }

  async close(): Promise<void> {}

  /** The answer to a call that meets no fault. */
  protected answer(request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.inject(this.#sandbox, request);
  }

  protected async inject(sandbox: Sandbox, request: UpstreamRequest): Promise<UpstreamResponse> {
    const { statusCode, headers, body } = await sandbox.app.inject({
      method: request.method,
      url: request.path,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { payload: request.body }),
    });
    return { status: statusCode, headers: { date: String(headers.date ?? '') }, body };
  }
}
