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
