import { isObject, type JsonObject, listOf, objectOf, textOf } from './json-object.js';

/** A part of the document: what it is, and the path by which a person finds it. */
export interface Part {
  /** Such as `GetUser`, `GetUser.userId`, `Incident` or `Incident.created_at`. */
  readonly where: string;
  readonly node: JsonObject;
}

/** An operation. */
export interface OperationPart extends Part {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly parameters: readonly FieldPart[];
  readonly responses: ReadonlyArray<Part & { readonly status: string }>;
}

/** What a flow maker sees as one input or one token: a parameter, a property, or a named object. */
export interface FieldPart extends Part {
  readonly name: string;
  readonly required: boolean;
}

/** A definition, taken apart for rules. Nothing in it is certain: whatever is missing is empty. */
export interface DocumentView {
  readonly root: JsonObject;
  readonly info: JsonObject;
  readonly paths: readonly Part[];
  readonly operations: readonly OperationPart[];
  readonly parameters: readonly FieldPart[];
  /** Every property of every object, to the bottom. */
  readonly properties: readonly FieldPart[];
  /** The named objects. */
  readonly objects: readonly FieldPart[];
  /** Every schema, to the bottom. */
  readonly schemas: readonly Part[];
  /** What a reference stands for; anything else as it is. */
  resolve(node: unknown): JsonObject;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

/** Takes a document apart. */
export function viewDocument(document: unknown): DocumentView {
  const root = objectOf(document);
  const definitions = objectOf(root.definitions);
  const resolve = (node: unknown): JsonObject => {
    const reference = textOf(objectOf(node).$ref);
    return objectOf(reference === '' ? node : definitions[reference.replace('#/definitions/', '')]);
  };
  const paths = Object.entries(objectOf(root.paths)).map(([where, node]) => ({ where, node: objectOf(node) }));
  const operations = paths.flatMap(({ where: path, node }) =>
    methods.filter((method) => method in node).map((method) => operationOf(path, method, objectOf(node[method]))),
  );
  const objects = Object.entries(definitions).map(([name, node]) => field(name, name, objectOf(node), false));
  const schemas = [
    ...objects,
    ...operations.flatMap(({ parameters, responses }) =>
      [...parameters, ...responses].flatMap(({ where, node }) =>
        isObject(node.schema) ? [{ where, node: node.schema }] : [],
      ),
    ),
  ].flatMap(schemasBelow);
  return {
    root,
    info: objectOf(root.info),
    paths,
    operations,
    parameters: operations.flatMap(({ parameters }) => parameters),
    properties: schemas.flatMap(propertiesOf),
    objects,
    schemas,
    resolve,
  };
}

function operationOf(path: string, method: string, node: JsonObject): OperationPart {
  const id = textOf(node.operationId);
  const where = id === '' ? `${method.toUpperCase()} ${path}` : id;
  return {
    where,
    node,
    method,
    path,
    id,
    parameters: listOf(node.parameters).map((parameter) => {
      const one = objectOf(parameter);
      return field(`${where}.${textOf(one.name)}`, textOf(one.name), one, one.required === true);
    }),
    responses: Object.entries(objectOf(node.responses)).map(([status, response]) => ({
      where: `${where} ${status}`,
      status,
      node: objectOf(response),
    })),
  };
}

/** A schema and those in it. References are not followed: what they stand for is in the document once. */
function schemasBelow(schema: Part): readonly Part[] {
  const { where, node } = schema;
  const below: Part[] = propertiesOf(schema).map((property) => ({ where: property.where, node: property.node }));
  if (isObject(node.items)) below.push({ where: `${where}[]`, node: node.items });
  if (isObject(node.additionalProperties)) below.push({ where: `${where}.*`, node: node.additionalProperties });
  return [schema, ...below.flatMap(schemasBelow)];
}

function propertiesOf({ where, node }: Part): readonly FieldPart[] {
  const required = listOf(node.required);
  return Object.entries(objectOf(node.properties)).map(([name, property]) =>
    field(`${where}.${name}`, name, objectOf(property), required.includes(name)),
  );
}

function field(where: string, name: string, node: JsonObject, required: boolean): FieldPart {
  return { where, name, node, required };
}
