import { PagerDutyUnreachableError } from '../../src/pagerduty/errors.js';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../src/pagerduty/transport.js';

/** PagerDuty without sockets, with an account for each key that begins with `good`: every answer names its key. */
export class AccountsUpstream implements Upstream {
  /** Every request so far, oldest first: the key that it came with; empty for an event, which needs none. */
  readonly calls: string[] = [];
  /** While true nothing reaches PagerDuty. */
  isDown = false;
  /** What is awaited before a request is answered. */
  before: (key: string) => Promise<void> = async () => undefined;

  constructor(readonly now: () => number) {}

  async send({ headers, path, body }: UpstreamRequest): Promise<UpstreamResponse> {
    const key = /^(?:Token token=|Bearer )(.*)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    this.calls.push(key);
    await this.before(key);
    if (this.isDown) throw new PagerDutyUnreachableError(new Error('down'), false);
    const date = { date: new Date(this.now()).toUTCString() };
    if (path.startsWith('/v2/')) return this.#event(body ?? '', date);
    if (!key.startsWith('good')) return { status: 401, headers: date, body: '{"error":{"code":2006,"message":"no"}}' };
    const user = { id: key, name: key, email: `${key}@example.com` };
    const answer = { user, users: [user], log_entries: [], incidents: [], more: false };
    return { status: 200, headers: date, body: JSON.stringify(answer) };
  }

  async close(): Promise<void> {}

  #event(body: string, headers: { readonly date: string }): UpstreamResponse {
    if (body.includes('"routing_key":"good'))
      return { status: 202, headers, body: '{"status":"success","dedup_key":"d"}' };
    return { status: 400, headers, body: '{"status":"invalid event","errors":["Invalid routing key"]}' };
  }
}
