import type { Account } from './account.js';
import { escalate, nextLevel } from './assignment.js';
import { findPolicy, onCallUserIds } from './find.js';
import { resolve, unacknowledge } from './lifecycle.js';
import type { Agent, PendingAction } from './records.js';

/**
 * Catches up with the clock: carries out everything that fell due, in time order and dated when it fell due. Called
 * before every request, so that the account needs no timers.
 */
export function settle(account: Account): void {
  const nowMs = account.exactNow();
  for (;;) {
    const action = account.agenda.takeDue(nowMs);
    if (action === undefined) return;
    // Called off, or replaced by a later one.
    if (!action.incident.pending.includes(action)) continue;
    account.actAt(action.atMs, () => carryOut(account, action));
  }
}

function carryOut(account: Account, action: PendingAction): void {
  const { incident, kind } = action;
  const agent: Agent = { kind: 'service', id: incident.serviceId };
  account.schedule(incident, kind, null);
  if (kind === 'unacknowledge') unacknowledge(account, incident, agent, { type: 'timeout' });
  else if (kind === 'resolve') resolve(account, incident, agent, { channel: { type: 'timeout' } });
  else if (kind === 'exhaust') {
    account.beginAction();
    account.write(incident, 'exhaust_escalation_path', agent, { type: 'auto' }, 'Escalation path exhausted.');
  } else goToNextLevel(account, action, agent);
}

function goToNextLevel(account: Account, action: PendingAction, agent: Agent): void {
  const { incident } = action;
  const policy = findPolicy(account, incident.policyId);
  let level = nextLevel(policy, incident);
  // A level with nobody on call is passed over.
  while (level !== null && level > 0 && onCallUserIds(account, policy, level).length === 0) {
    level = level + 1 < policy.levels.length ? level + 1 : null;
  }
  if (level === null || onCallUserIds(account, policy, level).length === 0) return;
  if (level === 0) {
    incident.loopsDone += 1;
    account.beginAction();
    account.write(incident, 'repeat_escalation_path', agent, { type: 'auto' }, 'Escalation path repeated.');
  }
  escalate(account, incident, policy.id, level, agent, { type: 'timeout' });
}
