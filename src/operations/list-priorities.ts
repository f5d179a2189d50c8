import Type from 'typebox';
import { present } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const listPriorities = defineOperation({
  id: 'ListPriorities',
  summary: 'List priorities',
  description:
    'Lists the priorities of the account, from the most to the least severe. It fills the dropdowns from which a priority is chosen.',
  method: 'GET',
  path: '/priorities',
  input: Type.Object({}),
  output: 'PrioritiesResponse',
  outputDescription: 'The priorities of the account.',
  visibility: 'internal',
  async run(_, { connection }) {
    const priorities = await connection.lookups.priorities();
    return { priorities: priorities.map((priority) => present('Priority', priority)) };
  },
});
