import { ServiceError } from '../errors/service-error.js';
import type { PagerDuty } from './pagerduty.js';

/** Opens PagerDuty at its addresses. `otherRegionUrl` is the REST API of the other region, if there is one. */
export type OpenPagerDuty = (urls: PagerDutyUrls & { readonly otherRegionUrl: URL | undefined }) => PagerDuty;

/**
 * PagerDuty in the region that the service is configured for, and in the other region. A caller may choose the region if
 * both configured addresses are PagerDuty's own in one region; otherwise there is nothing to choose.
 */
export class PagerDutyRegions {
  readonly #home: PagerDuty;
  readonly #regions = new Map<ServiceRegion, PagerDuty>();

  constructor(home: PagerDutyUrls, open: OpenPagerDuty) {
    const region = serviceRegionOf(home.apiUrl);
    const other = region === undefined ? undefined : otherRegion(region);
    this.#home = open({ ...home, otherRegionUrl: other === undefined ? undefined : serviceRegions[other].apiUrl });
    if (region === undefined || other === undefined) return;
    if (home.eventsUrl.origin !== serviceRegions[region].eventsUrl.origin) return;
    this.#regions.set(region, this.#home);
    this.#regions.set(other, open({ ...serviceRegions[other], otherRegionUrl: home.apiUrl }));
  }

  /**
   * PagerDuty in a region; undefined stands for the one that the service is configured for.
   * @throws {ServiceError} `region_unavailable`, 400, if there is nothing to choose
   */
  of(region: ServiceRegion | undefined): PagerDuty {
    const pagerDuty = region === undefined ? this.#home : this.#regions.get(region);
    if (pagerDuty !== undefined) return pagerDuty;
    throw new ServiceError({
      code: 'region_unavailable',
      statusCode: 400,
      message:
        'X-PagerDuty-Region: expected no region, since this service is set to one fixed PagerDuty address, got one. Leave the region of the connection empty, or unset PAGERDUTY_API_URL and PAGERDUTY_EVENTS_URL of the service.',
    });
  }

  /** Closes all sockets; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all([...new Set([this.#home, ...this.#regions.values()])].map((pagerDuty) => pagerDuty.close()));
  }
}

/** One of PagerDuty's service regions. An account, its keys and its data belong to one of them. */
export type ServiceRegion = 'us' | 'eu';

/** Where PagerDuty is reached. */
export interface PagerDutyUrls {
  readonly apiUrl: URL;
  readonly eventsUrl: URL;
}

/** PagerDuty's own addresses in each region: https://support.pagerduty.com/main/docs/service-regions */
export const serviceRegions: Readonly<Record<ServiceRegion, PagerDutyUrls>> = {
  us: { apiUrl: new URL('https://api.pagerduty.com'), eventsUrl: new URL('https://events.pagerduty.com') },
  eu: { apiUrl: new URL('https://api.eu.pagerduty.com'), eventsUrl: new URL('https://events.eu.pagerduty.com') },
};

/** The region that an address of the REST API is PagerDuty's own in; undefined for any other address. */
export function serviceRegionOf(apiUrl: URL): ServiceRegion | undefined {
  if (apiUrl.origin === serviceRegions.us.apiUrl.origin) return 'us';
  return apiUrl.origin === serviceRegions.eu.apiUrl.origin ? 'eu' : undefined;
}

/** The region that `region` is not. */
export function otherRegion(region: ServiceRegion): ServiceRegion {
  return region === 'us' ? 'eu' : 'us';
}
