import type { EventBody } from '../pagerduty/events-api.js';
import { filled } from './filled.js';
import type { NoteRequest } from './note-request.js';
import { summaryOf } from './summary-of.js';

/**
 * A note to an alert as a PagerDuty change event, which PagerDuty shows among the recent changes of the service and
 * beside its open incidents. An alert event could carry the note too, but would open an incident, and notify somebody,
 * where the alert's own has been resolved. https://developer.pagerduty.com/docs/send-change-event
 */
export function noteChange({ note, user, source }: NoteRequest, dedupKey: string): EventBody {
  return {
    payload: {
      summary: summaryOf(`Note on ${dedupKey}: ${note}`),
      source: filled(source) ?? 'Opsgenie API',
      custom_details: { note, user: filled(user), dedup_key: dedupKey },
    },
  };
}
