/** What a caller is told of an error by its code. */
interface ErrorMeaning {
  /** The HTTP statuses that the code comes with. */
  readonly statuses: readonly number[];
  /** One sentence, for the table of errors in docs/reference.md, which `npm run docs` writes. */
  readonly meaning: string;
}

const catalogue = {
  invalid_input: { statuses: [400], meaning: 'An input is wrong; `field` names it.' },
  invalid_json: { statuses: [400], meaning: 'The body is not a JSON object, or is nested too deeply.' },
  invalid_url: { statuses: [400], meaning: 'The address has a wrong percent-encoding.' },
  invalid_request: { statuses: [400], meaning: 'The request is not valid HTTP, or cannot be read.' },
  unknown_region: { statuses: [400], meaning: '`X-PagerDuty-Region` is neither us nor eu.' },
  region_unavailable: {
    statuses: [400],
    meaning: 'The request names a region, but this service is set to addresses of its own and has none to choose.',
  },
  unknown_integration_key: {
    statuses: [400],
    meaning: 'PagerDuty has no integration with this service key or routing key.',
  },
  pagerduty_rejected: {
    statuses: [400],
    meaning: 'PagerDuty refuses the request; `pagerduty` has its code and its words.',
  },
  missing_access_token: {
    statuses: [401],
    meaning: 'The service is private, and no access token came in `X-Access-Token`.',
  },
  wrong_access_token: { statuses: [401], meaning: 'What came in `X-Access-Token` is no access token of the service.' },
  missing_api_key: { statuses: [401], meaning: 'The request has no key.' },
  malformed_api_key: { statuses: [401], meaning: 'The request has a key that cannot be one.' },
  pagerduty_unauthorized: { statuses: [401], meaning: 'PagerDuty does not accept the key.' },
  invalid_api_key: { statuses: [401], meaning: 'From TestConnection: PagerDuty does not accept the key.' },
  api_key_of_other_region: {
    statuses: [401],
    meaning: 'From TestConnection: the key belongs to an account in the other region.',
  },
  integration_key_as_api_key: {
    statuses: [401],
    meaning: 'From TestConnection: the key looks like an integration key, which is no API key.',
  },
  pagerduty_plan_limit: { statuses: [402], meaning: 'The plan of the PagerDuty account does not include this.' },
  pagerduty_forbidden: { statuses: [403], meaning: 'The key, or its user, may not do this.' },
  unknown_user: { statuses: [404], meaning: 'An input names a user that the account does not have; `field` names it.' },
  unknown_escalation_policy: {
    statuses: [404],
    meaning: 'An input names an escalation policy that the account does not have; `field` names it.',
  },
  unknown_service: {
    statuses: [404],
    meaning: 'An input names a service that the account does not have; `field` names it.',
  },
  unknown_priority: {
    statuses: [404],
    meaning: 'An input names a priority that the account does not have; `field` names it.',
  },
  incident_not_found: { statuses: [404], meaning: 'No incident of the account has this incident key.' },
  pagerduty_not_found: { statuses: [404], meaning: 'PagerDuty does not have what the path names.' },
  unknown_path: { statuses: [404], meaning: 'No operation has this path.' },
  wrong_method: { statuses: [405], meaning: 'The operation at this path takes another method; `Allow` names it.' },
  request_timeout: { statuses: [408], meaning: 'The request took too long to arrive.' },
  incident_resolved: {
    statuses: [409],
    meaning: 'The incident is resolved, and the action would have reopened it.',
  },
  incident_key_in_use: {
    statuses: [409],
    meaning: 'An open incident of the service has this incident key already; `incidentId` names it.',
  },
  body_too_large: { statuses: [413], meaning: 'The body is larger than 512 KiB.' },
  pagerduty_too_large: { statuses: [413], meaning: 'PagerDuty finds the event too large.' },
  url_too_long: { statuses: [414], meaning: 'An id in the address is longer than 255 characters.' },
  unsupported_media_type: { statuses: [415], meaning: 'The body is not called `application/json`.' },
  expectation_failed: { statuses: [417], meaning: '`Expect` asks for something that the service cannot do.' },
  rate_limited: {
    statuses: [429],
    meaning: 'The connection has made all of its calls: wait for `Retry-After`.',
  },
  too_many_polls: {
    statuses: [429],
    meaning: 'Triggers of the connection are polled too often, or pages are not read: wait for `Retry-After`.',
  },
  pagerduty_rate_limited: {
    statuses: [429],
    meaning: 'PagerDuty takes no more calls with this key for now: wait for `Retry-After`.',
  },
  headers_too_large: { statuses: [431], meaning: 'The headers are larger than 16 KiB.' },
  internal_error: {
    statuses: [500],
    meaning: 'A defect of this service; its log has the details under the id of the request.',
  },
  pagerduty_error: { statuses: [502], meaning: 'PagerDuty failed.' },
  pagerduty_unreachable: {
    statuses: [502],
    meaning: 'PagerDuty could not be reached, or the connection broke before its answer was complete.',
  },
  pagerduty_invalid_response: { statuses: [502], meaning: 'PagerDuty answered with a body that cannot be read.' },
  pagerduty_unavailable: { statuses: [502, 503], meaning: 'PagerDuty says that it is unavailable.' },
  pagerduty_timeout: { statuses: [502, 504], meaning: 'PagerDuty did not answer in time.' },
  call_limiter_closed: { statuses: [503], meaning: 'The service is stopping: call again.' },
  call_limiter_failed: {
    statuses: [503],
    meaning: 'The limit of calls cannot be asked, as while the shared Redis is away: call again.',
  },
  no_socket: {
    statuses: [503],
    meaning: 'The call has waited for other slow calls to PagerDuty, and was not sent: call again after `Retry-After`.',
  },
  too_many_unknown_keys: {
    statuses: [503],
    meaning:
      'PagerDuty has not accepted the API key, or the integration key of an event, and too many such keys fail: call again after `Retry-After`.',
  },
  store_unavailable: {
    statuses: [503],
    meaning: 'The event store does not answer: poll again after `Retry-After`; nothing is lost.',
  },
  trigger_not_ready: {
    statuses: [503],
    meaning: 'The first poll of a trigger has not ended: poll again after `Retry-After`; nothing is lost.',
  },
  opsgenie_unsupported: { statuses: [403], meaning: 'Only in the log: the Opsgenie bridge has no tiny ids.' },
  alert_not_found: { statuses: [404], meaning: 'Only in the log: the Opsgenie bridge does not know the alert.' },
  request_not_found: { statuses: [404], meaning: 'Only in the log: the Opsgenie bridge does not know the request.' },
  invalid_alert: { statuses: [422], meaning: 'Only in the log: a field of an Opsgenie request is wrong.' },
} as const satisfies Readonly<Record<string, ErrorMeaning>>;

/** A code that an error may have. A new one does not compile before it is in the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** Every code of an error, in the order of the table of errors: by status, those that only the log has last. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorMeaning>> = catalogue;
