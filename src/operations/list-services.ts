import Type from 'typebox';
import { queryField } from '../wire/fields.js';
import { present } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const listServices = defineOperation({
  id: 'ListServices',
  summary: 'List services',
  description:
    'Lists the services of the account, at most 2,000. It fills the dropdowns from which a service is chosen.',
  method: 'GET',
  path: '/services',
  input: Type.Object({
    query: queryField({ description: 'Only services whose name contains this text.' }),
  }),
  output: 'ServicesResponse',
  outputDescription: 'The services of the account.',
  visibility: 'internal',
  async run({ query }, { connection }) {
    const services = await connection.lookups.services(query);
    return { services: services.map((service) => present('Service', service)) };
  },
});
