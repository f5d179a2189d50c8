import type { Account } from './account.js';
import { AccountError, notFound } from './account-error.js';
import type { Agent, EscalationPolicy, Incident, Service, User } from './records.js';

/** The incident with this id or number, or the 404 that PagerDuty answers. */
export function findIncident(account: Account, idOrNumber: string): Incident {
  const incident = account.incident(idOrNumber);
  if (incident === undefined) throw notFound(`Incident ${idOrNumber}`);
  return incident;
}

export function findUser(account: Account, id: string): User {
  const user = account.directory.users.find((one) => one.id === id);
  if (user === undefined) throw notFound(`User ${id}`);
  return user;
}

export function findService(account: Account, id: string): Service {
  const service = account.directory.services.find((one) => one.id === id);
  if (service === undefined) throw notFound(`Service ${id}`);
  return service;
}

export function findPolicy(account: Account, id: string): EscalationPolicy {
  const policy = account.directory.policies.find((one) => one.id === id);
  if (policy === undefined) throw new AccountError(400, 1014, 'Escalation Policy Not Found', [`${id} is unknown`]);
  return policy;
}

/** The users that a level of a policy calls now; empty if nobody is on call. */
export function onCallUserIds(account: Account, policy: EscalationPolicy, level: number): string[] {
  const ids = (policy.levels[level]?.targets ?? []).map((target) =>
    target.kind === 'user'
      ? target.id
      : (account.directory.schedules.find((schedule) => schedule.id === target.id)?.onCallUserId ?? null),
  );
  return [...new Set(ids.filter((id) => id !== null))];
}

/** The first level that reaches anybody. */
export function firstLevelOnCall(account: Account, policy: EscalationPolicy): number | undefined {
  const level = policy.levels.findIndex((_, index) => onCallUserIds(account, policy, index).length > 0);
  return level === -1 ? undefined : level;
}

export function agentName(account: Account, agent: Agent): string {
  const known = agent.kind === 'user' ? account.directory.users : account.directory.services;
  return known.find((one) => one.id === agent.id)?.name ?? agent.id;
}

export function userNames(account: Account, ids: readonly string[]): string {
  return ids.map((id) => agentName(account, { kind: 'user', id })).join(', ');
}
