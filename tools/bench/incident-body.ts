/** An incident of the size and shape that PagerDuty answers: about 3 KB as JSON. */
export function incidentBody(incident: {
  readonly id: string;
  readonly number: number;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly createdAt: string;
  readonly changedAt: string;
}): object {
  const { id, number, status, createdAt, changedAt } = incident;
  const title = `Checkout answers slowly: 95th percentile above 2 s for 5 minutes on web-${number % 40}.example.com`;
  const team = reference('team', 'PTEAM01', 'Storefront', 'teams');
  const service = reference('service', 'PSVCWEB', 'Web shop checkout', 'service-directory');
  const policy = reference('escalation_policy', 'PPOLWEB', 'Storefront, follow the sun', 'escalation_policies');
  const [ada, grace] = [user('PUSER01', 'Ada Lovelace'), user('PUSER02', 'Grace Hopper')];
  return {
    ...reference('incident', id, `[#${number}] ${title}`, 'incidents', ''),
    incident_number: number,
    title,
    description: title,
    created_at: createdAt,
    updated_at: changedAt,
    status,
    incident_key: `checkout-latency/${id}/95th-percentile`,
    service,
    assignments: [
      { at: createdAt, assignee: ada },
      { at: createdAt, assignee: grace },
    ],
    assigned_via: 'escalation_policy',
    last_status_change_at: changedAt,
    resolved_at: status === 'resolved' ? changedAt : null,
    first_trigger_log_entry: reference(
      'trigger_log_entry',
      `R${id}`,
      `Triggered through the API: ${title}`,
      'log_entries',
    ),
    alert_counts: { all: 1, triggered: 1, resolved: 0 },
    is_mergeable: true,
    incident_type: { name: 'incident_default' },
    escalation_policy: policy,
    teams: [team],
    impacted_services: [service],
    pending_actions: [
      { type: 'escalate', at: changedAt },
      { type: 'resolve', at: changedAt },
    ],
    acknowledgements: status === 'acknowledged' ? [{ at: changedAt, acknowledger: ada }] : [],
    basic_alert_grouping: null,
    alert_grouping: null,
    last_status_change_by: ada,
    priority: {
      ...reference('priority', 'PPRIO02', 'P2', 'account_settings/incident_priorities', ''),
      name: 'P2',
      description: 'Customers notice, and there is no way around it.',
    },
    resolve_reason: null,
    conference_bridge: {
      conference_number: '+1 415-555-1212,,,,1234#',
      conference_url: 'https://meet.example.com/war-room',
    },
    incidents_responders: [],
    responder_requests: [],
    subscriber_requests: [],
    urgency: 'high',
  };
}

/** A user, as PagerDuty answers GET /users/{id}. */
export function userBody(id: string): object {
  return {
    ...reference('user', id, 'Ada Lovelace', 'users', ''),
    name: 'Ada Lovelace',
    email: 'ada.lovelace@example.com',
    time_zone: 'Europe/London',
    role: 'admin',
    teams: [],
  };
}

function user(id: string, name: string): object {
  return reference('user', id, name, 'users');
}

function reference(type: string, id: string, summary: string, page: string, suffix = '_reference'): object {
  return {
    id,
    type: `${type}${suffix}`,
    summary,
    self: `https://api.pagerduty.com/${type}s/${id}`,
    html_url: `https://example.pagerduty.com/${page}/${id}`,
  };
}
