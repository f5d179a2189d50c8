/** Something that truly happened in the account, as `GET /_sandbox/history` has it. */
export interface HistoryEvent {
  readonly kind: string;
  readonly incidentId: string;
  /** The user who acted, or the one assigned; null if a service did it. */
  readonly userId: string | null;
  readonly noteId?: string | undefined;
}

/** The events that a flow waits for. */
export interface Watched {
  readonly kind: string;
  /** Only those of this user (`assigned`) or this incident; undefined: every event of the kind. */
  readonly subject?: string | undefined;
}

/** What a flow waits for, and the ids of what it has received, in order. */
export interface Delivery extends Watched {
  readonly received: readonly string[];
}

/** How deliveries compare with the truth. Lists name ids, once for each time. */
export interface Comparison {
  /** How many events had to be delivered. */
  readonly owed: number;
  /** Happened, and did not come. */
  readonly lost: readonly string[];
  /** Came more often than they happened, or never happened. */
  readonly surplus: readonly string[];
  /** Came after something that happened later. */
  readonly outOfOrder: readonly string[];
}

/** Compares what flows have received with what happened since they were registered. */
export function judgeDeliveries(history: readonly HistoryEvent[], deliveries: readonly Delivery[]): Comparison {
  const compared = deliveries.map((delivery) => compareDelivery(idsOf(history, delivery), delivery.received));
  return {
    owed: compared.reduce((sum, { owed }) => sum + owed, 0),
    lost: compared.flatMap(({ lost }) => lost),
    surplus: compared.flatMap(({ surplus }) => surplus),
    outOfOrder: compared.flatMap(({ outOfOrder }) => outOfOrder),
  };
}

/** The ids under which a flow must receive the events that it waits for: of notes, or else of incidents. */
export function idsOf(history: readonly HistoryEvent[], { kind, subject }: Watched): string[] {
  return history
    .filter((event) => {
      const about = kind === 'assigned' ? event.userId : event.incidentId;
      return event.kind === kind && (subject === undefined || about === subject);
    })
    .map(({ incidentId, noteId = '' }) => (kind === 'noted' ? noteId : incidentId));
}

/**
 * Compares what a flow has received with what it must have received, in the order in which that happened.
 * @param may what it may have received beside, whenever
 */
export function compareDelivery(
  must: readonly string[],
  received: readonly string[],
  may: readonly string[] = [],
): Comparison {
  const places = placesOf(must);
  const allowed = placesOf(may);
  const surplus: string[] = [];
  const outOfOrder: string[] = [];
  let furthest = -1;
  for (const id of received) {
    const place = places.get(id)?.shift();
    if (place === undefined) {
      if (allowed.get(id)?.shift() === undefined) surplus.push(id);
    } else if (place < furthest) outOfOrder.push(id);
    else furthest = place;
  }
  const lost = [...places].flatMap(([id, left]) => left.map(() => id));
  return { owed: must.length, lost, surplus, outOfOrder };
}

/** Whether the ids of `part` are in `whole`, in the same order: two flows that wait for the same see one log. */
export function isPartInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let next = 0;
  for (const id of whole) if (id === part[next]) next += 1;
  return next === part.length;
}

/** The position of each id in a list. */
function placesOf(ids: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, id] of ids.entries()) places.set(id, [...(places.get(id) ?? []), place]);
  return places;
}
