import { type Clock, systemClock } from '../../src/clock/clock.js';
import { logLines } from './log-lines.js';
import { type Answer, type CallOptions, type RunningService, startService } from './running-service.js';
import type { Finding, SecretSearch } from './secret-search.js';
import { sendRaw } from './send-raw.js';

type Headers = NonNullable<CallOptions['headers']>;

/** Calls services, and keeps everything that they say: every answer whole, and every line of their logs. */
export class Witness {
  readonly log = logLines('trace');
  readonly statuses = new Set<number>();
  /** Each text once, with the place of its first appearance: pages are long, and the same each time. */
  readonly #answers = new Map<string, string>();
  #service: RunningService | undefined;
  #accessToken: Headers = {};
  #number = 0;

  /** Starts a service, to be called from now on. Gives what stops it, which the test's end does too. */
  async start(
    t: { teardown(close: () => unknown): void },
    environment: Readonly<Record<string, string>>,
    clock: Clock = systemClock,
  ): Promise<() => Promise<void>> {
    const closers: (() => unknown)[] = [];
    const stop = async () => {
      for (const close of closers.splice(0)) await close();
    };
    t.teardown(stop);
    const keep = { teardown: (close: () => unknown) => void closers.push(close) };
    const { ACCESS_TOKENS: token } = environment;
    this.#accessToken = token === undefined ? {} : { 'x-access-token': token };
    this.#service = await startService(keep, { environment, clock, logger: this.log.logger });
    return stop;
  }

  /** Where the service is. */
  get url(): string {
    return this.#running.url;
  }

  /** Sends a request with these headers alone, and the access token if the service is private. */
  async call(method: string, path: string, headers: Headers = {}, body?: unknown): Promise<Answer> {
    this.#number += 1;
    const where = `answer ${this.#number} to ${method} ${path.slice(0, 80)} (${Object.keys(headers)})`;
    const answer = await this.#running.call(method, path, {
      key: null,
      headers: { ...this.#accessToken, ...headers },
      body,
    });
    this.statuses.add(answer.status);
    this.#keep(`body of ${where}`, answer.text);
    this.#keep(`headers of ${where}`, JSON.stringify(answer.headers));
    return answer;
  }

  /** Sends bytes as they are. */
  async sendRaw(bytes: string): Promise<void> {
    this.#keep(`answer to ${bytes.slice(0, 80)}`, await sendRaw(this.#running.url, bytes));
  }

  /** Every secret in the answers and in the log. */
  find(search: SecretSearch): Finding[] {
    const { lines } = this.log;
    const said = [...this.#answers].flatMap(([text, where]) => search.find(where, text));
    return [...said, ...lines.flatMap((line) => search.find(`log: ${line.slice(0, 400)}`, line))];
  }

  #keep(where: string, text: string): void {
    if (!this.#answers.has(text)) this.#answers.set(text, where);
  }

  get #running(): RunningService {
    if (this.#service === undefined) throw new Error('no service was started');
    return this.#service;
  }
}
