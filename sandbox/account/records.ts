/** The records an account is made of. Nothing here knows about HTTP or JSON. Times are milliseconds since the epoch. */

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly timeZone: string;
  readonly color: string;
  readonly role: 'admin' | 'owner' | 'user' | 'limited_user' | 'observer';
  readonly jobTitle: string;
  readonly description: string | null;
  readonly teamIds: readonly string[];
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly timeZone: string;
  readonly userIds: readonly string[];
  /** Null if nobody is on call. */
  readonly onCallUserId: string | null;
}

export interface EscalationLevel {
  readonly id: string;
  delayMinutes: number;
  readonly targets: readonly { readonly kind: 'user' | 'schedule'; readonly id: string }[];
}

export interface EscalationPolicy {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly levels: readonly EscalationLevel[];
  /** How often the policy starts again after its last level. */
  loops: number;
  readonly teamIds: readonly string[];
}

export interface Integration {
  readonly id: string;
  readonly name: string;
  readonly serviceId: string;
  readonly apiVersion: 1 | 2;
  readonly key: string;
}

export interface Service {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly escalationPolicyId: string;
  readonly teamIds: readonly string[];
  /** Seconds until an acknowledged incident is triggered again; null switches it off. */
  acknowledgementTimeout: number | null;
  /** Seconds until an open incident resolves by itself; null switches it off. */
  autoResolveTimeout: number | null;
}

export interface Priority {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/**
 * `account` sees everything and needs a `From` header to write; `user` acts as its user; `read-only` may not write;
 * `no-log-entries` is an account key that may not read log entries.
 */
export type ApiKeyKind = 'account' | 'user' | 'read-only' | 'no-log-entries';

export interface ApiKey {
  readonly key: string;
  readonly name: string;
  readonly kind: ApiKeyKind;
  /** The user a `user` key stands for. */
  readonly userId: string | null;
}

/** Who did something. A service acts for events and for timeouts. */
export interface Agent {
  readonly kind: 'user' | 'service';
  readonly id: string;
}

export type IncidentStatus = 'triggered' | 'acknowledged' | 'resolved';
export type Urgency = 'high' | 'low';
export type PendingKind = 'unacknowledge' | 'escalate' | 'exhaust' | 'resolve';

export interface PendingAction {
  readonly kind: PendingKind;
  readonly atMs: number;
  readonly incident: Incident;
}

export interface Note {
  readonly id: string;
  readonly userId: string;
  readonly content: string;
  readonly createdAtMs: number;
}

export interface Context {
  readonly type: 'link' | 'image';
  readonly href?: string;
  readonly src?: string;
  readonly text?: string;
  readonly alt?: string;
}

export interface Alert {
  readonly id: string;
  readonly key: string;
  readonly summary: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly serviceId: string;
  readonly integrationId: string;
  readonly createdAtMs: number;
  readonly details: object;
  readonly contexts: readonly Context[];
  readonly firstEntryId: string;
  status: 'triggered' | 'resolved';
  resolvedAtMs: number | null;
  /** A merge moves alerts to the incident that stays. */
  incident: Incident;
}

/** A change event: it creates no incident. */
export interface ChangeEvent {
  readonly serviceId: string;
  readonly receivedAtMs: number;
  readonly summary: string;
  readonly source: string | null;
  readonly timestamp: string | null;
  readonly details: object;
  readonly contexts: readonly Context[];
}

export interface ResponderRequest {
  readonly id: string;
  readonly requesterId: string;
  readonly message: string;
  readonly requestedAtMs: number;
  readonly targets: readonly { readonly type: 'user_reference' | 'escalation_policy_reference'; readonly id: string }[];
  readonly userIds: readonly string[];
}

export interface StatusUpdate {
  readonly id: string;
  readonly senderId: string;
  readonly message: string;
  readonly subject: string | null;
  readonly htmlMessage: string | null;
  readonly createdAtMs: number;
}

export interface Incident {
  readonly id: string;
  readonly number: number;
  readonly serviceId: string;
  readonly createdAtMs: number;
  /** Listings leave the incident out until then. */
  readonly listedFromMs: number;
  /** A random rank: the order of a listing that asked for none. */
  readonly shuffle: number;
  readonly key: string | null;
  readonly body: string | object | null;
  readonly conferenceBridge: { readonly number: string | null; readonly url: string | null } | null;
  title: string;
  status: IncidentStatus;
  urgency: Urgency;
  priorityId: string | null;
  policyId: string;
  /** Zero-based level of the escalation policy. */
  level: number;
  loopsDone: number;
  assignedVia: 'escalation_policy' | 'direct_assignment';
  assignments: readonly { readonly userId: string; readonly atMs: number }[];
  acknowledgements: readonly { readonly agent: Agent; readonly atMs: number }[];
  updatedAtMs: number;
  lastStatusChangeAtMs: number;
  lastStatusChangeBy: Agent;
  resolvedAtMs: number | null;
  mergedInto: Incident | null;
  pending: PendingAction[];
  readonly notes: Note[];
  readonly alerts: Alert[];
  readonly entries: LogEntry[];
  readonly responderRequests: ResponderRequest[];
  readonly statusUpdates: StatusUpdate[];
}

export type EntryKind =
  | 'trigger'
  | 'acknowledge'
  | 'unacknowledge'
  | 'resolve'
  | 'assign'
  | 'escalate'
  | 'annotate'
  | 'snooze'
  | 'urgency_change'
  | 'exhaust_escalation_path'
  | 'repeat_escalation_path'
  | 'field_value_change'
  | 'priority_change'
  | 'responder_request'
  | 'link';

export interface Channel {
  readonly type: 'api' | 'website' | 'auto' | 'timeout' | 'note' | 'web_trigger' | 'merge';
  readonly summary?: string;
  readonly details?: object;
}

export interface EntryDetails {
  readonly assigneeIds?: readonly string[];
  readonly acknowledgementTimeout?: number | null;
  readonly changedActions?: readonly { readonly type: 'unacknowledge'; readonly atMs: number }[];
  readonly note?: string;
  readonly description?: string;
  readonly contexts?: readonly Context[];
}

export interface LogEntry extends EntryDetails {
  readonly id: string;
  readonly kind: EntryKind;
  readonly atMs: number;
  /** Listings leave the entry out until then; `atMs` stays true. */
  readonly listedFromMs: number;
  readonly summary: string;
  readonly agent: Agent;
  readonly channel: Channel;
  readonly incident: Incident;
}

export type HistoryKind =
  | 'created'
  | 'assigned'
  | 'acknowledged'
  | 'unacknowledged'
  | 'resolved'
  | 'noted'
  | 'escalated'
  | 'snoozed'
  | 'urgency-changed'
  | 'priority-changed'
  | 'title-changed'
  | 'merged'
  | 'alert-added'
  | 'responders-requested';

/** One thing that truly happened, whenever and however listings show it. */
export interface HistoryItem {
  readonly n: number;
  readonly kind: HistoryKind;
  readonly incidentId: string;
  readonly incidentNumber: number;
  /** The user who acted, or the one assigned; null if a service did it. */
  readonly userId: string | null;
  readonly atMs: number;
  readonly logEntryId: string | null;
  /** For `assigned`: whether the user was among the assignees already. */
  readonly wasAssigned?: boolean;
  readonly noteId?: string;
}
