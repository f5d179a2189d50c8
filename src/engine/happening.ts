import type { EventKind } from './engine-event.js';

/** Which of PagerDuty's two accounts of the past a poll has read. */
export type Source = 'timeline' | 'lists';

/** Something that PagerDuty says has happened. Whether it is news is for `findNews` to say. */
export interface Happening {
  /** Names it for ever: the same happening read again, at any later poll, has the same key. */
  readonly key: string;
  /** Names it in a way that both sources agree on, as far as they can; two happenings of one second may share it. */
  readonly alias: string;
  readonly kind: EventKind;
  /** The user for `assigned`, the incident for every other kind. */
  readonly subject: string;
  readonly incidentId: string;
  /** By PagerDuty's clock. */
  readonly atMs: number;
  /** PagerDuty's object, as it is now. */
  readonly payload: object;
}

/** The alias of a happening: what, to which incident, by or to whom, and in which second. */
export function aliasOf(happening: Pick<Happening, 'kind' | 'incidentId' | 'subject'>, atMs: number): string {
  const { kind, incidentId, subject } = happening;
  return `${kind} ${incidentId} ${kind === 'assigned' ? subject : ''} ${Math.floor(atMs / 1000)}`;
}

/** Reads one of PagerDuty's times; undefined where there is none that can be read. */
export function timeOf(text: string | null | undefined): number | undefined {
  const timeMs = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** PagerDuty reads a time without an explicit zone in the account's own: always send one. Rounded down to seconds. */
export function timestamp(timeMs: number): string {
  return new Date(Math.floor(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
