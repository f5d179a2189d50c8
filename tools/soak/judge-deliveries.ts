/** Something that truly happened at PagerDuty. */
export interface Happened {
  readonly kind: string;
  readonly incidentId: string;
  /** The user who acted, or the one assigned; null when a service did it. */
  readonly userId: string | null;
  readonly noteId?: string | undefined;
}

/** A host, what it waits for, and what it got. */
export interface Delivered {
  readonly kind: string;
  /** Only what is about this user or incident; undefined: everything of the kind. */
  readonly subject: string | undefined;
  /** The ids of what it got. */
  readonly received: readonly string[];
}

/** How the deliveries to all hosts compare with the truth. */
export interface Comparison {
  readonly owed: number;
  readonly lost: number;
  /** Came more often than it happened, or never happened. */
  readonly tooMany: number;
}

/** Compares what each host got with what happened since the hosts had registered. */
export function judgeDeliveries(happened: readonly Happened[], hosts: readonly Delivered[]): Comparison {
  const total = { owed: 0, lost: 0, tooMany: 0 };
  for (const { kind, subject, received } of hosts) {
    const balances = new Map<string, number>();
    const count = (id: string, by: number) => balances.set(id, (balances.get(id) ?? 0) + by);
    for (const item of happened) {
      const about = kind === 'assigned' ? item.userId : item.incidentId;
      if (item.kind !== kind || (subject !== undefined && about !== subject)) continue;
      count(kind === 'noted' ? (item.noteId ?? '') : item.incidentId, 1);
      total.owed += 1;
    }
    for (const id of received) count(id, -1);
    for (const balance of balances.values()) {
      total.lost += Math.max(0, balance);
      total.tooMany += Math.max(0, -balance);
    }
  }
  return total;
}
