import { AccountError, invalidInput } from '../account/account-error.js';

/** A query string as it came, read one name at a time. */
export class QueryText {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(query: unknown) {
    this.#values = typeof query === 'object' && query !== null ? { ...query } : {};
  }

  /** The last value if there are several. */
  one(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  all(name: string): string[] {
    const value = this.#values[name];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => typeof one === 'string');
  }

  isTrue(name: string): boolean {
    return this.one(name) === 'true';
  }

  /** Only values of the list; anything else is refused. */
  allOf<T extends string>(name: string, allowed: readonly T[]): T[] {
    return this.all(name).map((value) => {
      const known = allowed.find((one) => one === value);
      if (known === undefined) throw invalidInput(`${name} must be one of ${allowed.join(', ')}, got ${value}`);
      return known;
    });
  }

  /** A time in milliseconds, or undefined if the parameter is absent. */
  time(name: string): number | undefined {
    const text = this.one(name);
    if (text === undefined || text === '') return undefined;
    const atMs = parseTime(text);
    if (atMs === undefined) {
      const message = "Invalid time values in 'since' and/or 'until' parameters";
      throw new AccountError(400, 2004, message, [`${name} is not an ISO 8601 time: ${text}`]);
    }
    return atMs;
  }

  integer(name: string, fallback: number, least: number): number {
    const text = this.one(name);
    if (text === undefined || text === '') return fallback;
    if (!/^-?\d+$/.test(text) || Number(text) < least) {
      throw invalidInput(`${name} must be an integer of at least ${least}, got ${text}`);
    }
    return Number(text);
  }
}

/**
 * A time without a zone is read in the account's own time zone, as PagerDuty does. The pretend account lives five hours
 * behind UTC all year, so that a forgotten `Z` shows.
 */
function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const dated = text.length === 10 ? `${text}T00:00:00` : text;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(dated) ? dated : `${dated}-05:00`;
  const atMs = Date.parse(zoned);
  return Number.isNaN(atMs) ? undefined : atMs;
}
