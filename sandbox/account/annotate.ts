import type { Account } from './account.js';
import { AccountError, invalidInput } from './account-error.js';
import { agentName, findPolicy, firstLevelOnCall, onCallUserIds } from './find.js';
import type { Incident, Note, ResponderRequest, StatusUpdate } from './records.js';

const maxNotes = 2000;

export function checkNote(incident: Incident, content: string): void {
  if (content.trim() === '') throw invalidInput("Content can't be blank");
  if (incident.notes.length >= maxNotes) {
    throw new AccountError(400, 2019, 'Product Limit Reached', [`An incident takes at most ${maxNotes} notes`]);
  }
}

/** Adds a note; open or resolved makes no difference. */
export function addNote(account: Account, incident: Incident, userId: string, content: string): Note {
  checkNote(incident, content);
  account.beginAction();
  const note = { id: account.ids.id('P', 14), userId, content, createdAtMs: account.now() };
  incident.notes.push(note);
  const agent = { kind: 'user', id: userId } as const;
  const summary = `Note added by ${agentName(account, agent)}.`;
  const entry = account.write(incident, 'annotate', agent, { type: 'note', summary: content }, summary, {
    note: content,
  });
  account.record('noted', incident, userId, entry, { noteId: note.id });
  return note;
}

/** A message to the incident's stakeholders. PagerDuty's specification names no log entry for it, so none is written. */
export function addStatusUpdate(
  account: Account,
  incident: Incident,
  senderId: string,
  text: Pick<StatusUpdate, 'message' | 'subject' | 'htmlMessage'>,
): StatusUpdate {
  if (text.message.trim() === '') throw invalidInput("Message can't be blank");
  const update = { id: account.ids.id('P', 14), senderId, createdAtMs: account.now(), ...text };
  incident.statusUpdates.push(update);
  incident.updatedAtMs = account.now();
  return update;
}

/** Asks users, or whoever is on call for a policy, to help. Nobody answers in the sandbox: all stay pending. */
export function requestResponders(
  account: Account,
  incident: Incident,
  requesterId: string,
  message: string,
  targets: ResponderRequest['targets'],
): ResponderRequest {
  if (targets.length === 0) throw invalidInput('responder_request_targets must name at least one user or policy');
  const userIds = targets.flatMap((target) => {
    if (target.type === 'user_reference') {
      if (account.directory.users.some((user) => user.id === target.id)) return [target.id];
      throw new AccountError(400, 2013, 'User not found', [`User ${target.id} not found`]);
    }
    const policy = findPolicy(account, target.id);
    const level = firstLevelOnCall(account, policy);
    if (level === undefined) throw new AccountError(400, 1015, 'Escalation Policy Has No User On Call');
    return onCallUserIds(account, policy, level);
  });
  account.beginAction();
  const requestedAtMs = account.now();
  const request = { id: account.ids.id('P', 14), requesterId, message, requestedAtMs, targets, userIds };
  incident.responderRequests.push(request);
  incident.updatedAtMs = requestedAtMs;
  const agent = { kind: 'user', id: requesterId } as const;
  const summary = `Responders requested by ${agentName(account, agent)}.`;
  const entry = account.settings.strictSpecification
    ? null
    : account.write(incident, 'responder_request', agent, { type: 'api' }, summary);
  account.record('responders-requested', incident, requesterId, entry);
  return request;
}
