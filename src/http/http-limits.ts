/** What a request may be, and how long it may take, whoever sends it. README's table of limits has the same numbers. */
export const httpLimits = {
  /** What PagerDuty takes of an event: https://developer.pagerduty.com/docs/events-api-overview */
  bodyBytes: 512 * 1024,
  /** How deep objects and lists of a JSON body may lie in each other. */
  jsonDepth: 100,
  /** The request line and the headers together. */
  headerBytes: 16 * 1024,
  headersMs: 15_000,
  requestMs: 30_000,
  /** How long nothing may move on a socket whose request is being answered; a caller that does not read, say. */
  silentMs: 120_000,
  /** How long a socket is kept for the next request; longer than load balancers keep theirs. */
  idleMs: 65_000,
  /** How often sockets are looked at: the two limits on time are exact to this. */
  checkMs: 5_000,
  sockets: 10_000,
};
