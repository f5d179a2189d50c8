import type { Layer } from './layers.js';

/** Listings that break off, or shift while they are read. */
export class OddListings {
  /** So many of the next pages that are not the last come empty, though they say that there is more. */
  emptyPages = 0;
  leavesOutMore = false;
  /** What happens between two pages of a listing. */
  betweenPages: (() => void) | undefined;
  spoilt = 0;

  readonly layer: Layer = async ({ path }, next) => {
    const given = await next();
    const { body } = given;
    if (!/^\/(log_entries|incidents)$/.test(path) || !isListing(body)) return given;
    if (body.more) this.betweenPages?.();
    if (body.more && this.emptyPages > 0) {
      this.emptyPages -= 1;
      this.spoilt += 1;
      return { ...given, body: { ...body, [path.slice(1)]: [] } };
    }
    const { more: _, ...others } = body;
    return this.leavesOutMore ? { ...given, body: others } : given;
  };
}

function isListing(body: unknown): body is { readonly more: boolean } {
  return typeof body === 'object' && body !== null && 'more' in body && typeof body.more === 'boolean';
}
