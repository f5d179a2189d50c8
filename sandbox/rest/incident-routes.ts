import type { FastifyInstance } from 'fastify';
import { AccountError, invalidInput } from '../account/account-error.js';
import { checkAssignees } from '../account/assignment.js';
import { findIncident } from '../account/find.js';
import { listIncidents } from '../account/list-incidents.js';
import { merge } from '../account/merge.js';
import { openIncident } from '../account/open-incident.js';
import type { User } from '../account/records.js';
import { planUpdate } from '../account/update-incident.js';
import { changeOf, readCreation, readMerge, readUpdate, readUpdates } from './incident-bodies.js';
import { readIncidentQuery } from './incident-query.js';
import { incidentView } from './incident-views.js';
import { pageFields } from './paging.js';
import { incidentReference } from './references.js';
import type { RestCall, RestGate } from './rest-gate.js';

const maxUpdates = 250;
const noIncludes: ReadonlySet<string> = new Set();

/** https://developer.pagerduty.com/api-reference/, "Incidents": listing, reading, opening, updating, merging. */
export function incidentRoutes(app: FastifyInstance, gate: RestGate): void {
  app.get('/incidents', gate.read(list));
  app.post('/incidents', gate.act(201, create));
  app.put('/incidents', gate.act(200, updateMany));
  app.get(
    '/incidents/:id',
    gate.read(({ account, id, includes }) => ({
      incident: incidentView(account, findIncident(account, id), includes),
    })),
  );
  app.put('/incidents/:id', gate.act(200, update));
  app.put('/incidents/:id/merge', gate.act(200, mergeInto));
}

function list({ account, query, includes }: RestCall): object {
  const wanted = readIncidentQuery(query, account.exactNow());
  const page = listIncidents(account, wanted);
  return {
    incidents: page.incidents.map((incident) => incidentView(account, incident, includes)),
    ...pageFields(wanted, page.more, page.total),
  };
}

function create({ account, body }: RestCall, actor: User): object {
  const { incident: wanted } = readCreation(body);
  const service = account.directory.services.find((one) => one.id === wanted.service.id);
  // Seen in https://github.com/PagerDuty/pagerduty-api-python-client/issues/61.
  if (service === undefined) throw new AccountError(400, 2002, 'Arguments Caused Error', ['Service not found']);
  const priorityId = wanted.priority?.id ?? null;
  if (priorityId !== null && !account.directory.priorities.some((one) => one.id === priorityId)) {
    throw new AccountError(400, 1020, 'Invalid Priority', [priorityId]);
  }
  const assigneeIds = wanted.assignments?.map((one) => one.assignee.id);
  if (assigneeIds !== undefined) {
    if (wanted.escalation_policy !== undefined)
      throw invalidInput('Give assignments or an escalation_policy, not both');
    checkAssignees(account, null, assigneeIds);
  }
  const bridge = wanted.conference_bridge;
  const incident = openIncident(account, {
    serviceId: service.id,
    title: wanted.title,
    urgency: wanted.urgency ?? 'high',
    agent: { kind: 'user', id: actor.id },
    channel: { type: 'api', summary: wanted.title },
    priorityId,
    body: wanted.body?.details ?? null,
    conferenceBridge:
      bridge === undefined ? null : { number: bridge.conference_number ?? null, url: bridge.conference_url ?? null },
    ...(wanted.incident_key === undefined ? {} : { key: wanted.incident_key }),
    ...(wanted.escalation_policy === undefined ? {} : { policyId: wanted.escalation_policy.id }),
    ...(assigneeIds === undefined ? {} : { assigneeIds }),
  });
  return { incident: incidentView(account, incident, noIncludes) };
}

function update({ account, id, body }: RestCall, actor: User): object {
  const incident = findIncident(account, id);
  const change = changeOf(account, readUpdate(body).incident);
  planUpdate(account, incident, change, { kind: 'user', id: actor.id })();
  return { incident: incidentView(account, incident, noIncludes) };
}

/** All or nothing: every change is checked before the first is carried out. */
function updateMany({ account, body, query }: RestCall, actor: User): object {
  const { incidents: changes } = readUpdates(body);
  if (changes.length > maxUpdates) {
    throw new AccountError(413, 2001, 'Invalid Input Provided', [`At most ${maxUpdates} incidents at once`]);
  }
  const incidents = changes.map((change) => findIncident(account, change.id));
  if (new Set(incidents).size < incidents.length) throw invalidInput('incidents names an incident twice');
  const plans = changes.map((change) => {
    const incident = findIncident(account, change.id);
    return planUpdate(account, incident, changeOf(account, change), { kind: 'user', id: actor.id });
  });
  for (const carryOut of plans) carryOut();
  const total = query.isTrue('total') ? incidents.length : null;
  return {
    incidents: incidents.map((incident) => incidentView(account, incident, noIncludes)),
    ...pageFields({ offset: 0, limit: maxUpdates, count: false }, false, total),
  };
}

function mergeInto({ account, id, body }: RestCall, actor: User): object {
  const target = findIncident(account, id);
  const sources = readMerge(body).source_incidents.map((source) => findIncident(account, source.id));
  merge(account, target, sources, { kind: 'user', id: actor.id });
  return { incident: incidentReference(target) };
}
