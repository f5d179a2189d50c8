/** PagerDuty's two service regions: https://support.pagerduty.com/main/docs/service-regions */
const regions: ReadonlyMap<string, string> = new Map([
  ['api.pagerduty.com', 'https://api.eu.pagerduty.com'],
  ['api.eu.pagerduty.com', 'https://api.pagerduty.com'],
]);

/** The REST API of the region that `apiUrl` is not of; undefined where `apiUrl` is not PagerDuty's own. */
export function otherRegion(apiUrl: URL): URL | undefined {
  const other = regions.get(apiUrl.hostname);
  return other === undefined ? undefined : new URL(other);
}
