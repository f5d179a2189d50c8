import type { FastifyInstance } from 'fastify';
import { AccountError, invalidInput, notFound } from '../account/account-error.js';
import {
  onCalls,
  onCallView,
  policyView,
  priorityView,
  scheduleView,
  serviceView,
  teamView,
  userView,
} from './directory-views.js';
import { pageOf } from './paging.js';
import type { RestCall, RestGate } from './rest-gate.js';

const abilities = ['sso', 'teams', 'urgencies', 'priorities', 'response_operations', 'event_rules'];

/** Users, policies, services, priorities, teams, schedules, on-calls and abilities: all of them read-only. */
export function directoryRoutes(app: FastifyInstance, gate: RestGate): void {
  app.get('/users', gate.read(listUsers));
  app.get('/users/me', gate.read(currentUser));
  app.get('/users/:id', gate.read(oneUser));
  app.get('/escalation_policies', gate.read(listPolicies));
  app.get('/escalation_policies/:id', gate.read(onePolicy));
  app.get('/services', gate.read(listServices));
  app.get('/services/:id', gate.read(oneService));
  app.get(
    '/priorities',
    gate.read(({ account, query }) => {
      const { items, fields } = pageOf(query, account.directory.priorities);
      return { priorities: items.map(priorityView), ...fields };
    }),
  );
  app.get('/teams', gate.read(listTeams));
  app.get('/schedules', gate.read(listSchedules));
  app.get('/oncalls', gate.read(listOnCalls));
  app.get(
    '/abilities',
    gate.read(() => ({ abilities })),
  );
}

function listUsers({ account, query, includes }: RestCall): object {
  const teamIds = query.all('team_ids[]');
  const users = account.directory.users.filter(
    (user) =>
      (contains(user.name, query.one('query')) || contains(user.email, query.one('query'))) &&
      sharesTeam(user.teamIds, teamIds),
  );
  const { items, fields } = pageOf(query, users);
  return { users: items.map((user) => userView(account, user, includes)), ...fields };
}

/** Only a user's own key has a "me"; https://developer.pagerduty.com/api-reference/, "Get the current user". */
function currentUser({ account, key, includes }: RestCall): object {
  const user = account.directory.users.find((one) => one.id === key.userId);
  if (user === undefined) throw invalidInput('Account-level access tokens have no current user');
  return { user: userView(account, user, includes) };
}

function oneUser({ account, id, includes }: RestCall): object {
  const user = account.directory.users.find((one) => one.id === id);
  if (user === undefined) throw notFound(`User ${id}`);
  return { user: userView(account, user, includes) };
}

function listPolicies({ account, query, includes }: RestCall): object {
  const userIds = query.all('user_ids[]');
  const policies = account.directory.policies.filter(
    (policy) =>
      contains(policy.name, query.one('query')) &&
      sharesTeam(policy.teamIds, query.all('team_ids[]')) &&
      (userIds.length === 0 ||
        policy.levels.some((level) => level.targets.some((target) => userIds.includes(target.id)))),
  );
  const { items, fields } = pageOf(query, byName(policies, query.one('sort_by')));
  return { escalation_policies: items.map((policy) => policyView(account, policy, includes)), ...fields };
}

function onePolicy({ account, id, includes }: RestCall): object {
  const policy = account.directory.policies.find((one) => one.id === id);
  if (policy === undefined) throw notFound(`Escalation policy ${id}`);
  return { escalation_policy: policyView(account, policy, includes) };
}

function listServices({ account, query, includes }: RestCall): object {
  const name = query.one('name');
  const services = account.directory.services.filter(
    (service) =>
      contains(service.name, query.one('query')) &&
      sharesTeam(service.teamIds, query.all('team_ids[]')) &&
      (name === undefined || service.name === name),
  );
  const { items, fields } = pageOf(query, byName(services, query.one('sort_by')));
  return { services: items.map((service) => serviceView(account, service, includes)), ...fields };
}

function oneService({ account, id, includes }: RestCall): object {
  const service = account.directory.services.find((one) => one.id === id);
  if (service === undefined) throw notFound(`Service ${id}`);
  return { service: serviceView(account, service, includes) };
}

function listTeams({ account, query }: RestCall): object {
  const teams = account.directory.teams.filter((team) => contains(team.name, query.one('query')));
  const { items, fields } = pageOf(query, teams);
  return { teams: items.map(teamView), ...fields };
}

function listSchedules({ account, query }: RestCall): object {
  const schedules = account.directory.schedules.filter((schedule) => contains(schedule.name, query.one('query')));
  const { items, fields } = pageOf(query, schedules);
  return { schedules: items.map((schedule) => scheduleView(account, schedule)), ...fields };
}

function listOnCalls({ account, query, includes }: RestCall): object {
  const since = query.time('since');
  const until = query.time('until');
  if (since !== undefined && until !== undefined && until < since) {
    throw new AccountError(400, 2005, 'Invalid Query Date Range', ['until must not come before since']);
  }
  const userIds = query.all('user_ids[]');
  const policyIds = query.all('escalation_policy_ids[]');
  const scheduleIds = query.all('schedule_ids[]');
  const matching = onCalls(account).filter(
    (one) =>
      (userIds.length === 0 || userIds.includes(one.userId)) &&
      (policyIds.length === 0 || policyIds.includes(one.policy.id)) &&
      (scheduleIds.length === 0 || scheduleIds.includes(one.scheduleId ?? 'null')),
  );
  const { items, fields } = pageOf(query, matching);
  return { oncalls: items.map((one) => onCallView(account, one, includes)), ...fields };
}

function contains(text: string, query: string | undefined): boolean {
  return query === undefined || text.toLowerCase().includes(query.toLowerCase());
}

function sharesTeam(own: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || own.some((id) => wanted.includes(id));
}

function byName<T extends { readonly name: string }>(items: readonly T[], sortBy: string | undefined): T[] {
  const direction = sortBy === 'name:desc' ? -1 : 1;
  return [...items].sort((a, b) => direction * a.name.localeCompare(b.name));
}
