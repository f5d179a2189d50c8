import type { PendingAction } from './records.js';

/**
 * What falls due and when: a binary heap, so that looking for due actions before every request costs nothing. Actions
 * that were called off stay in the heap; whoever takes one out checks that its incident still lists it as pending.
 */
export class Agenda {
  #heap: PendingAction[] = [];

  clear(): void {
    this.#heap = [];
  }

  add(action: PendingAction): void {
    const heap = this.#heap;
    heap.push(action);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) break;
      index = parent;
    }
  }

  /** Removes and returns the earliest action that is due at `nowMs`. */
  takeDue(nowMs: number): PendingAction | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const smaller = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(smaller, index)) return;
      index = smaller;
    }
  }

  #isEarlier(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    return a !== undefined && b !== undefined && a.atMs < b.atMs;
  }

  #swapIfEarlier(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined || a.atMs >= b.atMs) return false;
    this.#heap[one] = b;
    this.#heap[other] = a;
    return true;
  }
}
