import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const closed = { additionalProperties: false };
const Call = Type.Object(
  {
    host: Type.Object({ connection: Type.Object({ name: Type.String() }, closed) }, closed),
    method: Type.String(),
    path: Type.String(),
    queries: Type.Optional(Type.Record(Type.String(), Type.String())),
    body: Type.Optional(Type.Unknown()),
  },
  closed,
);
const Recurrence = Type.Object({ frequency: Type.Literal('Second'), interval: Type.Number() }, closed);
const Trigger = Type.Object(
  {
    type: Type.Literal('ApiConnection'),
    inputs: Call,
    recurrence: Recurrence,
    evaluatedRecurrence: Recurrence,
    splitOn: Type.String(),
  },
  closed,
);
const Action = Type.Object(
  {
    type: Type.Literal('ApiConnection'),
    inputs: Call,
    runAfter: Type.Record(Type.String(), Type.Tuple([Type.Literal('Succeeded')])),
  },
  closed,
);
const Workflow = Type.Object({
  definition: Type.Object({
    triggers: Type.Record(Type.String(), Trigger),
    actions: Type.Record(Type.String(), Action),
  }),
  parameters: Type.Record(Type.String(), Type.Object({ value: Type.Unknown() })),
});
const workflow = Compile(Workflow);

/** A call of the connector: everything in it may hold expressions. */
export type Call = Static<typeof Call>;

/** A workflow as Logic Apps saves it, with its parameters. */
export type Workflow = Static<typeof Workflow>;

/** Reads the content of a file. @throws {Error} if its triggers or actions have what a host does not play */
export function readWorkflow(saved: unknown): Workflow {
  if (workflow.Check(saved)) return saved;
  throw new Error(`The workflow is not playable: ${JSON.stringify(workflow.Errors(saved))}`);
}
