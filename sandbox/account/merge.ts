import type { Account } from './account.js';
import { AccountError, invalidInput } from './account-error.js';
import { agentName } from './find.js';
import { resolve } from './lifecycle.js';
import type { Agent, Incident } from './records.js';

/** Moves the sources' alerts to the target and resolves the sources with a reason that names it. */
export function merge(account: Account, target: Incident, sources: readonly Incident[], agent: Agent): void {
  if (target.status === 'resolved') throw new AccountError(400, 1001, 'Incident Already Resolved');
  if (sources.length === 0) throw invalidInput('source_incidents must name at least one incident');
  if (new Set(sources).size !== sources.length) throw invalidInput('source_incidents names an incident twice');
  for (const source of sources) {
    if (source === target) throw invalidInput('An incident cannot be merged into itself');
    if (source.mergedInto !== null) throw new AccountError(400, 1019, 'Incident Already Merged', [source.id]);
    if (source.status === 'resolved') throw new AccountError(400, 1001, 'Incident Already Resolved', [source.id]);
  }
  for (const source of sources) mergeOne(account, target, source, agent);
}

function mergeOne(account: Account, target: Incident, source: Incident, agent: Agent): void {
  const moved = source.alerts.splice(0);
  resolve(account, source, agent, { mergedInto: target, channel: { type: 'merge' } });
  for (const alert of moved) {
    alert.incident = target;
    target.alerts.push(alert);
    if (alert.status === 'triggered') account.rememberKey(target, alert.serviceId, alert.key);
  }
  account.beginAction();
  const summary = `Incident #${source.number} was merged by ${agentName(account, agent)}.`;
  const entry = account.settings.strictSpecification
    ? null
    : account.write(target, 'link', agent, { type: 'merge' }, summary);
  target.updatedAtMs = account.now();
  account.record('merged', target, agent.kind === 'user' ? agent.id : null, entry);
}
