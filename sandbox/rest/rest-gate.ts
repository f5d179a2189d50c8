import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Account } from '../account/account.js';
import { AccountError, invalidInput } from '../account/account-error.js';
import type { ApiKey, User } from '../account/records.js';
import { settle } from '../account/settle.js';
import type { MinuteLimiter } from '../http/minute-limiter.js';
import { QueryText } from '../http/query-text.js';
import { credentialOf, parseJson } from '../http/read-request.js';

/** A REST request that passed the gate. */
export interface RestCall {
  readonly account: Account;
  readonly query: QueryText;
  /** The `{id}` of the path; empty if there is none. */
  readonly id: string;
  readonly key: ApiKey;
  /** The value of `include[]`. */
  readonly includes: ReadonlySet<string>;
  readonly body: unknown;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<object>;

/**
 * What every REST request passes before a route sees it: the key, the rate limit, the account's clock, and for writes
 * the right to write and a JSON body.
 */
export class RestGate {
  readonly #account: Account;
  readonly #limiter: MinuteLimiter;

  constructor(account: Account, limiter: MinuteLimiter) {
    this.#account = account;
    this.#limiter = limiter;
  }

  /** A route that reads. */
  read(answer: (call: RestCall) => object): Handler {
    return async (request, reply) => answer(this.#enter(request, reply));
  }

  /** A route that reads log entries. */
  readLog(answer: (call: RestCall) => object): Handler {
    return async (request, reply) => {
      const call = this.#enter(request, reply);
      if (call.key.kind === 'no-log-entries') throw accessDenied('This key may not read log entries');
      return answer(call);
    };
  }

  /** A route that writes for nobody in particular. */
  write(status: number, answer: (call: RestCall) => object): Handler {
    return async (request, reply) => {
      const call = this.#enterToWrite(request, reply);
      const body = answer(call);
      reply.code(status);
      return body;
    };
  }

  /** A route that writes on behalf of a user: the key's own, or else the one in the `From` header. */
  act(status: number, answer: (call: RestCall, actor: User) => object): Handler {
    return async (request, reply) => {
      const call = this.#enterToWrite(request, reply);
      const body = answer(call, this.#actor(request, call.key));
      reply.code(status);
      return body;
    };
  }

  #enter(request: FastifyRequest, reply: FastifyReply): RestCall {
    const credential = credentialOf(request.headers.authorization);
    const key = credential === undefined ? undefined : this.#account.apiKey(credential);
    if (key === undefined) throw new AccountError(401, 2006, 'Authentication failed');
    const allowance = this.#limiter.take(key.key, this.#account.settings.rateLimitPerMinute);
    reply.headers({
      'ratelimit-limit': allowance.limit,
      'ratelimit-remaining': allowance.remaining,
      'ratelimit-reset': allowance.resetSeconds,
    });
    if (!allowance.allowed) throw new AccountError(429, 2020, 'Rate Limit Exceeded');
    settle(this.#account);
    const query = new QueryText(request.query);
    const id = new QueryText(request.params).one('id') ?? '';
    return { account: this.#account, query, id, key, includes: new Set(query.all('include[]')), body: undefined };
  }

  #enterToWrite(request: FastifyRequest, reply: FastifyReply): RestCall {
    const call = this.#enter(request, reply);
    if (call.key.kind === 'read-only') throw accessDenied('This key is read-only');
    // Seen in https://github.com/PagerDuty/go-pagerduty/issues/89, both for a missing type and for a malformed body.
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
    const body = isJson ? parseJson(request.body) : undefined;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidInput('params must be a Hash');
    return { ...call, body };
  }

  #actor(request: FastifyRequest, key: ApiKey): User {
    const { users } = this.#account.directory;
    if (key.userId !== null) {
      const own = users.find((user) => user.id === key.userId);
      if (own !== undefined) return own;
    }
    const from = request.headers.from;
    if (from === undefined || from === '') {
      // Seen in https://github.com/PagerDuty/go-pagerduty/issues/32; the code is documented for something else.
      const message = 'You must specify a user\'s email address in the "From" header to perform this action';
      throw new AccountError(400, 2016, message);
    }
    const user = users.find((one) => one.email === from.toLowerCase());
    if (user === undefined) throw new AccountError(400, 1008, 'Requester User Not Found');
    return user;
  }
}

function accessDenied(why: string): AccountError {
  return new AccountError(403, 2010, 'Access Denied', [why]);
}
