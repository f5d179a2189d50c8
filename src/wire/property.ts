/** A schema of the definition: the part of Swagger 2.0 that is used here, with its extensions. */
export interface WireSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly format?: 'date-time' | 'int32';
  readonly enum?: string[];
  readonly description?: string;
  readonly items?: Reference;
  readonly properties?: Record<string, WireSchema | Reference>;
  readonly 'x-ms-summary'?: string;
  readonly 'x-ms-visibility'?: 'important' | 'advanced';
  readonly 'x-nullable'?: boolean;
}

/** Stands for a named object. */
export interface Reference {
  readonly $ref: string;
  readonly type?: never;
}

/** A text. `summary` is the name that designers show, `description` the sentence below it. */
export function text(summary: string, description: string): WireSchema {
  return { type: 'string', 'x-ms-summary': summary, description };
}

/** A text that may be null. */
export function nullableText(summary: string, description: string): WireSchema {
  return { ...text(summary, description), 'x-nullable': true };
}

/** A point in time, ISO 8601 with its offset. */
export function dateTime(summary: string, description: string): WireSchema {
  return { ...text(summary, description), format: 'date-time' };
}

/** A point in time that may be null. */
export function nullableDateTime(summary: string, description: string): WireSchema {
  return { ...dateTime(summary, description), 'x-nullable': true };
}

/** True or false. */
export function flag(summary: string, description: string): WireSchema {
  return { type: 'boolean', 'x-ms-summary': summary, description };
}

/** A whole number of 32 bits. */
export function integer(summary: string, description: string): WireSchema {
  return { type: 'integer', format: 'int32', 'x-ms-summary': summary, description };
}

/** Marks what most flows need: designers offer it first. */
export function important(schema: WireSchema): WireSchema {
  return { ...schema, 'x-ms-visibility': 'important' };
}

/** Marks what few flows need: designers hide it behind "See more". */
export function advanced(schema: WireSchema): WireSchema {
  return { ...schema, 'x-ms-visibility': 'advanced' };
}

/** A list of a named object. */
export function listOf(name: string, summary: string, description: string): WireSchema {
  return { type: 'array', 'x-ms-summary': summary, description, items: reference(name) };
}

/** A named object. Swagger 2.0 allows nothing beside a reference, so its texts stand in the object. */
export function reference(name: string): Reference {
  return { $ref: `#/definitions/${name}` };
}

/** An object with properties. */
export function object(
  summary: string,
  description: string,
  properties: Record<string, WireSchema | Reference>,
): WireSchema {
  return { type: 'object', 'x-ms-summary': summary, description, properties };
}
