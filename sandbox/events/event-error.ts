/** A refusal in the words of the Events APIs. */
export class EventError extends Error {
  override readonly name = 'EventError';

  constructor(
    readonly statusCode: number,
    readonly status: string,
    message: string,
    readonly errors: readonly string[] = [],
  ) {
    super(message);
  }
}

/** 400, what both versions answer to an event they cannot take. */
export function invalidEvent(errors: readonly string[]): EventError {
  return new EventError(400, 'invalid event', 'Event object is invalid', errors);
}

/** 400, for a body that is no JSON object at all. */
export function unrecognizedEvent(): EventError {
  return new EventError(400, 'unrecognized object', 'Event object format is unrecognized', ['JSON parse error']);
}
