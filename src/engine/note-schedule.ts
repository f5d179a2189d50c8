import { allowedLatenessMs } from './evidence.js';

/**
 * When the notes of one watched incident are read, and how their reads went. All times are of the monotonic clock.
 * Replaced at each step.
 */
export interface NoteSchedule {
  /** Which read of all the last one of this incident was; 0 if there was none. The lowest is read first. */
  readonly lastRead: number;
  /** So many reads have to succeed yet. */
  readonly readsLeft: number;
  /** True while every poll is to read: an entry tells of a note. */
  readonly isEager: boolean;
  /** A read that begins then, or later, is still needed; infinite if none is. */
  readonly untilMs: number;
  /** How many reads have failed since the last one that did not. */
  readonly failures: number;
  /** After a failure: not to be read before this poll, unless this time has come. */
  readonly retryAtPoll: number;
  readonly retryAtMs: number;
}

/** Which poll it is, counted, and when. */
export interface PollMoment {
  readonly poll: number;
  readonly nowMs: number;
}

/**
 * A note may be listed later than the entry that tells of it. It is looked for in the poll that sees the entry and, if
 * polls are that rare, in the next five.
 */
const readsForAnEntry = 6;
const maxBackOffMs = 3_600_000;

/**
 * The schedule of an incident that is watched from now on. The entry that tells of a note may have been seen before: so
 * the notes are read once, and again when a note that was late then is listed.
 */
export function newSchedule(nowMs: number, lastRead = 0): NoteSchedule {
  return {
    lastRead,
    readsLeft: 1,
    isEager: false,
    untilMs: nowMs + allowedLatenessMs,
    failures: 0,
    retryAtPoll: 0,
    retryAtMs: 0,
  };
}

/** An entry tells of a note. */
export function afterEntry(schedule: NoteSchedule, nowMs: number): NoteSchedule {
  const untilMs = nowMs + allowedLatenessMs;
  return { ...schedule, readsLeft: readsForAnEntry, isEager: true, untilMs, retryAtPoll: 0 };
}

/** The notes are to be read once more, whatever was read before. */
export function onceMore(schedule: NoteSchedule): NoteSchedule {
  return { ...schedule, readsLeft: Math.max(schedule.readsLeft, 1) };
}

/** The read number `read`, which began at a moment, went well. */
export function afterSuccess(schedule: NoteSchedule, read: number, { nowMs }: PollMoment): NoteSchedule {
  const readsLeft = Math.max(0, schedule.readsLeft - 1);
  const isOver = readsLeft === 0 && nowMs >= schedule.untilMs;
  const need = isOver ? { isEager: false, untilMs: Number.POSITIVE_INFINITY } : {};
  return { ...schedule, ...need, lastRead: read, readsLeft, failures: 0 };
}

/** It failed: the notes stay due. The next poll reads them, then the second, the fourth and so on, or one in an hour. */
export function afterFailure(schedule: NoteSchedule, read: number, { poll, nowMs }: PollMoment): NoteSchedule {
  return {
    ...onceMore(schedule),
    lastRead: read,
    failures: schedule.failures + 1,
    retryAtPoll: poll + 2 ** schedule.failures,
    retryAtMs: nowMs + maxBackOffMs,
  };
}

/** Whether a poll is to read the notes. @param isEachDue true if there are no entries to go by */
export function isDue(schedule: NoteSchedule, { poll, nowMs }: PollMoment, isEachDue: boolean): boolean {
  if (schedule.failures > 0 && poll < schedule.retryAtPoll && nowMs < schedule.retryAtMs) return false;
  return isEachDue || schedule.isEager || schedule.readsLeft > 0 || nowMs >= schedule.untilMs;
}

/** In which order those that are due are read: longest ago first. */
export function byAge(a: NoteSchedule, b: NoteSchedule): number {
  return a.lastRead - b.lastRead;
}

/** Who goes first if too many are watched: those that wait for no certain note, and of them the one read last. */
export function byNeed(a: NoteSchedule, b: NoteSchedule): number {
  return Number(a.isEager) - Number(b.isEager) || b.lastRead - a.lastRead;
}
