import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Account } from '../account/account.js';
import { receiveEvent } from '../account/receive-event.js';
import { settle } from '../account/settle.js';
import type { MinuteLimiter } from '../http/minute-limiter.js';
import { bodyReader } from '../http/read-request.js';
import { contextsOf, EventError, eventIn, integrationFor, invalidEvent, maxEventBytes } from './events-api.js';

const readEvent = bodyReader(
  Type.Object({
    service_key: Type.String(),
    event_type: Type.Union([Type.Literal('trigger'), Type.Literal('acknowledge'), Type.Literal('resolve')]),
    incident_key: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    description: Type.Optional(Type.String()),
    details: Type.Optional(Type.Unknown()),
    client: Type.Optional(Type.String()),
    client_url: Type.Optional(Type.String()),
    contexts: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.Union([Type.Literal('link'), Type.Literal('image')]),
          href: Type.Optional(Type.String()),
          src: Type.Optional(Type.String()),
          text: Type.Optional(Type.String()),
          alt: Type.Optional(Type.String()),
        }),
      ),
    ),
  }),
  invalidEvent,
);

const maxDescriptionLength = 1024;

/** https://developer.pagerduty.com/docs/events-api-v1/overview/ */
export function eventsV1Routes(app: FastifyInstance, account: Account, limiter: MinuteLimiter): void {
  app.post('/generic/2010-04-15/create_event.json', { bodyLimit: maxEventBytes }, async (request) => {
    const event = readEvent(eventIn(request.body));
    const key = event.incident_key === undefined || event.incident_key === '' ? null : event.incident_key;
    const integration = integrationFor(account, event.service_key, 1);
    if (integration === 'wrong-length')
      throw invalidEvent(['Service key is the wrong length (should be 32 characters)']);
    if (integration === 'unknown') throw invalidEvent(['Service key is invalid']);
    // Version 1 answers 403, not 429, to too many events.
    if (!limiter.take(integration.key, account.settings.eventsRateLimitPerMinute).allowed) {
      throw new EventError(403, 'throttle exceeded', 'Requests for this service are arriving too quickly.');
    }
    if (event.event_type === 'trigger' && (event.description ?? '') === '') {
      throw invalidEvent(['Description is missing or blank']);
    }
    if (event.event_type !== 'trigger' && key === null) throw invalidEvent(['Incident key is missing or blank']);
    settle(account);
    const received = receiveEvent(account, integration, {
      action: event.event_type,
      key,
      summary: (event.description ?? '').slice(0, maxDescriptionLength),
      severity: 'critical',
      details: typeof event.details === 'object' && event.details !== null ? event.details : {},
      contexts: contextsOf(event.contexts ?? [], event.client_url, event.client),
    });
    return { status: 'success', message: 'Event processed', incident_key: received };
  });
}
