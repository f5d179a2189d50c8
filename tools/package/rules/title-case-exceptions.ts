/**
 * Names that are not in title case and stay so. They are those of Microsoft's PagerDuty connector, to the letter: who
 * moves a flow from there finds every input under the name it had.
 */
export const titleCaseExceptions: ReadonlyMap<string, string> = new Map([
  ['AddNoteRequest.userId', 'Added by'],
  ['AcknowledgeRequest.userId', 'Acknowledged by'],
  ['ResolveRequest.userId', 'Resolved by'],
  ['ReassignRequest.userId', 'From user'],
  ['ReassignRequest.reassignUserId', 'To user'],
  ['SnoozeRequest.userId', 'Snoozed by'],
  ['EscalateRequest.userId', 'Escalated by'],
  ['EscalateRequest.policyId', 'Escalation policy'],
  ['CreateRequest.service_key', 'Service key'],
]);
