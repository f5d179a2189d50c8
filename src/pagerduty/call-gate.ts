/**
 * What a call tells of its key. `accepted`: PagerDuty itself answered the key, or took its event. `refused`: PagerDuty
 * does not know the key. `failed`: nothing is known.
 */
export type KeyOutcome = 'accepted' | 'refused' | 'failed';

/** What every call with one key passes, on its way out and back. */
export interface CallGate {
  /** Lets a call out. @throws {ServiceError} if it may not go */
  enter(): Promise<void>;
  /** A call that was let out has ended. */
  exit(outcome: KeyOutcome): void;
}

/** A gate that requests pass, too, before their body is read. */
export interface EntryGate extends CallGate {
  /** Finds out whether the key is a known one. */
  recall(): Promise<void>;
  /**
   * Charges a request that has come with an unknown key, and whose inputs nobody has seen: reading them costs time, and
   * wrong ones end in no call. The function returned is to be called when they are right.
   * @throws {ServiceError} `too_many_unknown_keys`, 503
   */
  charge(): () => void;
}

/**
 * Makes a call through a gate, and tells the gate how the call ended.
 * @param tells what an answer, or an error, tells of the key. Default: an error tells nothing
 * @throws {ServiceError} if the gate lets nothing out
 */
export async function throughGate<T>(
  gate: CallGate,
  call: () => Promise<T>,
  tells: { readonly answer: (answer: T) => KeyOutcome; readonly error?: (error: unknown) => KeyOutcome },
): Promise<T> {
  await gate.enter();
  let outcome: KeyOutcome = 'failed';
  try {
    const answer = await call();
    outcome = tells.answer(answer);
    return answer;
  } catch (error) {
    outcome = tells.error?.(error) ?? 'failed';
    throw error;
  } finally {
    gate.exit(outcome);
  }
}
