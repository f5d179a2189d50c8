/**
 * What a call came to, as far as it tells whether its API key is a real one. `accepted`: PagerDuty answered the key.
 * `refused`: PagerDuty answered 401. `taken`: an event, which needs no API key, was taken. `failed`: nothing can be told.
 */
export type KeyOutcome = 'accepted' | 'refused' | 'taken' | 'failed';

/** What every call with one API key passes, on its way out and back. */
export interface CallGate {
  /** Lets a call set out. @throws {ServiceError} where it may not */
  enter(): void;
  /** A call that was let out has ended. */
  leave(outcome: KeyOutcome): void;
}

/** Lets everything pass. */
export const openGate: CallGate = { enter: () => undefined, leave: () => undefined };

/**
 * Makes a call through a gate, which is told what the call came to.
 * @param outcomeOf what an answer tells of the key; a call that throws has failed
 * @throws {ServiceError} where the gate lets nothing out
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
    gate.leave(outcome);
  }
}
