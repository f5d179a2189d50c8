import type Bottleneck from 'bottleneck';

/**
 * One of the calls that a window has room for. A slot is one Bottleneck job: held from Bottleneck's grant until
 * `release()`, serving one call after another meanwhile, each at least a window after the one before.
 */
export class CallSlot {
  /** From this instant the next call may claim the slot. */
  claimableAtMs = Number.NEGATIVE_INFINITY;
  /** From this instant the claim may be handed out: a window after the last one was. */
  coolAtMs = Number.NEGATIVE_INFINITY;
  /** Set while a claim waits to be handed out; resolves, never rejects, when it is the next claim's turn. */
  turn: Promise<void> | undefined;
  /** The slot behind this one; belongs to the queue that the slot is in. */
  behind: CallSlot | undefined;
  #job: Promise<void> | undefined;
  #endJob: (() => void) | undefined;

  /** Whether Bottleneck has granted this slot. */
  get held(): boolean {
    return this.#endJob !== undefined;
  }

  /** Resolves once Bottleneck has granted the slot; rejects with its error where it drops the job. */
  hold(bottleneck: Bottleneck): Promise<void> {
    return new Promise((granted, dropped) => {
      const run = () =>
        new Promise<void>((end) => {
          this.#endJob = end;
          granted();
        });
      this.#job = bottleneck.schedule(run).catch(dropped);
    });
  }

  /** Ends the job. Resolves, never rejects, once Bottleneck has room for another. */
  async release(): Promise<void> {
    this.#endJob?.();
    await this.#job;
  }
}

/** First in, first out. Linked through the slots, so that moving one from queue to queue allocates nothing. */
export class SlotQueue {
  #size = 0;
  #first: CallSlot | undefined;
  #last: CallSlot | undefined;

  get size(): number {
    return this.#size;
  }

  get first(): CallSlot | undefined {
    return this.#first;
  }

  /** `slot` must be in no queue. */
  push(slot: CallSlot): void {
    if (this.#last === undefined) this.#first = slot;
    else this.#last.behind = slot;
    this.#last = slot;
    this.#size += 1;
  }

  shift(): CallSlot | undefined {
    const slot = this.#first;
    if (slot === undefined) return undefined;
    this.#first = slot.behind;
    if (this.#first === undefined) this.#last = undefined;
    slot.behind = undefined;
    this.#size -= 1;
    return slot;
  }

  /** Takes every slot out, first to last. */
  drain(): CallSlot[] {
    const slots: CallSlot[] = [];
    for (let slot = this.shift(); slot !== undefined; slot = this.shift()) slots.push(slot);
    return slots;
  }
}
