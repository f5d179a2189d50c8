/** One request as the sandbox received it. */
export interface LoggedRequest {
  readonly n: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: unknown;
  readonly from: string | null;
  /** The name of the key, or a fingerprint of an unknown one. */
  key: string | null;
  body: unknown;
  /** Null until the answer went out; it stays null if the connection was cut. */
  status: number | null;
  cut: 'before' | 'after' | null;
}

const maxKept = 10_000;

/** The last requests in full, and counts by endpoint of all of them. */
export class RequestLog {
  #ring: LoggedRequest[] = [];
  #counts = new Map<string, number>();
  #lastN = 0;

  get lastN(): number {
    return this.#lastN;
  }

  add(request: Omit<LoggedRequest, 'n'>, endpoint: string): LoggedRequest {
    this.#lastN += 1;
    const logged = { n: this.#lastN, ...request };
    this.#ring[(this.#lastN - 1) % maxKept] = logged;
    this.#counts.set(endpoint, (this.#counts.get(endpoint) ?? 0) + 1);
    return logged;
  }

  /** Those that came after the n-th, in order. */
  since(n: number): LoggedRequest[] {
    return this.#ring.filter((request) => request.n > n).sort((a, b) => a.n - b.n);
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** Forgets requests and counts; numbers go on. */
  clear(): void {
    this.#ring = [];
    this.#counts.clear();
  }
}
