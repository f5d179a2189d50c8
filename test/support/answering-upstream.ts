import type { Connection } from '../../src/connection/connection.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../src/pagerduty/transport.js';
import type { ManualClock } from './manual-clock.js';

/** What a test answers to a call: a status, or an object with 200. */
export type Answer = (request: UpstreamRequest, url: URL) => number | object;

/** PagerDuty without sockets that answers each call by a function. */
export class AnsweringUpstream implements Upstream {
  /** Paths with their queries, oldest first. */
  readonly calls: string[] = [];
  answer: Answer;
  readonly #now: () => number;

  constructor(answer: Answer, now: () => number) {
    this.answer = answer;
    this.#now = now;
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    this.calls.push(request.path);
    const headers = { date: new Date(this.#now()).toUTCString(), 'ratelimit-reset': '60' };
    const answer = this.answer(request, new URL(request.path, 'http://pagerduty.invalid'));
    if (typeof answer === 'number')
      return { status: answer, headers, body: '{"error":{"code":2001,"message":"no","errors":[]}}' };
    return { status: 200, headers, body: JSON.stringify(answer) };
  }

  async close(): Promise<void> {}
}

/** Opens connections to an upstream, one for each key. */
export function connectionsTo(upstream: Upstream, clock: ManualClock): (key: string) => Connection {
  const apiUrl = new URL('http://pagerduty.invalid');
  const connect = () => upstream;
  const report = () => undefined;
  const pagerDuty = new PagerDuty({ apiUrl, eventsUrl: apiUrl, clock, random: () => 0, report, connect });
  const registry = new ConnectionRegistry({
    clock,
    limit: { calls: 30, windowMs: 60_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock }),
    // A cache of the usual size takes long to make.
    maxConnections: 10,
  });
  return (key) => registry.open({ scheme: 'Token', key }, pagerDuty);
}
