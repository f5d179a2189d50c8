import type { DocumentView, OperationPart } from '../document-view.js';
import { type JsonObject, objectOf, textOf } from '../json-object.js';

/** A dropdown, whichever of its two forms it has. */
export interface Dropdown {
  readonly where: string;
  readonly node: JsonObject;
  /** The operation that fills it. */
  readonly operationId: string;
  /** What that operation is given. */
  readonly inputs: JsonObject;
  readonly collection: string;
  readonly value: string;
  readonly title: string;
  /** The operations that have the input with this dropdown. */
  readonly users: readonly OperationPart[];
}

/** Every dropdown of a document: two for an input that has both forms. */
export function dropdownsOf(document: DocumentView): readonly Dropdown[] {
  const onParameters = document.operations.flatMap((operation) =>
    operation.parameters.flatMap(({ where, node }) => formsOf(where, node, [operation])),
  );
  const onProperties = document.schemas.flatMap(({ where, node }) =>
    formsOf(where, node, usersOf(where.split('.')[0] ?? '', document)),
  );
  return [...onParameters, ...onProperties];
}

function formsOf(where: string, node: JsonObject, users: readonly OperationPart[]): readonly Dropdown[] {
  const older = node['x-ms-dynamic-values'];
  const newer = node['x-ms-dynamic-list'];
  return [
    ...(older === undefined ? [] : [readOlder(where, objectOf(older), users)]),
    ...(newer === undefined ? [] : [readNewer(where, objectOf(newer), users)]),
  ];
}

function readOlder(where: string, node: JsonObject, users: readonly OperationPart[]): Dropdown {
  return {
    where,
    node,
    operationId: textOf(node.operationId),
    inputs: objectOf(node.parameters),
    collection: textOf(node['value-collection']),
    value: textOf(node['value-path']),
    title: textOf(node['value-title']),
    users,
  };
}

function readNewer(where: string, node: JsonObject, users: readonly OperationPart[]): Dropdown {
  return {
    where,
    node,
    operationId: textOf(node.operationId),
    inputs: objectOf(node.parameters),
    collection: textOf(node.itemsPath),
    value: textOf(node.itemValuePath),
    title: textOf(node.itemTitlePath),
    users,
  };
}

/** The operations whose body is the named object. */
function usersOf(name: string, { operations }: DocumentView): readonly OperationPart[] {
  return operations.filter(({ parameters }) =>
    parameters.some(({ node }) => textOf(objectOf(node.schema).$ref) === `#/definitions/${name}`),
  );
}
