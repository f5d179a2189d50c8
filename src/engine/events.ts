/** What happens to an incident. */
export const eventKinds = ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] as const;

export type EventKind = (typeof eventKinds)[number];

/** Which events of a connection a trigger is about. */
export interface EventFilter {
  readonly kind: EventKind;
  /** Only events about this: the user for `assigned`, the incident for `noted`. Left out: all of the kind. */
  readonly subject?: string;
}

/** From which of two places a poll reads the past: the log entries, or the incidents as they are now. */
export type Source = 'timeline' | 'lists';

/** An event as read from PagerDuty. `diff` decides whether it goes into the log. */
export interface ObservedEvent {
  /** Names the event for ever: read again, at any later poll, it has the same key. */
  readonly key: string;
  /** Names the event in a way that both sources agree on, as far as they can. Two events of one second may share it. */
  readonly matchKey: string;
  /** What the other source would have called it: one of these in the log is this event. */
  readonly otherKeys?: readonly string[];
  readonly kind: EventKind;
  /** The user for `assigned`, the incident for every other kind. */
  readonly subject: string;
  readonly incidentId: string;
  /** By PagerDuty's clock. */
  readonly atMs: number;
  /** PagerDuty's object, as it is now. */
  readonly payload: object;
  /** True if the object is but a reference of an incident: PagerDuty did not include it. */
  readonly isReference?: boolean;
}

/** An event as it goes into a connection's log. */
export interface LoggedEvent {
  /** Two events with the same key are the same event, and the log takes one of them. */
  readonly key: string;
  readonly kind: EventKind;
  readonly subject: string;
  /** When it happened, by PagerDuty's clock. */
  readonly occurredAtMs: number;
  /** PagerDuty's object as it was when the engine learned of the event, as JSON. */
  readonly payload: string;
}

/** The match key of an event: what, to which incident, to whom if it was assigned, and in which second. */
export function matchKeyOf(event: Pick<ObservedEvent, 'kind' | 'incidentId' | 'subject'>, atMs: number): string {
  const { kind, incidentId, subject } = event;
  return `${kind} ${incidentId} ${kind === 'assigned' ? subject : ''} ${Math.floor(atMs / 1000)}`;
}

/** Reads one of PagerDuty's times; undefined if there is none that can be read. */
export function timeOf(text: unknown): number | undefined {
  const timeMs = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** PagerDuty dates to whole seconds: the one that a time lies in. */
export function startOfSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** PagerDuty reads a time without an explicit zone in the account's own: always send one. */
export function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}
