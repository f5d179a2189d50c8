import type { Account } from '../account/account.js';
import type { Incident, LogEntry } from '../account/records.js';
import { serviceView, teamList } from './directory-views.js';
import { incidentView } from './incident-view.js';
import {
  agentReference,
  incidentReference,
  isoTime,
  nullUnlessStrict,
  resource,
  serviceReference,
  userReference,
} from './references.js';

type Includes = ReadonlySet<string>;
const NOTHING: Includes = new Set();

/** A log entry. An included incident is the incident as it is now, not as it was then. */
export function logEntryView(account: Account, entry: LogEntry, includes: Includes): object {
  const { incident } = entry;
  const service = account.directory.services.find((one) => one.id === incident.serviceId);
  const whole = !account.settings.strictSpecification;
  return {
    ...resource(`${entry.kind}_log_entry`, entry.id, entry.summary, 'log_entries'),
    html_url: null,
    created_at: isoTime(entry.atMs),
    agent: agentReference(account, entry.agent),
    channel: channelView(entry, includes.has('channels')),
    service:
      whole && includes.has('services') && service !== undefined
        ? serviceView(account, service, NOTHING)
        : serviceReference(account, incident.serviceId),
    incident: includes.has('incidents') ? includedIncident(account, incident) : incidentReference(incident),
    teams: teamList(account, service?.teamIds ?? [], includes),
    contexts: entry.contexts ?? [],
    ...(entry.note === undefined ? {} : { note: entry.note }),
    ...(entry.description === undefined ? {} : { event_details: { description: entry.description } }),
    ...(entry.assigneeIds === undefined
      ? {}
      : { assignees: entry.assigneeIds.map((id) => userReference(account, id)) }),
    ...(entry.acknowledgementTimeout === undefined
      ? {}
      : nullUnlessStrict(account, 'acknowledgement_timeout', entry.acknowledgementTimeout)),
    ...(entry.changedActions === undefined
      ? {}
      : { changed_actions: entry.changedActions.map(({ type, atMs }) => ({ type, at: isoTime(atMs) })) }),
  };
}

/** The incident's first entry, whole or as a reference. */
export function triggerEntryView(account: Account, incident: Incident, whole: boolean): object {
  const first = incident.entries[0];
  if (first === undefined) return resource('trigger_log_entry_reference', incident.id, 'Triggered', 'log_entries');
  if (whole) return logEntryView(account, first, NOTHING);
  return resource('trigger_log_entry_reference', first.id, first.summary, 'log_entries');
}

function includedIncident(account: Account, incident: Incident): object {
  const view = incidentView(account, incident, NOTHING);
  // The specification allows a reference only, and extra fields with it.
  return account.settings.strictSpecification ? { ...view, type: 'incident_reference' } : view;
}

function channelView(entry: LogEntry, whole: boolean): object {
  const { type, summary, details } = entry.channel;
  return {
    type,
    ...(summary === undefined ? {} : { summary }),
    ...(whole && details !== undefined ? { details, cef_details: { details } } : {}),
  };
}
