import { createHash } from 'node:crypto';
import type { Clock } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import type { CallLimit } from '../limiter/call-limiter.js';
import type { EntryGate } from '../pagerduty/call-gate.js';
import { EventSender } from '../pagerduty/event-sender.js';
import type { EventBody, EventsApi } from '../pagerduty/events-api.js';
import type { RoutingKey } from '../pagerduty/integration-key.js';
import { alertEvent, filled, noteChange, readAlertRequest, readNoteRequest } from './alert-event.js';
import { aliasFor, dedupKeyIn, dedupKeyOf } from './alert-identity.js';
import { type RecentAlert, RecentAlerts, type RequestStatus } from './recent-alerts.js';
import { readIntegrationKey } from './request-reader.js';
import { SenderLimits } from './sender-limits.js';

/** About as many as PagerDuty takes of an integration: https://developer.pagerduty.com/docs/events-api-overview */
const eventsAMinute: CallLimit = { calls: 120, windowMs: 60_000 };

/** Who sends, as its key tells. */
export interface OpsgenieSender {
  readonly integrationKey: string;
  /** Names the sender in logs and in memory. The key cannot be had back from it. */
  readonly fingerprint: string;
  /** What its events pass. */
  readonly guard: EntryGate;
}

/** The alert that a request names, and the request's own id. */
export interface NamedAlert {
  readonly identifier: string;
  readonly identifierType: unknown;
  readonly requestId: string;
}

/**
 * Opsgenie's Alert API in front of PagerDuty's Events API. PagerDuty has taken every alert that this promises to
 * process: nothing waits here, so nothing promised is lost. Nothing is stored, and a key is held no longer than its
 * request.
 */
export class OpsgenieBridge {
  readonly #events: EventsApi;
  readonly #guardOf: (integrationKey: string, address: string | undefined) => EntryGate;
  readonly #eventsUrl: string;
  readonly #clock: Clock;
  readonly #limits: SenderLimits;
  readonly #recent: RecentAlerts;

  constructor(options: {
    events: EventsApi;
    /** Gives what the events with an integration key pass, which came from an address. */
    guardOf: (integrationKey: string, address: string | undefined) => EntryGate;
    /** The Events API's URL: the same key is another sender elsewhere. */
    eventsUrl: URL;
    clock: Clock;
    /** Is told of every decision of a sender's limit. */
    decided: (decision: 'granted' | 'refused') => void;
    limit?: CallLimit;
    maxSenders?: number;
  }) {
    const { clock, decided, limit = eventsAMinute, maxSenders = 2_000 } = options;
    this.#events = options.events;
    this.#guardOf = options.guardOf;
    this.#eventsUrl = options.eventsUrl.href;
    this.#clock = clock;
    this.#limits = new SenderLimits({ limit, clock, decided, maxSenders });
    this.#recent = new RecentAlerts(clock);
  }

  /**
   * The sender that an `Authorization` header names.
   * @param address where it comes from; undefined if nobody knows
   * @throws {ServiceError} 401 if it names none
   */
  sender(authorization: string | undefined, address: string | undefined): OpsgenieSender {
    const integrationKey = readIntegrationKey(authorization);
    const hash = createHash('sha256').update(`opsgenie\n${this.#eventsUrl}\n${integrationKey}`).digest('hex');
    return { integrationKey, fingerprint: hash.slice(0, 32), guard: this.#guardOf(integrationKey, address) };
  }

  /**
   * Lets a sender in, before its body is read: it may send more, and PagerDuty knows its key, or may be asked. What is
   * charged for that is the event's, or lost if there is none.
   * @throws {ServiceError} `rate_limited`, 429, or `too_many_unknown_keys`, 503
   */
  async admit({ fingerprint, guard }: OpsgenieSender): Promise<void> {
    this.#limits.refuseExhausted(fingerprint);
    await guard.recall();
    guard.charge()();
  }

  /**
   * Create Alert: resolves once PagerDuty has taken it. An alert with an alias can be sent again without harm.
   * @throws {InvalidAlertError} @throws {ServiceError}
   */
  async create(sender: OpsgenieSender, body: unknown, requestId: string): Promise<void> {
    const alert = readAlertRequest(body);
    const alias = filled(alert.alias) ?? aliasFor(sender.fingerprint, body, this.#clock.now());
    const dedupKey = dedupKeyOf(alias);
    await this.#send(sender, alertEvent(alert, dedupKey));
    this.#recent.created({ sender: sender.fingerprint, requestId, dedupKey, action: 'Create' }, alert, alias);
  }

  /**
   * Acknowledge Alert and Close Alert: resolve once PagerDuty has taken it. PagerDuty takes one for an alert that it
   * does not know, or that is resolved, too, and changes nothing.
   * @throws {InvalidAlertError} @throws {ServiceError}
   */
  async change(action: 'Acknowledge' | 'Close', sender: OpsgenieSender, alert: NamedAlert): Promise<void> {
    const dedupKey = dedupKeyIn(alert.identifier, alert.identifierType);
    await this.#send(sender, {
      event_action: action === 'Close' ? 'resolve' : 'acknowledge',
      dedup_key: dedupKey,
    });
    this.#recent.changed({ sender: sender.fingerprint, requestId: alert.requestId, dedupKey, action });
  }

  /**
   * Add Note: resolves once PagerDuty has taken the note as a change of the service. It opens and notifies nothing, and
   * like Opsgenie's is not idempotent: sent again, it shows again.
   * @throws {InvalidAlertError} @throws {ServiceError}
   */
  async addNote(sender: OpsgenieSender, alert: NamedAlert, body: unknown): Promise<void> {
    const dedupKey = dedupKeyIn(alert.identifier, alert.identifierType);
    const change = noteChange(readNoteRequest(body), dedupKey);
    await this.#limits.take(sender.fingerprint);
    await this.#senderOf(sender).sendChange(routingKey(sender.integrationKey), change);
    this.#recent.changed({ sender: sender.fingerprint, requestId: alert.requestId, dedupKey, action: 'AddNote' });
  }

  /** Get Alert, from memory. @throws {ServiceError} `alert_not_found` */
  alert({ fingerprint }: OpsgenieSender, named: Omit<NamedAlert, 'requestId'>): RecentAlert {
    const alert = this.#recent.alert(fingerprint, dedupKeyIn(named.identifier, named.identifierType));
    if (alert !== undefined) return alert;
    throw new ServiceError({
      code: 'alert_not_found',
      statusCode: 404,
      message:
        'Alert is not known here: this process has not forwarded it with this key within the last hour. It may exist in PagerDuty nevertheless.',
    });
  }

  /** Get Request Status, from memory. @throws {ServiceError} `request_not_found` */
  request({ fingerprint }: OpsgenieSender, requestId: string): RequestStatus {
    const status = this.#recent.request(fingerprint, requestId);
    if (status !== undefined) return status;
    throw new ServiceError({
      code: 'request_not_found',
      statusCode: 404,
      message:
        'Request not found: this process has not answered it with 202 for this key within the last hour. A request that was answered with 202 has been taken by PagerDuty.',
    });
  }

  /** Forgets senders, alerts and requests that have been idle for long. To be called now and then. */
  sweep(): void {
    this.#limits.sweep();
    this.#recent.purge();
  }

  /** How many events of which sender were refused since this was asked last. */
  drainRefusals(): readonly { readonly connection: string; readonly refused: number }[] {
    return this.#limits.drainRefusals();
  }

  /** Forgets all senders. */
  close(): Promise<void> {
    return this.#limits.close();
  }

  async #send(sender: OpsgenieSender, event: EventBody & { readonly dedup_key: string }): Promise<void> {
    await this.#limits.take(sender.fingerprint);
    await this.#senderOf(sender).send(routingKey(sender.integrationKey), event);
  }

  #senderOf({ guard }: OpsgenieSender): EventSender {
    return new EventSender(this.#events, () => guard);
  }
}

function routingKey(value: string): RoutingKey {
  return { value, field: 'Authorization', label: 'GenieKey' };
}
