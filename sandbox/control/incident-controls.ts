import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Account } from '../account/account.js';
import { AccountError } from '../account/account-error.js';
import { addNote } from '../account/annotate.js';
import { escalate, reassign } from '../account/assignment.js';
import { findIncident, findUser } from '../account/find.js';
import { acknowledge, resolve, snooze, unacknowledge } from '../account/lifecycle.js';
import { merge } from '../account/merge.js';
import { openIncident } from '../account/open-incident.js';
import type { Agent, Incident } from '../account/records.js';
import { settle } from '../account/settle.js';
import { planUpdate } from '../account/update-incident.js';
import { QueryText } from '../http/query-text.js';
import {
  readActor,
  readAssign,
  readControlMerge,
  readControlNote,
  readControlSnooze,
  readEscalate,
  readPriority,
  readResolve,
  readTitle,
  readTriggers,
  readUrgency,
} from './control-bodies.js';

type Act = (incident: Incident, body: unknown) => unknown;

/** Does to incidents what people and monitoring do in PagerDuty's website, without key and rate limit. */
export function incidentControls(app: FastifyInstance, account: Account): void {
  const website = { type: 'website' } as const;

  app.post('/_sandbox/incidents', async (request, reply) => {
    settle(account);
    const { count = 1, serviceId = 'PSVCWEB', urgency = 'high', title, key, ...rest } = readTriggers(request.body);
    if (key !== undefined && count > 1)
      throw new AccountError(400, 0, 'Bad control request', ['a key fits one incident']);
    const incidents = Array.from({ length: count }, (_, index) =>
      openIncident(account, {
        serviceId,
        title: count === 1 ? title : `${title} ${index + 1}`,
        urgency,
        agent: { kind: 'service', id: serviceId },
        channel: { type: 'web_trigger', summary: title },
        ...(key === undefined ? {} : { key }),
        ...rest,
      }),
    );
    reply.code(201);
    return { incidents: incidents.map(brief) };
  });

  const actions: Record<string, Act> = {
    acknowledge: (incident, body) => acknowledge(account, incident, actor(account, readActor(body).userId), website),
    unacknowledge: (incident, body) =>
      unacknowledge(account, incident, actor(account, readActor(body).userId), website),
    resolve: (incident, body) => {
      const { userId, resolution } = readResolve(body);
      resolve(account, incident, actor(account, userId), { resolution, channel: website });
    },
    reopen: (incident, body) => {
      const { userId } = readActor(body);
      if (incident.status !== 'resolved') throw new AccountError(400, 0, 'Only a resolved incident reopens');
      acknowledge(account, incident, actor(account, userId), website);
    },
    assign: (incident, body) => {
      const { userId, userIds = userId === undefined ? [] : [userId], by } = readAssign(body);
      reassign(account, incident, userIds, actor(account, by));
    },
    note: (incident, body) => {
      const { userId, content } = readControlNote(body);
      return { noteId: addNote(account, incident, actor(account, userId).id, content).id };
    },
    snooze: (incident, body) => {
      const { userId, seconds } = readControlSnooze(body);
      snooze(account, incident, seconds, actor(account, userId));
    },
    escalate: (incident, body) => {
      const { userId, policyId = incident.policyId, level } = readEscalate(body);
      escalate(account, incident, policyId, level === undefined ? null : level - 1, actor(account, userId));
    },
    merge: (incident, body) => {
      const { userId, sourceIds } = readControlMerge(body);
      const sources = sourceIds.map((id) => findIncident(account, id));
      merge(account, incident, sources, actor(account, userId));
    },
    urgency: (incident, body) => {
      const { userId, ...change } = readUrgency(body);
      planUpdate(account, incident, change, actor(account, userId))();
    },
    priority: (incident, body) => {
      const { userId, ...change } = readPriority(body);
      planUpdate(account, incident, change, actor(account, userId))();
    },
    title: (incident, body) => {
      const { userId, ...change } = readTitle(body);
      planUpdate(account, incident, change, actor(account, userId))();
    },
  };
  for (const [name, act] of Object.entries(actions)) {
    app.post(`/_sandbox/incidents/:id/${name}`, async (request) => {
      settle(account);
      const incident = findIncident(account, idOf(request));
      const extra = act(incident, request.body);
      return { incident: brief(incident), ...(typeof extra === 'object' ? extra : {}) };
    });
  }
}

/** What a test needs to know of an incident. */
export function brief(incident: Incident) {
  return {
    id: incident.id,
    number: incident.number,
    title: incident.title,
    status: incident.status,
    key: incident.key,
    serviceId: incident.serviceId,
    assigneeIds: incident.assignments.map((one) => one.userId),
  };
}

export function idOf(request: FastifyRequest): string {
  return new QueryText(request.params).one('id') ?? '';
}

/** Whoever is not named is Ada. */
function actor(account: Account, userId = 'PUSER01'): Agent {
  return { kind: 'user', id: findUser(account, userId).id };
}
