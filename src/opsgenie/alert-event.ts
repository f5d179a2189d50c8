import type { EventBody } from '../pagerduty/events-api.js';
import type { AlertRequest } from './alert-request.js';
import { filled } from './filled.js';
import { summaryOf } from './summary-of.js';

const severities = { P1: 'critical', P2: 'error', P3: 'warning', P4: 'info', P5: 'info' } as const;

/** Opsgenie's priority of an alert that names none. */
export const defaultPriority = 'P3';

/**
 * The alert as a PagerDuty event that triggers. What PagerDuty has no field for goes into its custom details as it came,
 * and so does what had to be cut. https://developer.pagerduty.com/docs/send-alert-event
 */
export function alertEvent(alert: AlertRequest, dedupKey: string): EventBody & { readonly dedup_key: string } {
  const { message, alias, description, source, entity, details, user, note } = alert;
  const { tags, actions, responders, recipients, teams, visibleTo } = alert;
  const priority = alert.priority ?? defaultPriority;
  const summary = summaryOf(message);
  return {
    event_action: 'trigger',
    dedup_key: dedupKey,
    payload: {
      summary,
      // PagerDuty takes no event without a source; Opsgenie takes the sender's address for it.
      source: filled(source) ?? filled(entity) ?? 'Opsgenie API',
      severity: severities[priority],
      component: filled(entity),
      custom_details: {
        ...(summary === message ? {} : { message }),
        ...(filled(alias) === undefined || alias === dedupKey ? {} : { alias }),
        description: filled(description),
        priority,
        details,
        tags,
        actions,
        responders,
        recipients,
        teams,
        visibleTo,
        user: filled(user),
        note: filled(note),
      },
    },
  };
}
