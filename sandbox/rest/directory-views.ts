import type { Account } from '../account/account.js';
import { onCallUserIds } from '../account/find.js';
import type { EscalationPolicy, Integration, Priority, Schedule, Service, Team, User } from '../account/records.js';
import {
  isoTime,
  nullUnlessStrict,
  policyReference,
  resource,
  scheduleReference,
  serviceReference,
  teamReference,
  userReference,
} from './references.js';

type Includes = ReadonlySet<string>;

/** When the account's people and services were set up; nothing depends on it. */
const foundedAt = '2025-01-01T00:00:00Z';

export function userView(account: Account, user: User, includes: Includes): object {
  const strict = account.settings.strictSpecification;
  const contactPath = `users/${user.id}/contact_methods`;
  const contact = resource('email_contact_method_reference', `${user.id}E`, 'Default', contactPath);
  const rulePath = `users/${user.id}/notification_rules`;
  const rule = resource('assignment_notification_rule_reference', `${user.id}N`, '0 minutes: channel email', rulePath);
  const contactType = strict ? contact.type : 'email_contact_method';
  const ruleType = strict ? rule.type : 'assignment_notification_rule';
  return {
    ...resource('user', user.id, user.name, 'users'),
    name: user.name,
    email: user.email,
    time_zone: user.timeZone,
    color: user.color,
    avatar_url: `https://secure.gravatar.com/avatar/${user.id.toLowerCase()}.png?d=mm&r=PG`,
    billed: true,
    role: user.role,
    description: user.description,
    invitation_sent: false,
    job_title: user.jobTitle,
    created_via_sso: false,
    teams: teamList(account, user.teamIds, includes),
    contact_methods: [
      includes.has('contact_methods')
        ? { ...contact, type: contactType, label: 'Default', address: user.email, send_short_email: false }
        : contact,
    ],
    notification_rules: [
      includes.has('notification_rules')
        ? { ...rule, type: ruleType, start_delay_in_minutes: 0, urgency: 'high', contact_method: contact }
        : rule,
    ],
    coordinated_incidents: [],
  };
}

export function teamView(team: Team): object {
  return {
    ...resource('team', team.id, team.name, 'teams'),
    name: team.name,
    description: team.description,
    default_role: 'manager',
  };
}

/** Teams as references, or whole if the caller asked for them and the specification is not strict. */
export function teamList(account: Account, ids: readonly string[], includes: Includes): object[] {
  const whole = includes.has('teams') && !account.settings.strictSpecification;
  return ids.map((id) => {
    const team = account.directory.teams.find((one) => one.id === id);
    return whole && team !== undefined ? teamView(team) : teamReference(account, id);
  });
}

export function priorityView(priority: Priority): object {
  return {
    ...resource('priority', priority.id, priority.name, 'priorities'),
    name: priority.name,
    description: priority.description,
  };
}

export function policyView(account: Account, policy: EscalationPolicy, includes: Includes): object {
  const { services } = account.directory;
  return {
    ...resource('escalation_policy', policy.id, policy.name, 'escalation_policies'),
    name: policy.name,
    description: policy.description,
    num_loops: policy.loops,
    on_call_handoff_notifications: 'if_has_services',
    escalation_rules: policy.levels.map((level) => ({
      id: level.id,
      escalation_delay_in_minutes: level.delayMinutes,
      targets: level.targets.map((target) => policyTarget(account, target, includes)),
      ...(includes.has('escalation_rule_assignment_strategies')
        ? { escalation_rule_assignment_strategy: 'assign_to_everyone' }
        : {}),
    })),
    services: services
      .filter((service) => service.escalationPolicyId === policy.id)
      .map((service) =>
        includes.has('services') && !account.settings.strictSpecification
          ? serviceView(account, service, new Set())
          : serviceReference(account, service.id),
      ),
    teams: teamList(account, policy.teamIds, includes),
  };
}

function policyTarget(
  account: Account,
  target: EscalationPolicy['levels'][number]['targets'][number],
  includes: Includes,
) {
  const user = account.directory.users.find((one) => one.id === target.id);
  const schedule = account.directory.schedules.find((one) => one.id === target.id);
  if (includes.has('targets') && user !== undefined) return userView(account, user, new Set());
  if (includes.has('targets') && schedule !== undefined) return scheduleView(account, schedule);
  return target.kind === 'user' ? userReference(account, target.id) : scheduleReference(account, target.id);
}

export function serviceView(account: Account, service: Service, includes: Includes): object {
  const { strictSpecification } = account.settings;
  const policy = account.directory.policies.find((one) => one.id === service.escalationPolicyId);
  const newest = account.incidents.findLast((incident) => incident.serviceId === service.id);
  return {
    ...resource('service', service.id, service.name, 'service-directory'),
    name: service.name,
    description: service.description,
    created_at: foundedAt,
    status: serviceStatus(account, service),
    ...nullUnlessStrict(account, 'last_incident_timestamp', newest === undefined ? null : isoTime(newest.createdAtMs)),
    ...nullUnlessStrict(account, 'auto_resolve_timeout', service.autoResolveTimeout),
    ...nullUnlessStrict(account, 'acknowledgement_timeout', service.acknowledgementTimeout),
    escalation_policy:
      includes.has('escalation_policies') && policy !== undefined && !strictSpecification
        ? policyView(account, policy, new Set())
        : policyReference(account, service.escalationPolicyId),
    teams: teamList(account, service.teamIds, includes),
    integrations: account.directory.integrations
      .filter((integration) => integration.serviceId === service.id)
      .map((integration) => integrationView(account, integration, includes)),
    incident_urgency_rule: { type: 'constant', urgency: 'severity_based' },
    ...nullUnlessStrict(account, 'support_hours', null),
    scheduled_actions: [],
    addons: [],
    alert_creation: 'create_alerts_and_incidents',
    auto_pause_notifications_parameters: { enabled: false, timeout: 300 },
  };
}

function serviceStatus(account: Account, service: Service): 'active' | 'warning' | 'critical' {
  let status: 'active' | 'warning' = 'active';
  for (const incident of account.open) {
    if (incident.serviceId !== service.id) continue;
    if (incident.status === 'triggered') return 'critical';
    status = 'warning';
  }
  return status;
}

function integrationView(account: Account, integration: Integration, includes: Includes): object {
  const kind = integration.apiVersion === 2 ? 'events_api_v2' : 'generic_events_api';
  const path = `services/${integration.serviceId}/integrations`;
  const reference = resource(`${kind}_inbound_integration_reference`, integration.id, integration.name, path);
  if (!includes.has('integrations')) return reference;
  return {
    ...reference,
    ...(account.settings.strictSpecification ? {} : { type: `${kind}_inbound_integration` }),
    name: integration.name,
    service: serviceReference(account, integration.serviceId),
    created_at: foundedAt,
    integration_key: integration.key,
  };
}

export function scheduleView(account: Account, schedule: Schedule): object {
  return {
    ...resource('schedule', schedule.id, schedule.name, 'schedules'),
    name: schedule.name,
    description: schedule.description,
    time_zone: schedule.timeZone,
    users: schedule.userIds.map((id) => userReference(account, id)),
    escalation_policies: account.directory.policies
      .filter((policy) => policy.levels.some((level) => level.targets.some((target) => target.id === schedule.id)))
      .map((policy) => policyReference(account, policy.id)),
    teams: [],
  };
}

export interface OnCall {
  readonly policy: EscalationPolicy;
  readonly level: number;
  readonly userId: string;
  readonly scheduleId: string | null;
}

/** Who is on call now, by policy and level. Shifts never change in the sandbox. */
export function onCalls(account: Account): OnCall[] {
  return account.directory.policies.flatMap((policy) =>
    policy.levels.flatMap((level, index) =>
      level.targets.flatMap((target) => {
        const only = { ...policy, levels: [{ ...level, targets: [target] }] };
        const scheduleId = target.kind === 'schedule' ? target.id : null;
        return onCallUserIds(account, only, 0).map((userId) => ({ policy, level: index, userId, scheduleId }));
      }),
    ),
  );
}

export function onCallView(account: Account, onCall: OnCall, includes: Includes): object {
  const whole = !account.settings.strictSpecification;
  const user = account.directory.users.find((one) => one.id === onCall.userId);
  const schedule = account.directory.schedules.find((one) => one.id === onCall.scheduleId);
  return {
    escalation_policy:
      whole && includes.has('escalation_policies')
        ? policyView(account, onCall.policy, new Set())
        : policyReference(account, onCall.policy.id),
    escalation_level: onCall.level + 1,
    user:
      whole && includes.has('users') && user !== undefined
        ? userView(account, user, new Set())
        : userReference(account, onCall.userId),
    ...nullUnlessStrict(
      account,
      'schedule',
      schedule === undefined
        ? null
        : whole && includes.has('schedules')
          ? scheduleView(account, schedule)
          : scheduleReference(account, schedule.id),
    ),
    ...nullUnlessStrict(account, 'start', schedule === undefined ? null : foundedAt),
    ...nullUnlessStrict(account, 'end', null),
  };
}
