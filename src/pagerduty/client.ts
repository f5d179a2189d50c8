import type { Clock } from '../clock/clock.js';
import { type CallGate, type KeyOutcome, throughGate } from './call-gate.js';
import { PagerDutyResponseError } from './errors.js';
import { readJson } from './json.js';
import type { OddFieldReport } from './read-body.js';
import { isOwnError, readErrorBody } from './read-error-body.js';
import { retryAfterMs, retrying } from './retry.js';
import type { Upstream, UpstreamRequest, UpstreamResponse } from './transport.js';

/** A value, or a list of values, of a query parameter. `undefined` leaves the parameter out. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** One call to PagerDuty's REST API. */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path template such as `/users/{id}`; it also names the endpoint in metrics. */
  readonly path: string;
  readonly pathValues?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** E-mail address of the acting user, for the `From` header. */
  readonly from?: string;
  readonly body?: unknown;
  /** True only if sending it again changes nothing more: then it is retried after a transient failure. */
  readonly idempotent: boolean;
  /**
   * Reads the success body, and reports the odd fields of its records. Throws PagerDutyInvalidResponseError if the body is
   * not what it should be.
   */
  readonly read: (body: unknown, report: OddFieldReport) => T;
}

/** An answer and PagerDuty's own time when it gave it. */
export interface Answer<T> {
  readonly value: T;
  /** From the `Date` header, in milliseconds since the Unix epoch; undefined if there was none. */
  readonly serverTimeMs: number | undefined;
}

/**
 * PagerDuty's REST API for one credential. It retries what may be retried, and it keeps PagerDuty's rate limit: after a
 * 429 no call of this client leaves before the time that PagerDuty named.
 */
export class PagerDutyClient {
  readonly #transport: Upstream;
  readonly #authorization: string;
  readonly #key: string;
  readonly #gate: CallGate;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #oddField: OddFieldReport;
  #quietUntilMs = 0;

  constructor(options: {
    transport: Upstream;
    credential: Credential;
    clock: Clock;
    random: () => number;
    /** What each attempt passes. */
    gate: CallGate;
    /** Hears of each odd field in what PagerDuty answers. Default: nobody does. */
    oddField?: OddFieldReport | undefined;
  }) {
    this.#transport = options.transport;
    this.#authorization = authorizationHeader(options.credential);
    this.#key = options.credential.key;
    this.#gate = options.gate;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#oddField = options.oddField ?? (() => undefined);
  }

  /**
   * Makes a call.
   * @throws {PagerDutyResponseError} for an error that PagerDuty answered
   * @throws {ServiceError} if the gate lets nothing out
   * @throws {PagerDutyTimeoutError} @throws {PagerDutyUnreachableError} @throws {PagerDutyInvalidResponseError}
   */
  async call<T>(call: Call<T>): Promise<T> {
    return (await this.callWithTime(call)).value;
  }

  /** As `call`, with PagerDuty's own time beside the answer. */
  async callWithTime<T>(call: Call<T>): Promise<Answer<T>> {
    const request = this.#requestOf(call);
    const attempt = () => this.#attempt(call, request);
    return call.idempotent ? retrying(attempt, { clock: this.#clock, random: this.#random }) : attempt();
  }

  async #attempt<T>(call: Call<T>, request: UpstreamRequest): Promise<Answer<T>> {
    this.#refuseWhileQuiet();
    const response = await throughGate(this.#gate, () => this.#transport.send(request), { answer: outcomeOf });
    if (response.status < 200 || response.status > 299) throw this.#errorOf(response);
    return { value: call.read(readJson(response.body), this.#oddField), serverTimeMs: dateOf(response) };
  }

  #requestOf<T>(call: Call<T>): UpstreamRequest {
    return {
      method: call.method,
      sender: this.#authorization,
      endpoint: call.path,
      path: encodePath(call.path, call.pathValues ?? {}) + encodeQuery(call.query ?? {}),
      headers: {
        accept: 'application/vnd.pagerduty+json;version=2',
        authorization: this.#authorization,
        // PagerDuty's specification requires it of every call, even of one without a body.
        'content-type': 'application/json',
        ...(call.from === undefined ? {} : { from: call.from }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    };
  }

  #errorOf(response: UpstreamResponse): PagerDutyResponseError {
    const waitMs = retryAfterMs(response);
    // A body that repeats the key must not carry it into an error of ours.
    const body = readErrorBody(response.body, this.#key);
    if (response.status === 429) {
      this.#quietUntilMs = Math.max(this.#quietUntilMs, this.#clock.monotonic() + (waitMs ?? 0));
    }
    return new PagerDutyResponseError(response.status, body, waitMs);
  }

  #refuseWhileQuiet(): void {
    const leftMs = this.#quietUntilMs - this.#clock.monotonic();
    if (leftMs > 0) throw new PagerDutyResponseError(429, { code: 2020, errors: [] }, leftMs);
  }
}

/**
 * What an answer tells of the key. 408, 429 and 5xx tell nothing: who sends them may not have looked at the key. Nor do a
 * redirect, and an error that is not in PagerDuty's own words: an edge or a proxy before PagerDuty may have sent it.
 */
function outcomeOf({ status, body }: UpstreamResponse): KeyOutcome {
  if (status === 401) return 'refused';
  if (status >= 200 && status < 300) return 'accepted';
  const isAboutRequest = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isAboutRequest && isOwnError(body) ? 'accepted' : 'failed';
}

function encodeQuery(query: Readonly<Record<string, QueryValue>>): string {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const values = typeof value === 'object' ? value : [String(value)];
    for (const one of values) encoded.append(name, one);
  }
  return encoded.size === 0 ? '' : `?${encoded}`;
}

function dateOf(response: UpstreamResponse): number | undefined {
  const { date } = response.headers;
  const timeMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** How a caller authenticates at PagerDuty: an API key (`Token`), or an OAuth or scoped app token (`Bearer`). */
export interface Credential {
  readonly scheme: 'Token' | 'Bearer';
  readonly key: string;
}

/** The `Authorization` header as PagerDuty wants it: https://developer.pagerduty.com/docs/authentication */
export function authorizationHeader(credential: Credential): string {
  return credential.scheme === 'Token' ? `Token token=${credential.key}` : `Bearer ${credential.key}`;
}

/**
 * Puts values into a path template, each as one encoded segment: `/users/{id}` with `a/b` becomes `/users/a%2Fb`.
 * @throws {RangeError} if no encoding keeps a value in its segment: empty, `.` or `..`.
 */
export function encodePath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (value === '' || value === '.' || value === '..') {
      throw new RangeError(`${name}: expected a value that can be a path segment, got ${JSON.stringify(value)}`);
    }
    return encodeURIComponent(value.toWellFormed());
  });
}
