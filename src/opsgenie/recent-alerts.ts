import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import { type AlertRequest, defaultPriority } from './alert-event.js';
import { alertIdOf } from './alert-identity.js';

/** What was asked of an alert, as Opsgenie names it. */
export type AlertAction = 'Create' | 'Acknowledge' | 'Close' | 'AddNote';

/** A request that PagerDuty has taken. */
export interface AcceptedRequest {
  /** The sender's fingerprint. */
  readonly sender: string;
  readonly requestId: string;
  readonly dedupKey: string;
  readonly action: AlertAction;
}

/** An alert as its sender described it, in the names of Opsgenie's Get Alert; without what only PagerDuty knows. */
export type RecentAlert = Readonly<Omit<AlertRequest, 'user' | 'note'>> & {
  readonly id: string;
  readonly alias: string;
  readonly priority: string;
  readonly status: 'open' | 'closed';
  readonly acknowledged: boolean;
  readonly count: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastOccurredAt: string;
};

/** What became of a request, in the names of Opsgenie's Get Request Status. */
export interface RequestStatus {
  readonly success: true;
  readonly action: AlertAction;
  readonly processedAt: string;
  readonly integrationId: string;
  readonly isSuccess: true;
  readonly status: string;
  readonly alertId: string;
  readonly alias: string;
}

const statuses = {
  Create: 'Created alert',
  Acknowledge: 'Acknowledged alert',
  Close: 'Closed alert',
  AddNote: 'Added note',
} as const;

/** What each action changes of an open alert. */
const changes = { Create: {}, Acknowledge: { acknowledged: true }, Close: { status: 'closed' }, AddNote: {} } as const;

/**
 * The alerts and requests that this process has lately forwarded, for senders that ask. It is bounded in number and in
 * size, keeps everything for an hour at most, and is gone with the process: PagerDuty has the truth, which an
 * integration key cannot read.
 */
export class RecentAlerts {
  readonly #clock: Clock;
  readonly #alerts: LRUCache<string, RecentAlert>;
  readonly #requests: LRUCache<string, RequestStatus>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alerts = memory<RecentAlert>(clock);
    this.#requests = memory<RequestStatus>(clock);
  }

  /** PagerDuty has taken a new alert, or another occurrence of an open one, whose first text stays as with Opsgenie. */
  created(request: AcceptedRequest, alert: AlertRequest, alias: string): void {
    const now = this.#now();
    const known = this.#alerts.get(nameOf(request.sender, request.dedupKey));
    const { user: _, note: __, ...fields } = alert;
    const next: RecentAlert =
      known?.status === 'open'
        ? { ...known, count: known.count + 1, lastOccurredAt: now, updatedAt: now }
        : {
            ...fields,
            id: alertIdOf(request.dedupKey),
            alias,
            priority: alert.priority ?? defaultPriority,
            status: 'open',
            acknowledged: false,
            count: 1,
            createdAt: now,
            updatedAt: now,
            lastOccurredAt: now,
          };
    this.#alerts.set(nameOf(request.sender, request.dedupKey), next);
    this.#record(request);
  }

  /** PagerDuty has taken an acknowledgement, a resolution or a note. */
  changed(request: AcceptedRequest): void {
    const known = this.#alerts.get(nameOf(request.sender, request.dedupKey));
    if (known?.status === 'open') {
      const next = { ...known, ...changes[request.action], updatedAt: this.#now() };
      this.#alerts.set(nameOf(request.sender, request.dedupKey), next);
    }
    this.#record(request);
  }

  /** The sender's alert with a dedup key, if it is remembered. */
  alert(sender: string, dedupKey: string): RecentAlert | undefined {
    return this.#alerts.get(nameOf(sender, dedupKey));
  }

  /** What became of the sender's request, if it is remembered. */
  request(sender: string, requestId: string): RequestStatus | undefined {
    return this.#requests.get(nameOf(sender, requestId));
  }

  /** Forgets alerts and requests that are too old. */
  purge(): void {
    this.#alerts.purgeStale();
    this.#requests.purgeStale();
  }

  #record({ sender, requestId, dedupKey, action }: AcceptedRequest): void {
    this.#requests.set(nameOf(sender, requestId), {
      success: true,
      action,
      processedAt: this.#now(),
      integrationId: sender,
      isSuccess: true,
      status: statuses[action],
      alertId: alertIdOf(dedupKey),
      alias: this.alert(sender, dedupKey)?.alias ?? dedupKey,
    });
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function memory<T extends object>(clock: Clock): LRUCache<string, T> {
  return ttlCache<T>(clock, {
    max: 10_000,
    // In characters of JSON. A larger entry is not remembered.
    maxSize: 32 * 1024 * 1024,
    maxEntrySize: 64 * 1024,
    sizeCalculation: (value) => JSON.stringify(value).length,
    ttlMs: 3_600_000,
  });
}

/** A sender sees only what it has sent itself. */
function nameOf(sender: string, name: string): string {
  return `${sender} ${name}`;
}
