/** Everything about the sandbox's behaviour that a test may change while it runs. */
export interface Settings {
  /** REST requests a minute per API key. */
  rateLimitPerMinute: number;
  /** Events a minute per integration key. */
  eventsRateLimitPerMinute: number;
  /** Log entries are listed that much later than they were written. */
  logEntryDelaySeconds: number;
  /** Incidents are listed that much later than they were created. */
  incidentDelaySeconds: number;
  /** Every answer outside the control API takes at least that long. */
  latencyMs: number;
  /** Lets Events v1 take v2 keys and the other way round; PagerDuty documents neither. */
  acceptAnyIntegrationKey: boolean;
  /** Incidents that came from events answer `incident_key: null`, though a search by key still finds them. */
  hideKeyOfAlertIncidents: boolean;
  /** Unsorted listings of incidents repeat the last incident of a page as the first of the next. */
  repeatBetweenPages: boolean;
  /**
   * PagerDuty answers some things otherwise than its own specification says: log entries of types that it does not
   * list, included objects where it allows references only, null in place of a value. The sandbox answers like
   * PagerDuty; with this setting it keeps to the specification, for tools that check answers against it.
   */
  strictSpecification: boolean;
}

export const defaultSettings: Readonly<Settings> = {
  rateLimitPerMinute: 960,
  eventsRateLimitPerMinute: 120,
  logEntryDelaySeconds: 0,
  incidentDelaySeconds: 0,
  latencyMs: 0,
  acceptAnyIntegrationKey: false,
  hideKeyOfAlertIncidents: false,
  repeatBetweenPages: false,
  strictSpecification: false,
};
