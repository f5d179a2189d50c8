import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Account } from '../account/account.js';
import { AccountError } from '../account/account-error.js';
import { findPolicy, findService, findUser } from '../account/find.js';
import type { ApiKey } from '../account/records.js';
import { settle } from '../account/settle.js';
import type { Faults } from '../http/faults.js';
import type { MinuteLimiter } from '../http/minute-limiter.js';
import { QueryText } from '../http/query-text.js';
import type { RequestLog } from '../http/request-log.js';
import { isoTime } from '../rest/references.js';
import type { ShiftedClock } from '../shifted-clock.js';
import {
  readAdvance,
  readFault,
  readLateEntries,
  readNewKeys,
  readPolicy,
  readService,
  readSettings,
} from './control-bodies.js';
import { brief, idOf } from './incident-controls.js';

export interface SandboxParts {
  readonly account: Account;
  readonly clock: ShiftedClock;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly limiter: MinuteLimiter;
}

/** Everything about the sandbox itself: its state, settings, keys, faults, requests, time and true history. */
export function sandboxControls(app: FastifyInstance, parts: SandboxParts): void {
  const { account, clock, faults, requests, limiter } = parts;

  app.get('/_sandbox', async () => ({
    about: 'A pretend PagerDuty account. Everything under /_sandbox controls it and needs no key.',
    routes: app.printRoutes({ commonPrefix: false }).split('\n'),
    settings: account.settings,
    now: isoTime(clock.now()),
  }));

  app.get('/_sandbox/account', async () => {
    settle(account);
    const { users, teams, services, policies, priorities, integrations, keys } = account.directory;
    return {
      users,
      teams,
      services,
      policies,
      priorities,
      integrations,
      keys,
      incidents: account.incidents.map(brief),
      logEntryCount: account.log.size,
    };
  });

  app.post('/_sandbox/reset', async () => {
    account.reset();
    faults.clear();
    requests.clear();
    limiter.reset();
    return { reset: true };
  });

  app.get('/_sandbox/history', async (request) => {
    settle(account);
    const since = new QueryText(request.query).integer('since', 0, 0);
    const items = account.history.slice(since);
    return { history: items.map(({ atMs, ...item }) => ({ ...item, at: isoTime(atMs) })) };
  });

  app.get('/_sandbox/changes', async () => ({
    changes: account.changes.map(({ receivedAtMs, ...change }) => ({ ...change, receivedAt: isoTime(receivedAtMs) })),
  }));

  app.post('/_sandbox/clock/advance', async (request) => {
    clock.advance(readAdvance(request.body).seconds * 1000);
    settle(account);
    return { now: isoTime(clock.now()) };
  });

  app.patch('/_sandbox/settings', async (request) => {
    Object.assign(account.settings, readSettings(request.body));
    return { settings: account.settings };
  });

  app.post('/_sandbox/late-entries', async (request) => {
    const { actions, seconds } = readLateEntries(request.body);
    account.hideNextActions(actions, seconds);
    return { actions, seconds };
  });

  app.patch('/_sandbox/services/:id', async (request) => {
    const service = findService(account, idOf(request));
    return { service: Object.assign(service, readService(request.body)) };
  });

  app.patch('/_sandbox/policies/:id', async (request) => {
    const policy = findPolicy(account, idOf(request));
    const { delayMinutes, loops } = readPolicy(request.body);
    if (loops !== undefined) policy.loops = loops;
    for (const level of policy.levels) level.delayMinutes = delayMinutes ?? level.delayMinutes;
    return { policy };
  });

  app.post('/_sandbox/keys', async (request, reply) => {
    reply.code(201);
    return { keys: newKeys(account, readNewKeys(request.body)) };
  });

  app.get('/_sandbox/faults', async () => ({ faults: faults.list() }));
  app.delete('/_sandbox/faults', async () => {
    faults.clear();
    return { faults: [] };
  });
  app.post('/_sandbox/faults', async (request, reply) => {
    const { match = {}, fault, times = 1, skip = 0 } = readFault(request.body);
    checkPattern(match.path);
    reply.code(201);
    return { fault: faults.add(match, fault, times, skip) };
  });

  app.get('/_sandbox/requests', async (request) => {
    const since = new QueryText(request.query).integer('since', 0, 0);
    return { requests: requests.since(since), counts: requests.counts(), last: requests.lastN };
  });
  app.delete('/_sandbox/requests', async () => {
    requests.clear();
    return { requests: [], counts: {}, last: requests.lastN };
  });
}

function newKeys(account: Account, wanted: ReturnType<typeof readNewKeys>): ApiKey[] {
  const { count = 1, key, kind = 'account' } = wanted;
  if (key !== undefined && count > 1) throw badRequest('key and count exclude each other');
  if (key !== undefined && account.apiKey(key) !== undefined) throw badRequest('the account has this key already');
  const userId = kind === 'user' ? findUser(account, wanted.userId ?? 'PUSER01').id : null;
  const first = account.directory.keys.length + 1;
  return Array.from({ length: count }, (_, index) => {
    const name = `${kind}-${first + index}`;
    const added: ApiKey = { key: key ?? `y_${digest(name)}`, name, kind, userId };
    account.addApiKey(added);
    return added;
  });
}

/** Eighteen characters that are always the same for a name, so that load tests can be repeated. */
function digest(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 18);
}

function checkPattern(path: string | undefined): void {
  if (path?.startsWith('~') !== true) return;
  try {
    new RegExp(path.slice(1));
  } catch (cause) {
    throw badRequest(`match.path is not a regular expression: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function badRequest(why: string): AccountError {
  return new AccountError(400, 0, 'Bad control request', [why]);
}
