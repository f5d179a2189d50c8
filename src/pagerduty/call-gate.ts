/**
 * What a call tells of its API key. `accepted`: PagerDuty itself answered the key. `refused`: it answered 401. `taken`:
 * PagerDuty took an event, which needs no API key. `failed`: nothing is known.
 */
export type KeyOutcome = 'accepted' | 'refused' | 'taken' | 'failed';

/** What every call with one API key passes, on its way out and back. */
export interface CallGate {
  /** Lets a call out. @throws {ServiceError} if it may not go */
  enter(): void;
  /** A call that was let out has ended. */
  exit(outcome: KeyOutcome): void;
}

/** Lets everything pass: for calls without an API key, which nobody can guess one with. */
export const passThroughGate: CallGate = { enter: () => undefined, exit: () => undefined };

/**
 * Makes a call through a gate, and tells the gate how the call ended.
 * @param outcomeOf what an answer tells of the key; a call that throws has failed
 * @throws {ServiceError} if the gate lets nothing out
 */
export async function throughGate<T>(
  gate: CallGate,
  call: () => Promise<T>,
  outcomeOf: (answer: T) => KeyOutcome,
): Promise<T> {
  gate.enter();
  let outcome: KeyOutcome = 'failed';
  try {
    const answer = await call();
    outcome = outcomeOf(answer);
    return answer;
  } finally {
    gate.exit(outcome);
  }
}
