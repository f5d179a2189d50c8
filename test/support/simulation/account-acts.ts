import { AccountError } from '../../../sandbox/account/account-error.js';
import { addNote } from '../../../sandbox/account/annotate.js';
import { escalate, reassign } from '../../../sandbox/account/assignment.js';
import { acknowledge, resolve, snooze, unacknowledge } from '../../../sandbox/account/lifecycle.js';
import { merge } from '../../../sandbox/account/merge.js';
import { openIncident } from '../../../sandbox/account/open-incident.js';
import type { Agent, Incident } from '../../../sandbox/account/records.js';
import type { AccountLedger } from './account-ledger.js';

/** Something that people or monitoring do in an account. Incidents and users are numbered, modulo how many there are. */
export type Act =
  | { readonly do: 'trigger'; readonly count: number }
  | {
      readonly do: 'acknowledge' | 'resolve' | 'unacknowledge' | 'reopen' | 'note';
      readonly incident: number;
      readonly user: string;
    }
  | { readonly do: 'assign'; readonly incident: number; readonly users: readonly string[] }
  | { readonly do: 'merge'; readonly incident: number; readonly other: number }
  | { readonly do: 'escalate'; readonly incident: number; readonly policyId: string }
  | { readonly do: 'snooze'; readonly incident: number; readonly seconds: number };

/** Acts by an account's rules. What PagerDuty refuses is no part of the history. */
export function actIn(ledger: AccountLedger, act: Act): void {
  ledger.settle();
  try {
    carryOut(ledger, act);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
  }
  ledger.sync();
}

function carryOut({ account }: AccountLedger, act: Act): void {
  if (act.do === 'trigger') {
    for (let n = 0; n < act.count; n += 1) {
      openIncident(account, {
        serviceId: 'PSVCPAY',
        title: 'Broken',
        urgency: 'high',
        agent: { kind: 'service', id: 'PSVCPAY' },
        channel: { type: 'web_trigger', summary: 'Broken' },
      });
    }
    return;
  }
  // From the newest on: what has just begun is what people work on.
  const at = (n: number): Incident | undefined =>
    account.incidents.at(-1 - (n % Math.max(1, account.incidents.length)));
  const incident = at(act.incident);
  if (incident === undefined) return;
  if (act.do === 'merge') {
    const other = at(act.other);
    if (other !== undefined) merge(account, incident, [other], { kind: 'user', id: 'PUSER01' });
    return;
  }
  const agent: Agent = { kind: 'user', id: 'user' in act ? act.user : 'PUSER01' };
  const channel = { type: 'website' } as const;
  if (act.do === 'acknowledge') acknowledge(account, incident, agent, channel);
  else if (act.do === 'unacknowledge') unacknowledge(account, incident, agent, channel);
  else if (act.do === 'resolve') resolve(account, incident, agent, { channel });
  else if (act.do === 'note') addNote(account, incident, agent.id, 'Looking');
  else if (act.do === 'assign') reassign(account, incident, act.users, agent);
  else if (act.do === 'escalate') escalate(account, incident, act.policyId, null, agent);
  else if (act.do === 'snooze') snooze(account, incident, act.seconds, agent);
  else if (act.do === 'reopen') {
    if (incident.status === 'resolved') acknowledge(account, incident, agent, channel);
  }
}
