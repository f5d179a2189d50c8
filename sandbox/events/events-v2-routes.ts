import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Account } from '../account/account.js';
import { receiveEvent } from '../account/receive-event.js';
import type { Context, Integration } from '../account/records.js';
import { settle } from '../account/settle.js';
import type { MinuteLimiter } from '../http/minute-limiter.js';
import { bodyReader } from '../http/read-request.js';
import { contextsOf, EventError, eventIn, integrationFor, invalidEvent, maxEventBytes } from './events-api.js';

const Summary = Type.String({ minLength: 1, maxLength: 1024 });
const Links = Type.Optional(Type.Array(Type.Object({ href: Type.String(), text: Type.Optional(Type.String()) })));
const Images = Type.Optional(
  Type.Array(
    Type.Object({ src: Type.String(), href: Type.Optional(Type.String()), alt: Type.Optional(Type.String()) }),
  ),
);

const readEvent = bodyReader(
  Type.Object({
    routing_key: Type.String(),
    event_action: Type.Union([Type.Literal('trigger'), Type.Literal('acknowledge'), Type.Literal('resolve')]),
    dedup_key: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    payload: Type.Optional(
      Type.Object({
        summary: Summary,
        source: Type.String({ minLength: 1 }),
        severity: Type.Union([
          Type.Literal('critical'),
          Type.Literal('error'),
          Type.Literal('warning'),
          Type.Literal('info'),
        ]),
        custom_details: Type.Optional(Type.Unknown()),
        component: Type.Optional(Type.String()),
        group: Type.Optional(Type.String()),
        class: Type.Optional(Type.String()),
        timestamp: Type.Optional(Type.String()),
      }),
    ),
    client: Type.Optional(Type.String()),
    client_url: Type.Optional(Type.String()),
    links: Links,
    images: Images,
  }),
  invalidEvent,
);

const readChange = bodyReader(
  Type.Object({
    routing_key: Type.String(),
    payload: Type.Object({
      summary: Summary,
      source: Type.Optional(Type.String()),
      timestamp: Type.Optional(Type.String()),
      custom_details: Type.Optional(Type.Unknown()),
    }),
    links: Links,
    images: Images,
  }),
  invalidEvent,
);

/** https://developer.pagerduty.com/docs/events-api-v2/overview/ */
export function eventsV2Routes(app: FastifyInstance, account: Account, limiter: MinuteLimiter): void {
  app.post('/v2/enqueue', { bodyLimit: maxEventBytes }, async (request, reply) => {
    const event = readEvent(eventIn(request.body));
    const integration = admit(account, limiter, event.routing_key);
    const key = event.dedup_key === undefined || event.dedup_key === '' ? null : event.dedup_key;
    if (event.event_action === 'trigger' && event.payload === undefined) {
      throw invalidEvent(["'payload' is missing or blank"]);
    }
    if (event.event_action !== 'trigger' && key === null) throw invalidEvent(["'dedup_key' is missing or blank"]);
    settle(account);
    const received = receiveEvent(account, integration, {
      action: event.event_action,
      key,
      summary: event.payload?.summary ?? '',
      severity: event.payload?.severity ?? 'critical',
      details: detailsOf(event.payload?.custom_details),
      contexts: contextsOf(contextsIn(event), event.client_url, event.client),
    });
    reply.code(202);
    return { status: 'success', message: 'Event processed', dedup_key: received };
  });

  // A change event is checked, counted and kept, and creates nothing.
  app.post('/v2/change/enqueue', { bodyLimit: maxEventBytes }, async (request, reply) => {
    const event = readChange(eventIn(request.body));
    const { serviceId } = admit(account, limiter, event.routing_key);
    account.changes.push({
      serviceId,
      receivedAtMs: account.now(),
      summary: event.payload.summary,
      source: event.payload.source ?? null,
      timestamp: event.payload.timestamp ?? null,
      details: detailsOf(event.payload.custom_details),
      contexts: contextsIn(event),
    });
    reply.code(202);
    return { status: 'success', message: 'Change event processed' };
  });
}

/** Links and images, the links first. */
function contextsIn({ links = [], images = [] }: Pick<ReturnType<typeof readEvent>, 'links' | 'images'>): Context[] {
  return [
    ...links.map((link) => ({ type: 'link', ...link }) as const),
    ...images.map((image) => ({ type: 'image', ...image }) as const),
  ];
}

/** The integration behind the key; an unknown key is refused and one that sends too much is told to wait. */
function admit(account: Account, limiter: MinuteLimiter, key: string): Integration {
  const integration = integrationFor(account, key, 2);
  if (integration === 'wrong-length') {
    throw invalidEvent(["Length of 'routing_key' is incorrect (should be 32 characters)"]);
  }
  if (integration === 'unknown') throw invalidEvent(['Invalid routing key']);
  if (!limiter.take(integration.key, account.settings.eventsRateLimitPerMinute).allowed) {
    throw new EventError(429, 'throttle exceeded', 'Event rate limit exceeded; this event was not ingested');
  }
  return integration;
}

function detailsOf(details: unknown): object {
  if (typeof details === 'object' && details !== null && !Array.isArray(details)) return details;
  return details === undefined || details === null ? {} : { details };
}
