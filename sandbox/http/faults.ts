/** Which requests a fault applies to; what is absent matches everything. */
export interface FaultMatch {
  readonly method?: string | undefined;
  /** A prefix of the path; with a `~` in front, a regular expression tried on the path. */
  readonly path?: string | undefined;
  /** The key itself or its name. */
  readonly key?: string | undefined;
}

export interface Fault {
  /** Answer with this status instead of handling the request. */
  readonly status?: number | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Wait before anything else. */
  readonly delayMs?: number | undefined;
  /** Handle the request, state and all, and only then answer with `status`. */
  readonly handled?: boolean | undefined;
  /** Destroy the connection before the request is handled, or after the state changed and before the answer. */
  readonly cut?: 'before' | 'after' | undefined;
  /** Handle the request and spoil the body of the answer. */
  readonly brokenBody?: 'truncated' | 'not-json' | 'empty' | undefined;
  /** A 429; with null for `resetSeconds` one without rate limit headers and without a body. */
  readonly rateLimited?: { readonly resetSeconds: number | null } | undefined;
}

export interface FaultOrder {
  readonly id: number;
  readonly match: FaultMatch;
  readonly fault: Fault;
  /** How many requests it still applies to. */
  times: number;
  /** How many matching requests pass untouched before that. */
  skip: number;
}

export interface FaultTarget {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly keyName: string | null;
}

/** The faults that were ordered, oldest first. A request meets at most one. */
export class Faults {
  #orders: FaultOrder[] = [];
  #lastId = 0;

  list(): readonly FaultOrder[] {
    return this.#orders;
  }

  clear(): void {
    this.#orders = [];
  }

  add(match: FaultMatch, fault: Fault, times: number, skip: number): FaultOrder {
    this.#lastId += 1;
    const order = { id: this.#lastId, match, fault, times, skip };
    this.#orders.push(order);
    return order;
  }

  /** The fault that this request meets, used up once. */
  take(target: FaultTarget): Fault | undefined {
    for (const order of this.#orders) {
      if (!applies(order.match, target)) continue;
      if (order.skip > 0) {
        order.skip -= 1;
        continue;
      }
      order.times -= 1;
      if (order.times <= 0) this.#orders = this.#orders.filter((other) => other !== order);
      return order.fault;
    }
    return undefined;
  }
}

function applies(match: FaultMatch, target: FaultTarget): boolean {
  const { method, path, key } = match;
  if (method !== undefined && method.toUpperCase() !== target.method) return false;
  if (path !== undefined) {
    const fits = path.startsWith('~') ? new RegExp(path.slice(1)).test(target.path) : target.path.startsWith(path);
    if (!fits) return false;
  }
  return key === undefined || key === target.key || key === target.keyName;
}
