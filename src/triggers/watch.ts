/** What happened to an incident. */
export const eventKinds = ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] as const;

export type EventKind = (typeof eventKinds)[number];

/** Which events of a connection a trigger wants. */
export interface Watch {
  readonly kind: EventKind;
  /** Only events about this: the user for `assigned`, the incident for `noted`. Left out: all of the kind. */
  readonly subject?: string;
}
