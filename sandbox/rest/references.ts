import type { Account } from '../account/account.js';
import { agentName } from '../account/find.js';
import type { Agent, Incident } from '../account/records.js';

const apiUrl = 'https://api.pagerduty.com';
const websiteUrl = 'https://sandbox.pagerduty.com';

/** The fields that every object and every reference begins with. */
export function resource<T extends string>(type: T, id: string, summary: string, path: string) {
  return { id, type, summary, self: `${apiUrl}/${path}/${id}`, html_url: `${websiteUrl}/${path}/${id}` };
}

/** Whole seconds with a `Z`. */
export function isoTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

export function userReference(account: Account, id: string) {
  return resource('user_reference', id, agentName(account, { kind: 'user', id }), 'users');
}

export function serviceReference(account: Account, id: string) {
  return resource('service_reference', id, agentName(account, { kind: 'service', id }), 'service-directory');
}

export function agentReference(account: Account, agent: Agent) {
  return agent.kind === 'user' ? userReference(account, agent.id) : serviceReference(account, agent.id);
}

export function teamReference(account: Account, id: string) {
  return resource('team_reference', id, nameIn(account.directory.teams, id), 'teams');
}

export function policyReference(account: Account, id: string) {
  const name = nameIn(account.directory.policies, id);
  return resource('escalation_policy_reference', id, name, 'escalation_policies');
}

export function scheduleReference(account: Account, id: string) {
  return resource('schedule_reference', id, nameIn(account.directory.schedules, id), 'schedules');
}

export function incidentSummary(incident: Incident): string {
  return `[#${incident.number}] ${incident.title}`;
}

export function incidentReference(incident: Incident) {
  return resource('incident_reference', incident.id, incidentSummary(incident), 'incidents');
}

/** PagerDuty answers null here, which its specification does not allow. */
export function nullUnlessStrict<K extends string, V>(account: Account, name: K, value: V | null): object {
  return value === null && account.settings.strictSpecification ? {} : { [name]: value };
}

function nameIn(records: readonly { readonly id: string; readonly name: string }[], id: string): string {
  return records.find((one) => one.id === id)?.name ?? id;
}
