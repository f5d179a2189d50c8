import { errorAnswer, type Layer } from './layers.js';

/** Calls that are refused, and for how long. */
export interface Refusal {
  readonly path: RegExp;
  readonly status: number;
  /** How many calls; infinite: until `end`. */
  calls: number;
  /** It does not end, whatever else does. */
  readonly isForGood?: boolean;
}

/** Answers some calls with an error: a permission that is gone for a while, a copy that lags, a firewall. */
export class Refusals {
  refused = 0;
  #refusals: Refusal[] = [];

  readonly layer: Layer = async ({ path }, next) => {
    const refusal = this.#find(path);
    if (refusal === undefined) return next();
    refusal.calls -= 1;
    this.refused += 1;
    return errorAnswer(refusal.status);
  };

  refuse(refusal: Refusal): void {
    this.#refusals.push({ ...refusal });
  }

  isRefused(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  #find(path: string): Refusal | undefined {
    return this.#refusals.find((one) => one.calls > 0 && one.path.test(path));
  }

  end(): void {
    this.#refusals = this.#refusals.filter(({ isForGood }) => isForGood === true);
  }
}
