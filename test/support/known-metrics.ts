import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';

const bridge = ['CreateAlert', 'GetAlert', 'GetRequest', 'AcknowledgeAlert', 'CloseAlert', 'AddNote'];
const requests = [
  ...[...operations, ...triggers].map(({ id }) => id),
  ...bridge.map((name) => `Opsgenie${name}`),
  ...['landing', 'healthz', 'readyz', 'metrics', 'erase', 'definition', 'other'],
];
const statuses = Array.from({ length: 400 }, (_, index) => String(200 + index));
const triggerIds = triggers.map(({ id }) => id);
const leases = ['takeTurn', 'postponeTurns'];
const storeOperations = [
  'load',
  'commit',
  'read',
  'locate',
  'unlogged',
  ...leases,
  'isAccepted',
  'rememberAccepted',
  'trim',
  'erase',
  'check',
];

/** The connector's metrics, and the values that each label may have. */
export const knownMetrics: Readonly<Record<string, Readonly<Record<string, readonly string[] | RegExp>>>> = {
  connector_request_duration_seconds: { operation: requests, status: statuses },
  connector_unreadable_requests_total: { error: ['invalid_request', 'headers_too_large', 'request_timeout'] },
  connector_upstream_duration_seconds: {
    // Templates of paths: an id in one would not be lower-case words.
    endpoint: /^(GET|POST|PUT) \/([a-z_]+|v2|\{\w+\})(\/([a-z_0-9]+|\{\w+\}))*$/,
    outcome: [...statuses, 'timeout', 'unreachable', 'too_large', 'not_sent'],
  },
  connector_records_set_aside_total: {
    record: ['escalation_policy', 'incident', 'log_entry', 'note', 'priority', 'service', 'user'],
  },
  connector_poll_duration_seconds: {
    outcome: ['ok', 'refused_key', 'forbidden', 'rate_limited', 'unavailable', 'store_unavailable', 'failed'],
  },
  connector_poll_lag_seconds: {},
  connector_events_total: { kind: ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] },
  connector_pages_served_total: { trigger: triggerIds },
  connector_events_served_total: { trigger: triggerIds },
  connector_restarted_cursors_total: { reason: ['unreadable', 'expired', 'other_account'] },
  connector_late_events_total: {},
  connector_clocks_differ_total: {},
  connector_recovered_cursors_total: {},
  connector_checked_hours_total: { outcome: ['complete', 'missing', 'failed'] },
  connector_missing_incidents_total: {},
  connector_limiter_decisions_total: { decision: ['granted', 'refused'] },
  connector_refused_polls_total: { reason: ['too_many', 'unread_pages'] },
  connector_unknown_keys_total: { event: ['refused_by_pagerduty', 'remembered', 'too_many'] },
  connector_store_info: { store: ['sqlite', 'redis'] },
  connector_store_duration_seconds: { operation: storeOperations },
  connector_store_failures_total: { operation: storeOperations },
  connector_connections: {},
  connector_polled_connections: {},
  connector_slow_polls: {},
  connector_listed_bytes: {},
  connector_open_sockets: {},
  connector_backend_up: { part: ['store', 'redis'] },
};
