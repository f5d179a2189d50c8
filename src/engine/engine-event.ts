/** Something that happened at PagerDuty, as it goes into a connection's event log. */
export interface EngineEvent {
  /** Names the happening itself: two events with the same key are the same event, and the log takes one of them. */
  readonly key: string;
  readonly kind: EventKind;
  /** The user for `assigned`, the incident for every other kind. */
  readonly subject: string;
  /** When it happened, by PagerDuty's clock. */
  readonly occurredAtMs: number;
  /** PagerDuty's object as it was when the engine learned of the event, as JSON. */
  readonly payload: string;
}

/** An event in the log. */
export interface LoggedEvent {
  /** Its place in the connection's log: from 1, without gaps, in the order in which the engine learned of events. */
  readonly sequence: number;
  /** Names the commit that brought it; see `LogPosition`. */
  readonly mark: string;
  readonly payload: string;
}

/**
 * A place in a connection's log: behind the event with this sequence number. The mark is random and belongs to the
 * commit that wrote that event. So a position of a log that was lost, or restored from an older copy and then
 * written on, is recognised as foreign, even where its sequence number exists again.
 */
export interface LogPosition {
  readonly sequence: number;
  readonly mark: string;
}

/** What happened to an incident. */
export const eventKinds = ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] as const;

export type EventKind = (typeof eventKinds)[number];

/** Which events of a connection a trigger wants. */
export interface Watch {
  readonly kind: EventKind;
  /** Only events about this: the user for `assigned`, the incident for `noted`. Left out: all of the kind. */
  readonly subject?: string;
}
